"""Planned visits, facts and a day → one status per visit, with its pattern and flags.

Source: science page, section 3. Statuses are computed and never stored, so a
fact that comes late re-classifies by itself and any past day can be had again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from pro_app.core.facts import (
    ENDS_QUESTIONNAIRES,
    EventFact,
    EventKind,
    FormFact,
    PatientFacts,
    ReasonFact,
)
from pro_app.core.schedule import PlannedVisit, plan
from pro_app.core.study import REASON_PENDING as REASON_PENDING
from pro_app.core.study import Study, Visit


class Status(StrEnum):
    """What became of one visit; exactly one fits on any day."""

    ERR_FORM_AFTER_DEATH = "ERR_FORM_AFTER_DEATH"  # answered after the death: a query
    QUARANTINE_AFTER_WITHDRAWAL = "QUARANTINE_AFTER_WITHDRAWAL"  # the site has to decide
    EXTRA_AFTER_STOP = "EXTRA_AFTER_STOP"  # answered though the protocol no longer asks
    OUT_OF_WINDOW = "OUT_OF_WINDOW"  # answered before the window opened or after it closed
    VALID = "VALID"  # answered in the window, with enough items
    PARTIAL = "PARTIAL"  # answered in the window, with some items
    EMPTY = "EMPTY"  # handed in in the window with no item answered
    NE_DEATH = "NE_DEATH"  # not expected: died before the target day
    NE_WITHDRAWN = "NE_WITHDRAWN"  # not expected: withdrew before the target day
    NE_PROTOCOL_STOP = "NE_PROTOCOL_STOP"  # not expected: stopped before the target day
    NOT_YET_DUE = "NOT_YET_DUE"  # the window has not opened
    WINDOW_OPEN = "WINDOW_OPEN"  # the window is open and no form is in
    MISSING = "MISSING"  # expected, the window has closed, no form is in


class Pattern(StrEnum):
    """How a missing visit lies among the later ones."""

    INTERMITTENT = "INTERMITTENT"  # a later visit was answered
    MONOTONE = "MONOTONE"  # no later visit was answered and none can be
    UNDETERMINED = "UNDETERMINED"  # later visits may still be answered


class Flag(StrEnum):
    """What had happened by a missing visit; it stays expected all the same."""

    AFTER_PROGRESSION = "AFTER_PROGRESSION"  # the disease progressed before the target day
    AFTER_LTFU = "AFTER_LTFU"  # lost to follow-up before the target day
    DIED_IN_WINDOW = "DIED_IN_WINDOW"  # died between the target day and the close


#: Statuses that carry a pattern, a reason and flags.
UNANSWERED = frozenset({Status.MISSING, Status.EMPTY})
#: Statuses that make an earlier missing visit intermittent.
_ANSWERED = frozenset({Status.VALID, Status.PARTIAL, Status.OUT_OF_WINDOW})
_STILL_TO_COME = frozenset({Status.NOT_YET_DUE, Status.WINDOW_OPEN})

#: Stands for "has not happened" in comparisons: no day is later.
_NEVER = date.max


class Entry(NamedTuple):
    """One patient × visit as of a day.

    `target_on` and `closes_on` are None until she is randomised. `reason` is a
    code, REASON_PENDING until one is given, None where none is asked for.
    `in_population`: she enters the rates. `alive_at_target`: not known to have
    died before the target day (before the as-of day, if there is no target).
    `window_closed`: the as-of day is after the close. `days_off_target` is the
    form's day minus the target day; `days_left` until an open window closes.
    A named tuple, not a dataclass: making one takes a fifth of the time, and
    lists are made of hundreds of thousands.
    """

    patient_id: str
    site: str
    visit: str
    month: int
    opens_on: date
    target_on: date | None
    closes_on: date | None
    status: Status
    pattern: Pattern | None = None
    reason: str | None = None
    flags: tuple[Flag, ...] = ()
    answered_on: date | None = None
    items_answered: int | None = None
    in_population: bool = False
    alive_at_target: bool = True
    window_closed: bool = False
    days_off_target: int | None = None
    days_left: int | None = None


class _Days(NamedTuple):
    """The first day of each kind of event, _NEVER where there was none."""

    death: date = _NEVER
    withdrawal: date = _NEVER
    stop: date = _NEVER
    progression: date = _NEVER
    loss: date = _NEVER


def ledger(facts: PatientFacts, study: Study, *, valid_from: int, as_of: date) -> tuple[Entry, ...]:
    """The patient's entries as of a day, in protocol order; none without PRO consent.

    A fact counts when its own day is on or before `as_of`. A consented patient
    who is not randomised has the baseline alone, from her screening day on.
    Units: `valid_from` is the least number of answered items of a VALID form.
    """
    if facts.pro_consent_on is None or facts.pro_consent_on > as_of:
        return ()
    days = _event_days(facts.events, study.stop_events, as_of)
    forms = {form.visit: form for form in facts.forms if form.answered_on <= as_of}
    if facts.randomised_on is None or facts.randomised_on > as_of:
        if facts.screened_on is None or facts.screened_on > as_of:
            return ()
        return (_screened(facts, facts.screened_on, study.visits[0], forms, days),)
    planned = plan(study.visits, facts.randomised_on)
    statuses = [
        _status(visit, forms.get(visit.visit), days, valid_from, as_of) for visit in planned
    ]
    reasons = _reasons(facts.reasons, as_of)
    return tuple(
        [
            _entry(facts, visit, forms.get(visit.visit), status, pattern, reasons, days, as_of)
            for visit, status, pattern in zip(planned, statuses, _patterns(statuses), strict=True)
        ]
    )


def _screened(
    facts: PatientFacts, since: date, baseline: Visit, forms: Mapping[str, FormFact], days: _Days
) -> Entry:
    """The baseline of a patient who is not randomised: open, and in no rate."""
    form = forms.get(baseline.code)
    # Without a target day any death or withdrawal so far ends it; the protocol's
    # stop does not, for it counts from randomisation on.
    aside = _put_aside(form, days) if form else _not_expected(days._replace(stop=_NEVER), _NEVER)
    return Entry(
        patient_id=facts.patient_id,
        site=facts.site,
        visit=baseline.code,
        month=baseline.month,
        opens_on=since,
        target_on=None,
        closes_on=None,
        status=aside or Status.WINDOW_OPEN,
        answered_on=form.answered_on if form else None,
        items_answered=form.items_answered if form else None,
        alive_at_target=days.death == _NEVER,
    )


def _not_expected(days: _Days, target_on: date) -> Status | None:
    """Why no form is expected for a target day, or None."""
    if days.death < target_on:
        return Status.NE_DEATH
    if days.withdrawal < target_on:
        return Status.NE_WITHDRAWN
    if days.stop < target_on:
        return Status.NE_PROTOCOL_STOP
    return None


def _put_aside(form: FormFact, days: _Days) -> Status | None:
    """Why a form is kept out of every rate by its day alone, or None."""
    if form.answered_on > days.death:
        return Status.ERR_FORM_AFTER_DEATH
    if form.answered_on > days.withdrawal and not form.released:
        return Status.QUARANTINE_AFTER_WITHDRAWAL
    return None


def _status(
    visit: PlannedVisit, form: FormFact | None, days: _Days, valid_from: int, as_of: date
) -> Status:
    """The first line of the science page, section 3, that fits."""
    if form is not None:
        return _put_aside(form, days) or _form_status(visit, form, days.stop, valid_from)
    not_expected = _not_expected(days, visit.target_on)
    if not_expected:
        return not_expected
    if as_of < visit.opens_on:
        return Status.NOT_YET_DUE
    if as_of <= visit.closes_on:
        return Status.WINDOW_OPEN
    return Status.MISSING


def _form_status(visit: PlannedVisit, form: FormFact, stop: date, valid_from: int) -> Status:
    """The status of a form that was answered alive and before any withdrawal."""
    # Both days: a form that was due before the stop is kept though it came after,
    # and one that was answered before the stop is kept though it was due after.
    if form.answered_on > stop and visit.target_on > stop:
        return Status.EXTRA_AFTER_STOP
    if not visit.opens_on <= form.answered_on <= visit.closes_on:
        return Status.OUT_OF_WINDOW
    if form.items_answered >= valid_from:
        return Status.VALID
    return Status.PARTIAL if form.items_answered else Status.EMPTY


def _patterns(statuses: Sequence[Status]) -> list[Pattern | None]:
    """The pattern of each visit, None where the status carries none."""
    patterns: list[Pattern | None] = [None] * len(statuses)
    still = Pattern.UNDETERMINED if statuses[-1] in _STILL_TO_COME else Pattern.MONOTONE
    for position in range(len(statuses) - 1, -1, -1):
        if statuses[position] in UNANSWERED:
            patterns[position] = still
        elif statuses[position] in _ANSWERED:
            still = Pattern.INTERMITTENT
    return patterns


def _entry(
    facts: PatientFacts,
    visit: PlannedVisit,
    form: FormFact | None,
    status: Status,
    pattern: Pattern | None,
    reasons: Mapping[str, str],
    days: _Days,
    as_of: date,
) -> Entry:
    target_on = visit.target_on
    unanswered = status in UNANSWERED
    # By position, which is faster; the order is that of the fields.
    return Entry(
        facts.patient_id,
        facts.site,
        visit.visit,
        visit.month,
        visit.opens_on,
        target_on,
        visit.closes_on,
        status,
        pattern,
        reasons.get(visit.visit, REASON_PENDING) if unanswered else None,
        _flags(visit, days) if unanswered else (),
        form.answered_on if form else None,
        form.items_answered if form else None,
        facts.able is True,
        days.death >= target_on,
        as_of > visit.closes_on,
        (form.answered_on - target_on).days if form else None,
        (visit.closes_on - as_of).days if status is Status.WINDOW_OPEN else None,
    )


def _flags(visit: PlannedVisit, days: _Days) -> tuple[Flag, ...]:
    flags = []
    if days.progression < visit.target_on:
        flags.append(Flag.AFTER_PROGRESSION)
    if days.loss < visit.target_on:
        flags.append(Flag.AFTER_LTFU)
    if visit.target_on <= days.death <= visit.closes_on:
        flags.append(Flag.DIED_IN_WINDOW)
    return tuple(flags)


def _reasons(given: Iterable[ReasonFact], as_of: date) -> dict[str, str]:
    """Visit → the reason given last by its own day; of two on one day, the later in order."""
    latest: dict[str, ReasonFact] = {}
    for reason in given:
        if reason.on > as_of:
            continue
        known = latest.get(reason.visit)
        if known is None or reason.on >= known.on:
            latest[reason.visit] = reason
    return {visit: reason.code for visit, reason in latest.items()}


def _event_days(events: Iterable[EventFact], stop_events: Sequence[str], as_of: date) -> _Days:
    """The first day of each kind of event among those that have happened by `as_of`."""
    death = withdrawal = stop = progression = loss = _NEVER
    for event in events:
        on = event.on
        if on > as_of:
            continue
        if event.kind is EventKind.DEATH:
            death = min(death, on)
        elif event.kind is EventKind.PROGRESSION:
            progression = min(progression, on)
        elif event.kind is EventKind.LOST_TO_FOLLOW_UP:
            loss = min(loss, on)
        elif event.kind in ENDS_QUESTIONNAIRES:
            withdrawal = min(withdrawal, on)
        if event.kind in stop_events:
            stop = min(stop, on)
    return _Days(death, withdrawal, stop, progression, loss)
