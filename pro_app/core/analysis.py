"""Which forms are for analysis, where they lie, and which one is the baseline.

Source: science page, section 4, "Baseline" and "Analysis flags". The trial is open-label:
a form that was answered once the arm was known is no baseline.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pro_app.core.answer_sets import AnswerSet, StoredScore
from pro_app.core.ledger import Entry, Status


class NotAnalysed(StrEnum):
    """Why a form is exported and not for analysis; the first that fits."""

    PROXY = "PROXY"  # somebody else answered for the patient
    CONFLICT = "CONFLICT"  # another form of the same visit counts
    QUARANTINE_AFTER_WITHDRAWAL = "QUARANTINE_AFTER_WITHDRAWAL"  # the site has to decide
    SET_ASIDE = "SET_ASIDE"  # the site decided that it does not count
    ERR_FORM_AFTER_DEATH = "ERR_FORM_AFTER_DEATH"  # answered after the death: a query
    EXTRA_AFTER_STOP = "EXTRA_AFTER_STOP"  # the protocol no longer asked
    NOT_RANDOMISED = "NOT_RANDOMISED"  # not randomised by the as-of day
    NOT_IN_LEDGER = "NOT_IN_LEDGER"  # a visit not planned, by the as-of day


class WindowStatus(StrEnum):
    """Where the day of answering lies relative to the visit's window."""

    IN_WINDOW = "IN_WINDOW"
    EARLY = "EARLY"  # before the window opened
    LATE = "LATE"  # after it closed


class BaselineFlag(StrEnum):
    """What the patient's form for analysis of the first visit is good for."""

    BASELINE = "BASELINE"  # answered before the randomisation
    POST_RANDOMISATION = "POST_RANDOMISATION"  # answered after it: no baseline


#: Statuses of forms that leave and are not for analysis.
_MARKED = {
    Status.QUARANTINE_AFTER_WITHDRAWAL: NotAnalysed.QUARANTINE_AFTER_WITHDRAWAL,
    Status.ERR_FORM_AFTER_DEATH: NotAnalysed.ERR_FORM_AFTER_DEATH,
    Status.EXTRA_AFTER_STOP: NotAnalysed.EXTRA_AFTER_STOP,
    Status.WINDOW_OPEN: NotAnalysed.NOT_RANDOMISED,
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """`scores` are those of the patient's form for analysis of the first visit."""

    flag: BaselineFlag
    scores: tuple[StoredScore, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form lies: what each of its scores says of the day and the visit.

    `study_day`: the day of randomisation is 1, the day before it −1; there is no day 0.
    """

    month: int | None
    study_day: int | None
    window: WindowStatus | None
    status: Status | None


def before_consent(form: AnswerSet, consent_on: date | None) -> bool:
    """Whether a form is kept for the site's decision and does not leave.

    It was answered before the first consent (None: there is none by the as-of day), and
    the site has not let it in.
    """
    return not form.let_in and (consent_on is None or form.answered_on < consent_on)


def why_not(form: AnswerSet, entry: Entry | None) -> NotAnalysed | None:
    """Why a form is not for analysis; None: it is. `entry` is that of its visit."""
    if form.proxy:
        return NotAnalysed.PROXY
    if not form.counts:
        return NotAnalysed.CONFLICT
    if form.let_in is False and (entry is None or entry.answered_on is None):
        return NotAnalysed.SET_ASIDE
    if entry is None or entry.answered_on is None:
        return NotAnalysed.NOT_IN_LEDGER
    return _MARKED.get(entry.status)


def in_window(entry: Entry | None) -> bool:
    """Whether a form for analysis lies in its window: ANL01FL; that it is one is ANL02FL."""
    return entry is not None and entry.status is not Status.OUT_OF_WINDOW


def place(form: AnswerSet, entry: Entry | None, randomised_on: date | None) -> Place:
    """`randomised_on`: None while the patient is not, by the as-of day."""
    return Place(
        entry.month if entry else None,
        study_day(form.answered_on, randomised_on) if randomised_on else None,
        _window(form.answered_on, entry) if entry else None,
        entry.status if entry else None,
    )


def study_day(day: date, randomised_on: date) -> int:
    """Days from randomisation, which is day 1; the day before it is −1.

    Source: SDTM implementation guide, study day variables.
    """
    days = (day - randomised_on).days
    return days + 1 if days >= 0 else days


def _window(day: date, entry: Entry) -> WindowStatus | None:
    if entry.closes_on is None:  # not randomised: the window has no end yet
        return WindowStatus.IN_WINDOW if day >= entry.opens_on else WindowStatus.EARLY
    if day < entry.opens_on:
        return WindowStatus.EARLY
    return WindowStatus.LATE if day > entry.closes_on else WindowStatus.IN_WINDOW


def baseline_flag(
    form: AnswerSet, randomised_on: date, randomised_at: datetime | None
) -> BaselineFlag:
    """Whether a form of the first visit is a baseline.

    It is when it was answered before the day of randomisation or on it, but on that day
    not once the patient was randomised, where both times are known; of a form on paper
    only the day is, which then decides.
    """
    if form.answered_on != randomised_on:
        early = form.answered_on < randomised_on
        return BaselineFlag.BASELINE if early else BaselineFlag.POST_RANDOMISATION
    finished = form.finished_on_the_day
    if randomised_at is not None and finished is not None and finished >= randomised_at:
        return BaselineFlag.POST_RANDOMISATION
    return BaselineFlag.BASELINE
