"""What to do with an incoming answer set: Accepted | AlreadyHad | Conflict | Refused.

A form is never refused for being late or for what has happened to the patient:
it is stored, and the ledger classifies it by its day. Refused is only what could
not be understood, and what a patient's own page must not open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.core.course import ended_by
from pro_app.core.facts import PatientFacts
from pro_app.core.instrument import Answer, AnswerState, Instrument
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.schedule import plan
from pro_app.core.study import Study


class Fault(StrEnum):
    """What is wrong with one answer."""

    UNKNOWN_ITEM = "UNKNOWN_ITEM"  # the instrument has no such item
    NOT_A_CHOICE = "NOT_A_CHOICE"  # neither an offered number nor a kind of blank
    NO_OPT_OUT = "NO_OPT_OUT"  # no opt-out box covers this item


class Refusal(StrEnum):
    """Why an answer set is not taken; the first that fits."""

    UNKNOWN_VISIT = "UNKNOWN_VISIT"  # the study has no such visit
    BAD_ANSWERS = "BAD_ANSWERS"  # some answers can't be understood
    NO_CONSENT = "NO_CONSENT"  # a patient's form before her PRO consent
    DAY_AHEAD = "DAY_AHEAD"  # answered on a day that has not come
    NOT_OPEN_YET = "NOT_OPEN_YET"  # a patient's form before the window opened
    CLOSED = "CLOSED"  # a patient's form begun after the window had closed


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """One answer that can't be taken: `given` is what stood there, cut short."""

    item: str
    fault: Fault
    given: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer set as it arrives; both days are the server's, in the trial zone.

    `answers`: item code → a choice, or SKIPPED, PREFER_NOT, NOT_SHOWN.
    `by_patient`: handed in on a patient's own page (not keyed from paper).
    """

    submission_id: str
    visit: str
    answered_on: date
    began_on: date
    answers: Mapping[str, object]
    by_patient: bool


@dataclass(frozen=True, slots=True)
class KnownForm:
    """A form of this patient that is already stored; one per visit is standing."""

    submission_id: str
    visit: str
    standing: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """Store it as the form that stands for its visit."""

    answers: dict[str, Answer]


@dataclass(frozen=True, slots=True)
class AlreadyHad:
    """Nothing to do: answer with the receipt of the same submission."""

    submission_id: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Store it beside the form that stands, not counted, for the nurse to look at."""

    answers: dict[str, Answer]


@dataclass(frozen=True, slots=True)
class Refused:
    """Store nothing; `problems` are filled for BAD_ANSWERS."""

    reason: Refusal
    problems: tuple[AnswerProblem, ...] = ()


Decision = Accepted | AlreadyHad | Conflict | Refused


def decide(
    incoming: Incoming,
    *,
    facts: PatientFacts,
    known: Sequence[KnownForm],
    study: Study,
    instrument: Instrument,
    today: date,
) -> Decision:
    """What to do with an answer set, given what is known of the patient on the day.

    A submission that is already stored is recognised before anything else, so a
    phone that sends again after a lost reply always gets its receipt.
    """
    if any(form.submission_id == incoming.submission_id for form in known):
        return AlreadyHad(incoming.submission_id)
    if all(visit.code != incoming.visit for visit in study.visits):
        return Refused(Refusal.UNKNOWN_VISIT)
    answers, problems = check_answers(incoming.answers, instrument)
    if problems:
        return Refused(Refusal.BAD_ANSWERS, problems)
    refusal = _refused_for_its_day(incoming, facts, study, today)
    if refusal:
        return Refused(refusal)
    if any(form.standing and form.visit == incoming.visit for form in known):
        return Conflict(answers)
    return Accepted(answers)


def check_answers(
    raw: Mapping[str, object], instrument: Instrument
) -> tuple[dict[str, Answer], tuple[AnswerProblem, ...]]:
    """Every item's answer in the order of the instrument, and all that is wrong.

    An item that does not stand in `raw` was NOT_SHOWN; so is, for want of better,
    one with a problem. Strict: "3", 3.0 and true are no choices.
    """
    known = instrument.reversed_of
    choices = instrument.choices
    answers = {}
    problems = [
        AnswerProblem(code, Fault.UNKNOWN_ITEM, _short(value))
        for code, value in raw.items()
        if code not in known
    ]
    for code in known:
        value = raw.get(code, AnswerState.NOT_SHOWN)
        # type(), not isinstance(): true is an int to Python, and no answer.
        if type(value) is int and value in choices:
            answers[code] = choices[value]
            continue
        read = _read_blank(value, may_opt_out=code in instrument.may_opt_out)
        if isinstance(read, Fault):
            problems.append(AnswerProblem(code, read, _short(raw[code])))
            read = Answer(AnswerState.NOT_SHOWN)
        answers[code] = read
    return answers, tuple(problems)


def open_visits(
    facts: PatientFacts, study: Study, *, valid_from: int, today: date
) -> tuple[Entry, ...]:
    """The visits that a patient may open today: none once they died, or while they have withdrawn.

    A window that was open on the day of withdrawal stays expected by its target
    day, but nobody is asked any more.
    """
    if ended_by(facts.events, today):
        return ()
    entries = ledger(facts, study, valid_from=valid_from, as_of=today)
    return tuple(
        entry
        for entry in entries
        if entry.status is Status.WINDOW_OPEN and entry.answered_on is None
    )


#: The blanks that can be handed in as such.
_BLANKS = frozenset({AnswerState.SKIPPED, AnswerState.PREFER_NOT, AnswerState.NOT_SHOWN})


def _read_blank(value: object, *, may_opt_out: bool) -> Answer | Fault:
    if not isinstance(value, str) or value not in _BLANKS:
        return Fault.NOT_A_CHOICE
    if value == AnswerState.PREFER_NOT and not may_opt_out:
        return Fault.NO_OPT_OUT
    return Answer(AnswerState(value))


def _short(value: object) -> str:
    """The value as Python writes it, at most 40 characters of it."""
    return repr(value)[:40]


def _refused_for_its_day(
    incoming: Incoming, facts: PatientFacts, study: Study, today: date
) -> Refusal | None:
    """Why the day of answering rules the form out; paper may bear any day but a coming one."""
    consent = facts.pro_consent_on
    if incoming.by_patient and (consent is None or consent > incoming.answered_on):
        return Refusal.NO_CONSENT
    if incoming.answered_on > today:
        return Refusal.DAY_AHEAD
    if not incoming.by_patient:
        return None
    opens_on, closes_on = _window(incoming, facts, study)
    if opens_on is None or opens_on > incoming.answered_on:
        return Refusal.NOT_OPEN_YET
    # Begun in time and finished late is classified by its day, never thrown away;
    # begun late would be a missed visit opened anew, with another recall period.
    if closes_on is not None and incoming.began_on > closes_on:
        return Refusal.CLOSED
    return None


def _window(
    incoming: Incoming, facts: PatientFacts, study: Study
) -> tuple[date | None, date | None]:
    """First and last day for a patient's own form, as they stood when she answered.

    Before her randomisation the baseline alone is open, without a last day: a form
    from that time may arrive when the randomisation is already known.
    """
    anchor = facts.randomised_on
    planned = {visit.visit: visit for visit in plan(study.visits, anchor)} if anchor else {}
    visit = planned.get(incoming.visit)
    if anchor is None or anchor > incoming.answered_on:
        if incoming.visit != study.visits[0].code:
            return None, None
        return facts.screened_on or (visit.opens_on if visit else None), None
    return (visit.opens_on, visit.closes_on) if visit else (None, None)
