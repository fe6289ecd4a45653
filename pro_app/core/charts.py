"""Where the marks of a chart stand: numbers in, places out. Templates draw them.

Units: places are in the chart's own, from the left and from the top.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pro_app.core.instrument import Difference, Scale
from pro_app.core.ledger import Entry, Status

#: The shape of each status; colour and word never stand without it.
SIGNS = {
    Status.VALID: "●",
    Status.PARTIAL: "◐",
    Status.EMPTY: "○",
    Status.OUT_OF_WINDOW: "◆",
    Status.MISSING: "✕",
    Status.WINDOW_OPEN: "▢",
    Status.NOT_YET_DUE: "·",
    Status.NE_DEATH: "—",
    Status.NE_NOT_CONSENTED: "—",
    Status.NE_WITHDRAWN: "—",
    Status.NE_PROTOCOL_STOP: "—",
    Status.ERR_FORM_AFTER_DEATH: "⚠",
    Status.QUARANTINE_BEFORE_CONSENT: "⚠",
    Status.QUARANTINE_AFTER_WITHDRAWAL: "⚠",
    Status.EXTRA_AFTER_STOP: "⚠",
}

#: Statuses whose scores are drawn: the form was handed in and counts.
_DRAWN = frozenset({Status.VALID, Status.PARTIAL, Status.OUT_OF_WINDOW})
#: Before these nothing is missing yet: no sign stands on the base line.
_TO_COME = frozenset({Status.NOT_YET_DUE, Status.WINDOW_OPEN})


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle in which values are drawn, inside a chart of `width` × `height`."""

    width: float
    height: float
    left: float = 0
    right: float = 0
    top: float = 0
    bottom: float = 0

    @property
    def x_end(self) -> float:
        return self.width - self.right

    @property
    def y_end(self) -> float:
        return self.height - self.bottom

    def x(self, value: float, low: float, high: float) -> float:
        """The place of a value on an axis that runs from low to high, to the right."""
        return round(self.left + (self.x_end - self.left) * (value - low) / (high - low), 1)

    def y(self, value: float, low: float, high: float) -> float:
        """The same on an axis that runs upwards."""
        return round(self.y_end - (self.y_end - self.top) * (value - low) / (high - low), 1)


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A score at its visit; `in_window` is False for a form from outside its window."""

    x: float
    y: float
    visit: str
    value: float
    in_window: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A visit without a score, marked by its status on the base line."""

    x: float
    visit: str
    status: Status


@dataclass(frozen=True, slots=True)
class Band:
    """Around the baseline, the differences smaller than those held to be important.

    `outer` and `inner` are (top, height) for the upper and lower end of the
    published range.
    """

    outer: tuple[float, float]
    inner: tuple[float, float]
    baseline: float
    difference: Difference


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """`lines` join neighbouring scores; a visit without one leaves a gap between them."""

    frame: Frame
    points: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]
    gaps: tuple[Gap, ...]
    months: tuple[Tick, ...]
    values: tuple[Tick, ...]
    band: Band | None


def score_chart(
    scale: Scale,
    entries: Sequence[Entry],
    scores: dict[str, float | None],
    difference: Difference | None,
    frame: Frame,
) -> ScoreChart:
    """One scale over all visits: the axis is the scale's true range, visits stand at
    their true months.

    Shapes: `entries` in protocol order; `scores` maps visits to values, for the
    forms that stand.
    """
    last = max([entry.month for entry in entries], default=0) or 1
    points: list[Point] = []
    lines: list[list[Point]] = [[]]
    gaps: list[Gap] = []
    for entry in entries:
        x = frame.x(entry.month, 0, last)
        value = scores.get(entry.visit) if entry.status in _DRAWN else None
        if value is not None:
            y = frame.y(value, scale.lowest, scale.highest)
            in_window = entry.status is not Status.OUT_OF_WINDOW
            points.append(Point(x, y, entry.visit, value, in_window))
            lines[-1].append(points[-1])
        elif entry.status not in _TO_COME:
            gaps.append(Gap(x, entry.visit, entry.status))
            lines.append([])
    return ScoreChart(
        frame=frame,
        points=tuple(points),
        lines=tuple(tuple(line) for line in lines if len(line) > 1),
        gaps=tuple(gaps),
        months=tuple(Tick(frame.x(entry.month, 0, last), str(entry.month)) for entry in entries),
        values=tuple(
            Tick(frame.y(value, scale.lowest, scale.highest), f"{value:g}")
            for value in _quarters(scale)
        ),
        band=_band(scale, entries, points, difference, frame),
    )


def _quarters(scale: Scale) -> Iterable[float]:
    return (scale.lowest + (scale.highest - scale.lowest) * n / 4 for n in range(5))


def _band(
    scale: Scale,
    entries: Sequence[Entry],
    points: Sequence[Point],
    difference: Difference | None,
    frame: Frame,
) -> Band | None:
    if difference is None or not points or points[0].visit != entries[0].visit:
        return None

    def around(distance: float) -> tuple[float, float]:
        top = frame.y(min(points[0].value + distance, scale.highest), scale.lowest, scale.highest)
        end = frame.y(max(points[0].value - distance, scale.lowest), scale.lowest, scale.highest)
        return top, round(end - top, 1)

    return Band(around(difference.high), around(difference.low), points[0].y, difference)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stacked bar."""

    x: float
    width: float
    part: int
    name: str


def stacked(parts: Sequence[tuple[str, int]], width: float) -> tuple[Piece, ...]:
    """The parts of a whole side by side over the full width; parts of none are left out."""
    whole = sum(part for _, part in parts)
    pieces = []
    x = 0.0
    for name, part in parts:
        if part:
            wide = width * part / whole
            pieces.append(Piece(round(x, 2), round(wide, 2), part, name))
            x += wide
    return tuple(pieces)
