"""What to do with an incoming answer set: Accepted | AlreadyHad | Conflict | Refused.

A form is never refused for its day, for being late or for what has happened to the
patient: it is stored, and the ledger classifies it. Refused is only what could not be
understood, what a patient can't have been asked by today, and what contradicts a form
that is stored under the same submission id.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pro_app.core.course import ended_by
from pro_app.core.facts import PatientFacts
from pro_app.core.instrument import Answer, AnswerState, Instrument
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.plan import windows_ever
from pro_app.core.refused import Refused, Why
from pro_app.core.study import Study


class Fault(StrEnum):
    """What is wrong with one answer."""

    UNKNOWN_ITEM = "UNKNOWN_ITEM"  # the instrument has no such item
    NOT_A_CHOICE = "NOT_A_CHOICE"  # neither an offered number nor a kind of blank
    NO_OPT_OUT = "NO_OPT_OUT"  # no opt-out box covers this item


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """One answer that can't be taken: `given` is what stood there, cut short."""

    item: str
    fault: Fault
    given: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer set as it arrives; the day is the server's, in the trial zone.

    `answers`: item code → a choice, or SKIPPED, PREFER_NOT, NOT_SHOWN.
    `by_patient`: handed in on a patient's own page (not keyed from paper).
    `day_told`: the sender said on which day it was answered, else that is the day of
    arrival. `told_at`: when it was finished by the sender's own clock, as it was sent.
    """

    submission_id: str
    visit: str
    answered_on: date
    answers: Mapping[str, object]
    by_patient: bool
    day_told: bool = True
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownForm:
    """A form of this patient that is already stored; one per visit is standing.

    `content` (see `content_of`) and what was told of its day need only be known of the
    form with the submission id that comes in; without `content` it is taken for the same.
    """

    submission_id: str
    visit: str
    standing: bool
    content: str | None = None
    answered_on: date | None = None
    told_at: datetime | None = None


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


#: `Refused`: store nothing; its detail holds each `AnswerProblem` for BAD_ANSWERS.
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
    phone that sends again after a lost reply always gets its receipt. What is stored
    stands: the same id with anything else in it is refused, and never swallowed.
    """
    had = next((form for form in known if form.submission_id == incoming.submission_id), None)
    if had:
        if _same(incoming, had):
            return AlreadyHad(incoming.submission_id)
        return Refused(Why.OTHER_ANSWERS)
    if not study.has_visit(incoming.visit):
        return Refused(Why.UNKNOWN_VISIT)
    answers, problems = check_answers(incoming.answers, instrument)
    if problems:
        return Refused(Why.BAD_ANSWERS, detail=problems)
    refusal = _not_asked(incoming, facts, study, today)
    if refusal:
        return refusal
    if any(form.standing and form.visit == incoming.visit for form in known):
        return Conflict(answers)
    return Accepted(answers)


def content_of(visit: str, answers: Mapping[str, object]) -> str:
    """A digest of what a form says of which visit: SHA-256, in hexadecimal.

    The same for answers as they come and as they are stored: what is not there was
    NOT_SHOWN, and 3, 3.0, "3" and true differ.
    """
    shown = {code: v for code, v in answers.items() if v != AnswerState.NOT_SHOWN}
    content = json.dumps([visit, sorted(shown.items())], default=repr)
    return hashlib.sha256(content.encode()).hexdigest()


def _same(incoming: Incoming, had: KnownForm) -> bool:
    """Whether a submission is the very one that is stored.

    Of two days the sender's own clock decides: by ours the same form may have another
    day, where that clock was set between two attempts to send it.
    """
    if had.content is None:
        return True
    if content_of(incoming.visit, incoming.answers) != had.content:
        return False
    if not incoming.day_told or had.answered_on in (None, incoming.answered_on):
        return True
    if incoming.told_at is None:
        return False
    if had.told_at is None:  # what is stored came without a day of its own
        return True
    return abs(incoming.told_at - had.told_at) < timedelta(seconds=1)


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


def _not_asked(
    incoming: Incoming, facts: PatientFacts, study: Study, today: date
) -> Refused | None:
    """Why there can be no such form by today; its own day is for the ledger to judge.

    A patient's phone may have been wrong about the day, so what it says of that never
    rules out a finished form: only what the patient was never asked by today does.
    """
    if incoming.answered_on > today:
        return Refused(Why.DAY_AHEAD, "answered_on")
    if not incoming.by_patient:
        return None
    if facts.pro_consent_on is None or facts.pro_consent_on > today:
        return Refused(Why.NO_CONSENT)
    opens_on = _opens_on(incoming.visit, facts, study, today)
    return Refused(Why.NOT_OPEN_YET) if opens_on is None or opens_on > today else None


def _opens_on(visit: str, facts: PatientFacts, study: Study, today: date) -> date | None:
    """The first day for a patient's own form of a visit, by what is known today.

    Before the randomisation the baseline alone is open. Where versions of the protocol
    differ, what fits one of them was begun rightly by that one.
    """
    baseline = study.visits[0].code
    anchor = facts.randomised_on
    if anchor is None or anchor > today:
        return facts.screened_on if visit == baseline else None
    days = [window.opens_on for window in windows_ever(study, anchor, visit)]
    if visit == baseline and facts.screened_on:
        days.append(facts.screened_on)
    return min(days, default=None)
