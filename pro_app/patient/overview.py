"""What a patient sees before and after a form: what is due, what may be opened, receipts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from pro_app.acts.occasion import Occasion
from pro_app.core.course import ended_by
from pro_app.core.facts import PatientFacts
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.plan import before_amendments
from pro_app.core.submission import open_visits
from pro_app.core.tasks import TaskKind
from pro_app.core.wording import Wording
from pro_app.instruments import demonstration_if_any
from pro_app.store.desk.tasks import Task, find_open_task
from pro_app.store.engine.state import State, read_state
from pro_app.store.engine.transaction import Reader, reading
from pro_app.store.forms.drafts import Draft, drafts_of, find_draft
from pro_app.store.forms.forms import Received
from pro_app.store.forms.receiving import facts_of, received_of
from pro_app.store.forms.wordings import licensed
from pro_app.store.trail.locks import locked_visits, locks_of_patient


class Standing(StrEnum):
    """Where a patient stands with the questionnaires as a whole."""

    NOT_CONSENTED = "NOT_CONSENTED"  # the patient's PRO consent is not recorded
    NOT_LIVE = "NOT_LIVE"  # the study has not begun here
    ENDED = "ENDED"  # nobody asks the patient any more
    ASKED = "ASKED"  # questionnaires come when they are due


@dataclass(frozen=True, slots=True)
class Due:
    """A visit that may be filled in today; `draft` is what was begun of it."""

    entry: Entry
    draft: Draft | None
    expired: bool


@dataclass(frozen=True, slots=True)
class Home:
    """`coming` is the next visit whose window has not opened, `help` what was asked for.

    `closed` would be due, had the hospital not locked it: the patient is told, and may not begin.
    """

    standing: Standing
    due: tuple[Due, ...]
    closed: tuple[Entry, ...]
    coming: Entry | None
    received: tuple[Received, ...]
    help: Task | None


class Shut(StrEnum):
    """Why a form can't be opened."""

    NO_SUCH_VISIT = "NO_SUCH_VISIT"  # the study has none with this code
    NOT_CONSENTED = "NOT_CONSENTED"
    NOT_LIVE = "NOT_LIVE"
    NO_WORDING = "NO_WORDING"  # there are no words that may be shown in this language
    RECEIVED = "RECEIVED"  # it is in
    NOT_OPEN_YET = "NOT_OPEN_YET"
    CLOSED = "CLOSED"
    LOCKED = "LOCKED"  # the hospital has closed it; one begun before may be finished
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class ShutForm:
    why: Shut
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class OpenForm:
    """`draft` is None until it is begun; `expired` says that one was begun too long ago."""

    entry: Entry
    wording: Wording
    draft: Draft | None
    expired: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """The form that was received, the day from which and until when the next one is due."""

    form: Received
    coming: Entry | None


def home(patient_id: int, *, at: Occasion) -> Home:
    """What the start page of a signed-in patient shows; never an answer or a score."""
    with reading() as connection:
        facts = facts_of(connection, patient_id)
        standing = _standing(facts, read_state(connection), at)
        drafts = {draft.visit: draft for draft in drafts_of(connection, patient_id)}
        received = received_of(connection, patient_id)
        asked_for = find_open_task(connection, patient_id, TaskKind.HELP)
        locked = locked_of(connection, facts, at)
    asked = standing is Standing.ASKED
    due = tuple(_all_due(facts, drafts, at)) if asked else ()
    shut = tuple(each for each in due if each.draft is None and each.entry.visit in locked)
    coming = _coming(facts, at) if asked else None
    return Home(
        standing=standing,
        due=tuple(each for each in due if each not in shut),
        closed=tuple(each.entry for each in shut),
        coming=coming if coming and coming.visit not in locked else None,
        received=tuple(received),
        help=asked_for,
    )


def find_wording(language: str, *, at: Occasion) -> Wording | None:
    """The words of the questionnaire that may be shown today in this language."""
    if language not in at.study.languages:
        return None
    with reading() as connection:
        wording = licensed(connection, at.instrument.id, language, today=at.today)
    return wording or _demonstration(language, at)


def find_form(patient_id: int, visit: str, language: str, *, at: Occasion) -> OpenForm | ShutForm:
    """The form of a visit as the patient may fill it in now, or why not.

    What was begun while it was open may be finished, whatever has happened since.
    """
    with reading() as connection:
        facts = facts_of(connection, patient_id)
        standing = _standing(facts, read_state(connection), at)
        draft = find_draft(connection, patient_id, visit)
        locked = locked_of(connection, facts, at)
        wording = licensed(connection, at.instrument.id, language, today=at.today)
    entry = _entry(facts, visit, at)
    expired = draft is not None and at.has_expired(draft)
    begun_on = at.day_of(draft.started_at) if draft and not expired else None
    opened = openable(facts, visit, begun_on, at)
    if opened is None or standing in _SHUT_BEFORE:
        return ShutForm(_why_shut(entry, visit, standing, at), entry)
    if visit in locked and begun_on is None:
        return ShutForm(Shut.LOCKED, entry)
    wording = wording or _demonstration(language, at)
    if wording is None:
        return ShutForm(Shut.NO_WORDING, entry)
    return OpenForm(opened, wording, draft, expired)


def receipt(patient_id: int, submission_id: str, *, at: Occasion) -> Receipt | None:
    """The receipt of one of the patient's forms, None when it is somebody else's."""
    with reading() as connection:
        found = [f for f in received_of(connection, patient_id) if f.submission_id == submission_id]
        facts = facts_of(connection, patient_id)
    return Receipt(found[0], _coming(facts, at)) if found else None


def openable(facts: PatientFacts, visit: str, begun_on: date | None, at: Occasion) -> Entry | None:
    """The entry for the visit, open today or on the day the form was begun; else None.

    A form that came meanwhile shuts it either way. What was begun under an earlier
    version of the protocol is finished under it.
    """
    if any(form.visit == visit for form in facts.forms):
        return None
    opened = list(_open(facts, at.today, at))
    if begun_on:
        for study in (at.study, *before_amendments(at.study)):
            opened += _open(facts, begun_on, replace(at, study=study))
    return next((entry for entry in opened if entry.visit == visit), None)


def locked_of(connection: Reader, facts: PatientFacts, at: Occasion) -> frozenset[str]:
    """The patient's visits that the hospital has locked: none of them can be begun."""
    found = locks_of_patient(connection, facts.patient_id, facts.site_on(at.today), at.study)
    return locked_visits(found, at.study)


def may_begin(facts: PatientFacts, state: State | None, at: Occasion) -> bool:
    """Whether the patient has consented and the study has begun here."""
    return _standing(facts, state, at) not in _SHUT_BEFORE


_SHUT_BEFORE = frozenset({Standing.NOT_CONSENTED, Standing.NOT_LIVE})


def _standing(facts: PatientFacts, state: State | None, at: Occasion) -> Standing:
    if facts.pro_consent_on is None or facts.pro_consent_on > at.today:
        return Standing.NOT_CONSENTED
    if at.production and (state is None or state.live_at is None):
        return Standing.NOT_LIVE
    if ended_by(facts.events, at.today):
        return Standing.ENDED
    return Standing.ASKED


def _open(facts: PatientFacts, day: date, at: Occasion) -> tuple[Entry, ...]:
    return open_visits(facts, at.study, valid_from=at.instrument.valid_from, today=day)


def _entries(facts: PatientFacts, at: Occasion) -> tuple[Entry, ...]:
    return ledger(facts, at.study, valid_from=at.instrument.valid_from, as_of=at.today)


def _entry(facts: PatientFacts, visit: str, at: Occasion) -> Entry | None:
    return next((entry for entry in _entries(facts, at) if entry.visit == visit), None)


def _coming(facts: PatientFacts, at: Occasion) -> Entry | None:
    return next((e for e in _entries(facts, at) if e.status is Status.NOT_YET_DUE), None)


def _demonstration(language: str, at: Occasion) -> Wording | None:
    return None if at.production else demonstration_if_any(at.study.instrument, language)


def _all_due(facts: PatientFacts, drafts: Mapping[str, Draft], at: Occasion) -> Iterator[Due]:
    """What is open today, and what was begun while it was and may still be finished."""
    opened = {entry.visit: entry for entry in _open(facts, at.today, at)}
    for planned in at.study.all_visits:
        draft = drafts.get(planned.code)
        entry = opened.get(planned.code)
        if entry is None and draft is not None and not at.has_expired(draft):
            entry = openable(facts, planned.code, at.day_of(draft.started_at), at)
        if entry is not None:
            yield _due(entry, draft, at)


def _due(entry: Entry, draft: Draft | None, at: Occasion) -> Due:
    expired = draft is not None and at.has_expired(draft)
    return Due(entry, None if expired else draft, expired)


def _why_shut(entry: Entry | None, visit: str, standing: Standing, at: Occasion) -> Shut:
    if not at.study.has_visit(visit):
        return Shut.NO_SUCH_VISIT
    if standing in _SHUT_BEFORE:
        return Shut(standing.value)
    if entry is not None and entry.answered_on is not None:
        return Shut.RECEIVED
    if standing is Standing.ENDED:
        return Shut.ENDED
    # Without an entry the patient is not randomised, and this visit is still to be planned.
    if entry is None or entry.status is Status.NOT_YET_DUE:
        return Shut.NOT_OPEN_YET
    return Shut.CLOSED if entry.status is Status.MISSING else Shut.ENDED
