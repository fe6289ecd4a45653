"""Where everything that happened to a patient stands on one axis of days."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pro_app.core.charts import Frame, Tick
from pro_app.core.ledger import Entry
from pro_app.core.schedule import add_months

#: A span of a day or two is still to be seen.
_LEAST_WIDTH = 4.0


@dataclass(frozen=True, slots=True)
class Window:
    """A visit's window on the time line."""

    x: float
    width: float
    target: float
    entry: Entry


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day; `level` 0, 1, … keeps near ones apart."""

    x: float
    on: date
    what: str
    level: int


@dataclass(frozen=True, slots=True)
class Span:
    """A time on the line; `until` is None while its end is not known."""

    x: float
    width: float
    since: date
    until: date | None
    what: str


@dataclass(frozen=True, slots=True)
class Timeline:
    frame: Frame
    windows: tuple[Window, ...]
    marks: tuple[Mark, ...]
    forms: tuple[Mark, ...]
    months: tuple[Tick, ...]
    today: float | None
    spans: tuple[Span, ...] = ()
    calls: tuple[Mark, ...] = ()


def timeline(
    entries: Sequence[Entry],
    events: Iterable[tuple[date, str]],
    forms: Iterable[tuple[date, str]],
    *,
    today: date,
    frame: Frame,
    apart: float,
    spans: Iterable[tuple[date, date | None, str]] = (),
    calls: Iterable[tuple[date, str]] = (),
) -> Timeline | None:
    """Windows, events, forms, spans and calls on one axis of days; None before randomisation.

    Shapes: `events`, `forms` and `calls` are (day, what), by day; `spans` are (first
    day, last day or None, what). Two marks nearer than `apart` stand on different levels.
    """
    planned = [entry for entry in entries if entry.target_on and entry.closes_on]
    if not planned or not planned[0].target_on:
        return None
    events, forms, calls, spans = list(events), list(forms), list(calls), list(spans)
    days = [on for on, _ in (*events, *forms, *calls)]
    days += [on for since, until, _ in spans for on in (since, until) if on]
    axis = _axis(planned, days, frame)
    anchor = planned[0].target_on
    return Timeline(
        frame=frame,
        windows=tuple(_windows(planned, axis)),
        marks=_levelled([(axis.x(on), on, what) for on, what in events], apart),
        forms=tuple(Mark(axis.x(on), on, visit, 0) for on, visit in forms),
        months=tuple(
            Tick(axis.x(add_months(anchor, month)), str(month))
            for month in range(0, planned[-1].month + 1, 12)
        ),
        today=axis.x(today) if axis.first <= today <= axis.last else None,
        spans=tuple(
            # An open span reaches to today.
            _span(
                axis.x(since),
                axis.x(min(until or max(today, since), axis.last)),
                since,
                until,
                what,
            )
            for since, until, what in spans
        ),
        calls=tuple(Mark(axis.x(on), on, what, 0) for on, what in calls),
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    frame: Frame
    first: date
    last: date

    def x(self, on: date) -> float:
        return self.frame.x((on - self.first).days, 0, max((self.last - self.first).days, 1))


def _axis(planned: Sequence[Entry], days: Sequence[date], frame: Frame) -> _Axis:
    """From the first to the last day of all that is planned and all that happened."""
    closings = [entry.closes_on for entry in planned if entry.closes_on]
    return _Axis(frame, min([planned[0].opens_on, *days]), max([*closings, *days]))


def _windows(planned: Sequence[Entry], axis: _Axis) -> Iterator[Window]:
    for entry in planned:
        if entry.target_on and entry.closes_on:
            opens, closes = axis.x(entry.opens_on), axis.x(entry.closes_on)
            yield Window(opens, round(closes - opens, 1), axis.x(entry.target_on), entry)


def _span(start: float, end: float, since: date, until: date | None, what: str) -> Span:
    return Span(start, max(round(end - start, 1), _LEAST_WIDTH), since, until, what)


def _levelled(marks: Iterable[tuple[float, date, str]], apart: float) -> tuple[Mark, ...]:
    """Each mark on the lowest level where its left neighbour is far enough away."""
    ends: list[float] = []
    found = []
    for x, on, what in marks:
        level = next((n for n, end in enumerate(ends) if x - end >= apart), len(ends))
        ends[level : level + 1] = [x]
        found.append(Mark(x, on, what, level))
    return tuple(found)
