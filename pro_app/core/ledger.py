"""Planned visits, facts and a day → one status per visit, with its pattern and flags.

Source: science page, section 3. Statuses are computed and never stored, so a
fact that comes late re-classifies by itself and any past day can be had again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from pro_app.core.course import NEVER, Course, course, courses
from pro_app.core.facts import FormFact, PatientFacts, ReasonFact
from pro_app.core.plan import planned
from pro_app.core.schedule import PlannedVisit
from pro_app.core.statuses import QUARANTINED as QUARANTINED
from pro_app.core.statuses import UNANSWERED as UNANSWERED
from pro_app.core.statuses import Flag as Flag
from pro_app.core.statuses import Pattern as Pattern
from pro_app.core.statuses import Status as Status
from pro_app.core.study import REASON_PENDING as REASON_PENDING
from pro_app.core.study import Study, Visit

#: Statuses that make an earlier missing visit intermittent.
_ANSWERED = frozenset({Status.VALID, Status.PARTIAL, Status.OUT_OF_WINDOW})
_STILL_TO_COME = frozenset({Status.NOT_YET_DUE, Status.WINDOW_OPEN})


class Entry(NamedTuple):
    """One patient × visit as of a day.

    `site` is that of the target day. `target_on` and `closes_on` are None until
    randomisation. `reason` is a code, REASON_PENDING until one is given, None where none
    is asked for: of no other status, and of no patient outside the rates.
    `in_population`: the patient enters the rates. `alive_at_target`: not known to have
    died before the target day (before the as-of day, if there is no target). `asked_for`:
    by dates alone a form is expected of the living: consented before the close, not
    withdrawn on the target day, not stopped before it. `window_closed`: the as-of day is
    after the close. `window_open`: it is in the window, and the patient alive.
    `died_in_window`: between target day and close. `truncated_by_death`: MONOTONE, of a
    patient who died. `days_off_target` is the form's day minus the target day;
    `days_left` until an open window closes. `held_back`: the form came after consent to
    further use of data was withdrawn; `leaving.on_pages` says so, and nothing else.
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
    asked_for: bool = True
    window_closed: bool = False
    window_open: bool = False
    died_in_window: bool = False
    truncated_by_death: bool = False
    days_off_target: int | None = None
    days_left: int | None = None
    held_back: bool = False


def ledger(facts: PatientFacts, study: Study, *, valid_from: int, as_of: date) -> tuple[Entry, ...]:
    """The patient's entries as of a day, in protocol order.

    A fact counts when its own day is on or before `as_of`. Without PRO consent there
    are entries only for forms that came all the same. A consented patient who is not
    randomised has the baseline alone, from the screening day on. A visit that an
    amendment took out has an entry if its form is in, and is in no rate.
    Units: `valid_from` is the least number of answered items of a VALID form.
    """
    days = course(facts, study.stop_events, as_of)
    forms = _in_force(facts, days, as_of)
    if days.consent == NEVER and not forms:
        return ()
    if facts.randomised_on is None or facts.randomised_on > as_of:
        return _screened(facts, study.visits[0], forms, days, as_of)
    visits = planned(study, facts)
    if days.consent == NEVER or study.plans:
        asks = days.consent < NEVER
        visits = tuple([v for v in visits if (asks and v.asked) or v.visit in forms])
    days_of = courses(visits, facts, study, days, as_of)
    statuses = [
        _status(visit, forms.get(visit.visit), of, valid_from, as_of)
        for visit, of in zip(visits, days_of, strict=True)
    ]
    reasons = _reasons(facts.reasons, as_of)
    return tuple(
        [
            _entry(facts, visit, forms.get(visit.visit), status, pattern, reasons, of, as_of)
            for visit, status, pattern, of in zip(
                visits, statuses, _patterns(statuses), days_of, strict=True
            )
        ]
    )


def randomised_visits(facts: PatientFacts, study: Study, as_of: date) -> list[tuple[str, str]]:
    """(visit, site) of each visit of a patient randomised by a day, consented or not."""
    if facts.randomised_on is None or facts.randomised_on > as_of:
        return []
    return [
        (visit.visit, facts.site_on(min(visit.target_on, as_of)))
        for visit in planned(study, facts)
        if visit.asked
    ]


def _screened(
    facts: PatientFacts, baseline: Visit, forms: Mapping[str, FormFact], days: Course, as_of: date
) -> tuple[Entry, ...]:
    """The baseline of a patient who is not randomised: open, and in no rate."""
    form = forms.get(baseline.code)
    since = facts.screened_on
    if since is None or since > as_of or (days.consent == NEVER and form is None):
        return ()
    # Without a target day any death so far ends it, and a withdrawal that lasts; the
    # protocol's stop does not, for it counts from randomisation on.
    status = _put_aside(form, days) if form else _not_expected_yet(days)
    return (
        Entry(
            patient_id=facts.patient_id,
            site=facts.site_on(as_of),
            visit=baseline.code,
            month=baseline.month,
            opens_on=since,
            target_on=None,
            closes_on=None,
            status=status or Status.WINDOW_OPEN,
            answered_on=form.answered_on if form else None,
            items_answered=form.items_answered if form else None,
            alive_at_target=days.death == NEVER,
        ),
    )


def _not_expected_yet(days: Course) -> Status | None:
    """Why no baseline is expected before randomisation, or None."""
    if days.death < NEVER:
        return Status.NE_DEATH
    return Status.NE_WITHDRAWN if days.withdrawal_lasts else None


def _not_expected(visit: PlannedVisit, days: Course) -> Status | None:
    """Why no form is expected of a visit by its dates, or None."""
    if days.death < visit.target_on:
        return Status.NE_DEATH
    return _not_asked_for(visit, days)


def _not_asked_for(visit: PlannedVisit, days: Course) -> Status | None:
    """The same of the living."""
    if visit.closes_on < days.consent:
        return Status.NE_NOT_CONSENTED
    if days.withdrawn(visit.target_on):
        return Status.NE_WITHDRAWN
    if days.stop < visit.target_on:
        return Status.NE_PROTOCOL_STOP
    return None


def _in_force(facts: PatientFacts, days: Course, as_of: date) -> dict[str, FormFact]:
    """Visit → its form; one in quarantine that the site did not let in is as if it had not come."""
    return {
        form.visit: form
        for form in facts.forms
        if form.answered_on <= as_of
        and not (form.let_in is False and _put_aside(form, days) in QUARANTINED)
    }


def _put_aside(form: FormFact, days: Course) -> Status | None:
    """Why a form is kept out of every rate by its day alone, or None."""
    if form.answered_on > days.death:
        return Status.ERR_FORM_AFTER_DEATH
    if form.let_in:
        return None
    if form.answered_on < days.consent:
        return Status.QUARANTINE_BEFORE_CONSENT
    return Status.QUARANTINE_AFTER_WITHDRAWAL if days.withdrawn(form.answered_on) else None


def _status(
    visit: PlannedVisit, form: FormFact | None, days: Course, valid_from: int, as_of: date
) -> Status:
    """The first line of the science page, section 3, that fits."""
    if form is not None:
        return _put_aside(form, days) or _form_status(visit, form, days.stop, valid_from)
    not_expected = _not_expected(visit, days)
    if not_expected:
        return not_expected
    if as_of < visit.opens_on:
        return Status.NOT_YET_DUE
    if as_of <= visit.closes_on:
        return Status.WINDOW_OPEN
    return Status.MISSING


def _form_status(visit: PlannedVisit, form: FormFact, stop: date, valid_from: int) -> Status:
    """The status of a form that nothing puts aside."""
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
    days: Course,
    as_of: date,
) -> Entry:
    target_on = visit.target_on
    unanswered = status in UNANSWERED
    closed = as_of > visit.closes_on
    in_population = facts.able is True and days.consent < NEVER and visit.asked
    pending = REASON_PENDING if in_population else None
    # By position, which is faster; the order is that of the fields.
    return Entry(
        facts.patient_id,
        facts.site_on(min(target_on, as_of)) if days.moves else facts.site,
        visit.visit,
        visit.month,
        visit.opens_on,
        target_on,
        visit.closes_on,
        status,
        pattern,
        reasons.get(visit.visit, pending) if unanswered else None,
        _flags(visit, days) if unanswered else (),
        form.answered_on if form else None,
        form.items_answered if form else None,
        in_population,
        days.death >= target_on,
        _not_asked_for(visit, days) is None,
        closed,
        not closed and visit.opens_on <= as_of and days.death == NEVER,
        target_on <= days.death <= visit.closes_on,
        pattern is Pattern.MONOTONE and days.death < NEVER,
        (form.answered_on - target_on).days if form else None,
        (visit.closes_on - as_of).days if status is Status.WINDOW_OPEN else None,
    )


def _flags(visit: PlannedVisit, days: Course) -> tuple[Flag, ...]:
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
