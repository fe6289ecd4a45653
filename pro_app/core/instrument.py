"""A questionnaire as frozen values: items, scales, thresholds, and a self-check."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from pro_app.core.records import read


class InstrumentError(ValueError):
    """An instrument's data contradict themselves; `problems` lists every one found."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class BadAnswer(ValueError):
    """A value that `item` can't have; `value` is what was given."""

    def __init__(self, item: str, value: object) -> None:
        self.item = item
        self.value = value
        super().__init__(f"{item}: {value!r} is not a possible answer")


class AnswerState(StrEnum):
    """Why an item has a value or none; the four are never mixed."""

    ANSWERED = "ANSWERED"  # a value was chosen
    SKIPPED = "SKIPPED"  # left blank and confirmed by the patient (or blank on paper)
    PREFER_NOT = "PREFER_NOT"  # covered by a ticked opt-out box
    NOT_SHOWN = "NOT_SHOWN"  # the patient never saw the item


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one item; `value` is set exactly when the state is ANSWERED."""

    state: AnswerState
    value: int | None = None

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.state is AnswerState.ANSWERED):
            raise ValueError(f"{self.state} with value {self.value!r}")


#: Item code → answer, for every item of the instrument, in its order.
Answers = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `test_code`, `test_name` and `term_code` are its CDISC terms."""

    code: str
    reversed: bool
    test_code: str
    test_name: str
    term_code: str


@dataclass(frozen=True, slots=True)
class Section:
    """Items that stand together on a page under one heading and introduction."""

    code: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptOut:
    """A box that stands before `before` and, ticked, makes `items` PREFER_NOT."""

    code: str
    before: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """A score: a subscale has no `parts`; a total is the sum of its `parts`.

    `items` are all items that enter it; `min_answered` is the least number of
    answered items with which it is scored (None: no such rule of its own).
    """

    code: str
    items: tuple[str, ...]
    parts: tuple[str, ...]
    min_answered: int | None
    lowest: int
    highest: int
    test_code: str
    test_name: str
    term_code: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A published range of important group differences for one scale."""

    scale: str
    low: float
    high: float
    citation: str
    doi: str


# No slots: it is asked for its codes all the time, and keeps them.
@dataclass(frozen=True)
class Instrument:
    """One version of a questionnaire, without its wording.

    `valid_from` is the least number of answered items that make a form VALID;
    `draft_hours` is how long an unfinished form may wait (its recall drifts);
    `attribution` must stand wherever the CDISC terms are handed out.
    """

    id: str
    name: str
    version: str
    scoring_version: str
    cdisc_category: str
    recall_days: int
    lowest: int
    highest: int
    valid_from: int
    draft_hours: int
    items: tuple[Item, ...]
    sections: tuple[Section, ...]
    opt_outs: tuple[OptOut, ...]
    scales: tuple[Scale, ...]
    differences: tuple[Difference, ...]
    sources: tuple[str, ...]
    attribution: str
    sha256: str

    @cached_property
    def item_codes(self) -> tuple[str, ...]:
        """Every item code, in the order of the questionnaire."""
        return tuple(item.code for item in self.items)

    @cached_property
    def reversed_of(self) -> dict[str, bool]:
        """Item code → whether a higher answer is worse."""
        return {item.code: item.reversed for item in self.items}

    @cached_property
    def choices(self) -> dict[int, Answer]:
        """Each value that an item can have → the answer with it, from the lowest up."""
        values = range(self.lowest, self.highest + 1)
        return {value: Answer(AnswerState.ANSWERED, value) for value in values}

    @cached_property
    def about_minutes(self) -> int:
        """About how long it takes, a quarter of a minute for each item, rounded up."""
        return (len(self.items) + 3) // 4

    @cached_property
    def may_opt_out(self) -> frozenset[str]:
        """The items that an opt-out box covers."""
        return frozenset(code for box in self.opt_outs for code in box.items)

    @cached_property
    def scale_codes(self) -> tuple[str, ...]:
        """Every scale code, in the order of the data file."""
        return tuple(scale.code for scale in self.scales)

    @cached_property
    def subscales(self) -> tuple[Scale, ...]:
        """The scales that are scored from items."""
        return tuple(scale for scale in self.scales if not scale.parts)

    @cached_property
    def totals(self) -> tuple[Scale, ...]:
        """The scales that are sums of subscales."""
        return tuple(scale for scale in self.scales if scale.parts)


def from_data(data: Mapping[str, Any], sha256: str) -> Instrument:
    """The instrument that `data` (a parsed structure.json) describes.

    Errors: InstrumentError with every problem of shape (missing or unknown keys,
    wrong types); where the shape is right, with every contradiction.
    """
    problems: list[str] = []
    stated = dict(data)
    item_count = read(int, stated.pop("item_count", None), "item_count", problems)
    instrument = read(Instrument, stated | {"sha256": sha256}, "", problems)
    if not problems:
        problems = list(_contradictions(instrument, item_count))
    if problems:
        raise InstrumentError(problems)
    assert isinstance(instrument, Instrument)  # noqa: S101 - tells the type checker
    return instrument


def _contradictions(instrument: Instrument, item_count: int) -> Iterator[str]:
    if len(instrument.items) != item_count:
        yield f"items: {len(instrument.items)} stand there, {item_count} were stated"
    if not instrument.lowest < instrument.highest:
        yield f"range: {instrument.lowest} is not below {instrument.highest}"
    if not 1 <= instrument.valid_from <= item_count:
        yield f"valid_from: {instrument.valid_from} of {item_count} items"
    yield from _doubled_codes(instrument)
    yield from _misplaced_items(instrument)
    for scale in instrument.scales:
        yield from _scale_contradictions(scale, instrument)
    for difference in instrument.differences:
        if difference.scale not in instrument.scale_codes:
            yield f"differences: unknown scale {difference.scale}"
        if not 0 < difference.low <= difference.high:
            yield f"differences: {difference.scale} from {difference.low} to {difference.high}"


def _doubled_codes(instrument: Instrument) -> Iterator[str]:
    scored: tuple[Item | Scale, ...] = (*instrument.items, *instrument.scales)
    kinds = {
        # Items, boxes and scores are columns of one export, so they share their names.
        "codes": [each.code for each in scored] + [box.code for box in instrument.opt_outs],
        "sections": [section.code for section in instrument.sections],
        "test_code": [each.test_code for each in scored],
        "term_code": [each.term_code for each in scored],
    }
    for kind, codes in kinds.items():
        yield from (f"{kind}: {code} is doubled" for code in _doubles(codes))


def _doubles(codes: Iterable[str]) -> list[str]:
    return [code for code, times in Counter(codes).items() if times > 1]


def _misplaced_items(instrument: Instrument) -> Iterator[str]:
    known = instrument.item_codes
    placed = [code for section in instrument.sections for code in section.items]
    yield from (f"sections: unknown item {code}" for code in placed if code not in known)
    yield from (f"sections: {code} stands in two places" for code in _doubles(placed))
    yield from (f"sections: {code} stands in none" for code in known if code not in placed)
    if sorted(placed) == sorted(known) and placed != list(known):
        yield "sections: not in the order of the items"
    for box in instrument.opt_outs:
        for code in (box.before, *box.items):
            if code not in known:
                yield f"opt-out {box.code}: unknown item {code}"


def _scale_contradictions(scale: Scale, instrument: Instrument) -> Iterator[str]:
    name = f"scale {scale.code}"
    known = instrument.item_codes
    yield from (f"{name}: unknown item {code}" for code in scale.items if code not in known)
    yield from (f"{name}: {code} is doubled" for code in _doubles((*scale.items, *scale.parts)))
    if not scale.items:
        yield f"{name}: no items"
    # Without a rule of its own a subscale would be scored from nothing.
    if scale.min_answered is None and not scale.parts:
        yield f"{name}: min_answered is missing"
    if scale.min_answered is not None and not 1 <= scale.min_answered <= len(scale.items):
        yield f"{name}: min_answered {scale.min_answered} of {len(scale.items)} items"
    subscales = {each.code: each for each in instrument.subscales}
    unknown = [code for code in scale.parts if code not in subscales]
    yield from (f"{name}: part {code} is no subscale" for code in unknown)
    if unknown:
        return
    summed = [code for part in scale.parts for code in subscales[part].items]
    if scale.parts and sorted(summed) != sorted(scale.items):
        yield f"{name}: its items are not those of its parts"
    expected = (instrument.lowest * len(scale.items), instrument.highest * len(scale.items))
    if (scale.lowest, scale.highest) != expected:
        yield f"{name}: range {scale.lowest} to {scale.highest}, not {expected[0]} to {expected[1]}"
