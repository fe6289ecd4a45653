"""What was typed into a page that keys in a form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.acts.entered import day_of
from pro_app.core.facts import Assistance, Mode
from pro_app.core.instrument import AnswerState, Instrument
from pro_app.core.refused import LONGEST_TEXT
from pro_app.core.study import Study

#: The ways in which somebody of the staff writes down what a patient answered.
MODES = (Mode.PAPER, Mode.INTERVIEW_SITE, Mode.INTERVIEW_PHONE)


class Wrong(StrEnum):
    """What is wrong with a field."""

    CHOOSE = "CHOOSE"  # none of what is offered
    NOT_A_DAY = "NOT_A_DAY"
    DAY_AHEAD = "DAY_AHEAD"
    WHY_MISSING = "WHY_MISSING"  # why the patient did not fill it in
    TOO_LONG = "TOO_LONG"
    NOT_A_CHOICE = "NOT_A_CHOICE"  # no answer of the instrument


@dataclass(frozen=True, slots=True)
class Keyed:
    """A form as it was keyed in; `printed`: on words that this system showed."""

    mode: Mode
    answered_on: date
    language: str
    assistance: Assistance
    why_not_self: str
    printed: bool
    answers: dict[str, int | str]


def read_form(
    fields: Mapping[str, str], study: Study, instrument: Instrument, *, today: date
) -> Keyed | dict[str, Wrong]:
    """The form, or what is wrong with each field that can't be taken."""
    wrong: dict[str, Wrong] = {}
    mode = _one_of(fields, "mode", MODES, wrong)
    assistance = _one_of(fields, "assistance", Assistance, wrong)
    language = _one_of(fields, "language", study.languages, wrong)
    answered_on = read_day(fields, wrong, today)
    why = fields.get("why_not_self", "").strip()
    if len(why) > LONGEST_TEXT:
        wrong["why_not_self"] = Wrong.TOO_LONG
    elif not why and (mode != Mode.PAPER or assistance == Assistance.PROXY):
        wrong["why_not_self"] = Wrong.WHY_MISSING
    answers = read_answers(fields, instrument, wrong)
    if wrong or answered_on is None:
        return wrong
    printed = bool(fields.get("printed")) or mode != Mode.PAPER
    return Keyed(Mode(mode), answered_on, language, Assistance(assistance), why, printed, answers)


def _one_of(
    fields: Mapping[str, str], name: str, offered: Iterable[str], wrong: dict[str, Wrong]
) -> str:
    found = fields.get(name, "")
    if found not in tuple(offered):
        wrong[name] = Wrong.CHOOSE
    return found


def read_day(fields: Mapping[str, str], wrong: dict[str, Wrong], today: date) -> date | None:
    day = day_of(fields.get("answered_on", "").strip())
    if day is None:
        wrong["answered_on"] = Wrong.NOT_A_DAY
    elif day > today:
        wrong["answered_on"] = Wrong.DAY_AHEAD
    return day


def read_answers(
    fields: Mapping[str, str], instrument: Instrument, wrong: dict[str, Wrong]
) -> dict[str, int | str]:
    """Item → value, or the kind of blank: what is blank on paper the patient left so."""
    offered = {str(v): v for v in instrument.choices}
    opted_out = {code for box in instrument.opt_outs if fields.get(box.code) for code in box.items}
    answers: dict[str, int | str] = {}
    for code in instrument.item_codes:
        typed = fields.get(code, "").strip()
        blank = AnswerState.PREFER_NOT if code in opted_out else AnswerState.SKIPPED
        answers[code] = offered.get(typed, blank.value)
        if typed and typed not in offered:
            wrong[code] = Wrong.NOT_A_CHOICE
    return answers


def read_wanted(fields: Mapping[str, str], instrument: Instrument) -> dict[str, object]:
    """Item → what it shall be; items that shall stay as they are do not stand there."""
    offered = {str(v): v for v in instrument.choices}
    given = {code: fields.get(code, "").strip() for code in instrument.item_codes}
    return {code: offered.get(text, text) for code, text in given.items() if text}
