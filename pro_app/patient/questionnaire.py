"""How a questionnaire is laid out in pages, and what a page that was sent in says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pro_app.core.instrument import AnswerState, Instrument, OptOut

#: Item → value as chosen, or the name of the state that left it blank.
Given = Mapping[str, int | str]

#: What stands before the codes in the names of a page's fields.
ITEM_FIELD = "item:"
BOX_FIELD = "box:"


@dataclass(frozen=True, slots=True)
class Line:
    """One item on a page: its place among all, and the box that stands before it."""

    code: str
    number: int
    box: OptOut | None


@dataclass(frozen=True, slots=True)
class Page:
    """What stands together on a screen, all of one section; `number` counts from 1."""

    number: int
    section: str
    lines: tuple[Line, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(line.code for line in self.lines)


def pages(instrument: Instrument, layout: str) -> tuple[Page, ...]:
    """The pages in order, by the study's layout: one for each item or for each section."""
    numbers = {code: number for number, code in enumerate(instrument.item_codes, 1)}
    boxes = {box.before: box for box in instrument.opt_outs}
    sheets = [
        (section.code, tuple(Line(code, numbers[code], boxes.get(code)) for code in section.items))
        for section in instrument.sections
    ]
    if layout == "item":
        sheets = [(section, (line,)) for section, lines in sheets for line in lines]
    return tuple(Page(number, *sheet) for number, sheet in enumerate(sheets, 1))


def by_section(sheets: Sequence[Page]) -> list[tuple[str, list[Page]]]:
    """The pages under the sections that they belong to."""
    return [(section, list(same)) for section, same in groupby(sheets, lambda page: page.section)]


def place(sheets: Sequence[Page], given: Given) -> int | None:
    """The number of the first page with something left to answer; None: all is done."""
    return next((page.number for page in sheets if blanks(page, given)), None)


def blanks(page: Page, given: Given) -> tuple[Line, ...]:
    """The lines of a page that were neither answered nor left blank on purpose."""
    return tuple(line for line in page.lines if line.code not in given)


def ticked(box: OptOut, given: Given) -> bool:
    """Whether a box shows as ticked: every item it covers is left out."""
    return all(given.get(code) == AnswerState.PREFER_NOT for code in box.items)


def filled_in(
    page: Page, fields: Mapping[str, str], given: Given, instrument: Instrument
) -> dict[str, int | str]:
    """All answers after a page was sent in with these fields.

    A ticked box outweighs an answer under it: the patient asked that it be left out. An
    item whose field did not come keeps its answer, for a choice can't be undone
    on the page, so an older copy of it was sent.
    """
    now = dict(given)
    for line in page.lines:
        chosen = read_choice(fields.get(f"{ITEM_FIELD}{line.code}"), instrument)
        if chosen is not None:
            now[line.code] = chosen
    for box in (line.box for line in page.lines if line.box):
        for code in box.items:
            if f"{BOX_FIELD}{box.code}" in fields:
                now[code] = AnswerState.PREFER_NOT.value
            elif now.get(code) == AnswerState.PREFER_NOT:
                del now[code]
    return now


def left_blank(page: Page, given: Given) -> dict[str, int | str]:
    """All answers once the patient said that the blank lines of a page stay blank."""
    return dict(given) | {line.code: AnswerState.SKIPPED.value for line in blanks(page, given)}


def changes(before: Given, after: Given) -> dict[str, tuple[int | str | None, int | str | None]]:
    """Item → (old, new) for every item that differs."""
    codes = [*after, *(code for code in before if code not in after)]
    return {
        code: (before.get(code), after.get(code))
        for code in codes
        if before.get(code) != after.get(code)
    }


def choices(instrument: Instrument, texts: Mapping[str, str]) -> list[tuple[int, str]]:
    """Every value that may be chosen, in order, with its words."""
    values = instrument.choices
    return [(value, texts[f"RESPONSE_{value}"]) for value in values]


def read_choice(text: str | None, instrument: Instrument) -> int | None:
    """The value that a field says; None when it is no choice."""
    for value in instrument.choices:
        if text == str(value):
            return value
    return None
