"""Pauses of a patient: begun, ended, taken back. No window moves for one."""

from dataclasses import dataclass
from datetime import date, timedelta

from pro_app.acts.entered import day_of, impossible_event, words_of
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.pauses import PauseFact, PauseKind
from pro_app.core.possible import PAUSE, contradictions
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.patients.patients import Patient, facts_alone, find_patient, lock_patient
from pro_app.store.patients.pauses import Pause, add_pause, pauses_of, supersede_pause

#: A planned pause may begin and end within so many days from today.
_AHEAD = timedelta(days=366)
_GONE = Refused(Why.NO_SUCH_EVENT, "pause")


@dataclass(frozen=True, slots=True)
class Given:
    """The fields as they were filled in."""

    kind: str = ""
    since: str = ""
    until: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What would be saved; `holds_today`: messages are held from the moment it is."""

    patient: Patient
    given: Given
    fact: PauseFact
    holds_today: bool


@dataclass(frozen=True, slots=True)
class Saved:
    number: str


def find(number: str, pause_id: int, *, at: StaffOccasion) -> Pause | None:
    """A pause of a patient as it stands, None when there is none of this number at these sites."""
    with reading() as connection:
        patient = find_patient(connection, number, sites=at.sites)
        return _pause(pauses_of(connection, patient.id), pause_id) if patient else None


def look(given: Given, *, number: str, at: StaffOccasion) -> Shown | Refused:
    """The pause as it would be kept, or why it can't be."""
    with reading() as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return Refused(Why.UNKNOWN_PATIENT, "number")
        return _shown(patient, pauses_of(connection, patient.id), given, at)


def begin(given: Given, *, number: str, at: StaffOccasion) -> Saved | Refused:
    with transaction(at.actor, at.now) as tx:
        patient = _locked(tx, number, at)
        if isinstance(patient, Refused):
            return patient
        shown = _shown(patient, pauses_of(tx.connection, patient.id), given, at)
        if isinstance(shown, Refused):
            tx.abandon()
            return shown
        add_pause(tx, patient.id, shown.fact, words_of(given.note))
        changes = _changes(None, shown.fact)
        if given.note:  # free words stay with the pause
            changes["note"] = [None, "recorded"]
        tx.record("pause.begun", number, changes=changes)
    return Saved(number)


def end(pause_id: int, until: str, *, number: str, at: StaffOccasion) -> Saved | Refused:
    """Give a pause its last day, or another one."""
    with transaction(at.actor, at.now) as tx:
        patient = _locked(tx, number, at)
        if isinstance(patient, Refused):
            return patient
        found = _pause(pauses_of(tx.connection, patient.id), pause_id)
        last = _end_of(found, until, at)
        if found is None or isinstance(last, Refused):
            tx.abandon()
            return last if isinstance(last, Refused) else _GONE
        ended = PauseFact(found.fact.kind, found.fact.from_on, last)
        supersede_pause(tx, found.id)
        add_pause(tx, patient.id, ended, found.note)
        tx.record("pause.ended", number, changes=_changes(found.fact, ended))
    return Saved(number)


def take_back(pause_id: int, why: str, *, number: str, at: StaffOccasion) -> Saved | Refused:
    """The pause was entered by mistake and holds nothing; it stays for the record."""
    with transaction(at.actor, at.now) as tx:
        patient = _locked(tx, number, at)
        if isinstance(patient, Refused):
            return patient
        found = _pause(pauses_of(tx.connection, patient.id), pause_id)
        if found is None or not why or len(why) > LONGEST_TEXT:
            tx.abandon()
            if found is None:
                return _GONE
            return Refused(Why.TOO_LONG if why else Why.WHY_MISSING, "why")
        supersede_pause(tx, found.id)
        tx.record("pause.taken_back", number, changes=_changes(found.fact, None), reason=why)
    return Saved(number)


def _locked(tx: Tx, number: str, at: StaffOccasion) -> Patient | Refused:
    patient = find_patient(tx.connection, number, sites=at.sites)
    if patient is None:
        tx.abandon()
        return Refused(Why.UNKNOWN_PATIENT, "number")
    return lock_patient(tx, patient.id)


def _pause(pauses: list[Pause], pause_id: int) -> Pause | None:
    return next((pause for pause in pauses if pause.id == pause_id), None)


def _shown(
    patient: Patient, pauses: list[Pause], given: Given, at: StaffOccasion
) -> Shown | Refused:
    if given.kind not in [kind.value for kind in PauseKind]:
        return Refused(Why.KIND_MISSING, "kind")
    since = day_of(given.since)
    if since is None:
        return Refused(Why.NOT_A_DAY, "since")
    if since > at.today + _AHEAD:
        return Refused(Why.TOO_FAR_AHEAD, "since")
    until = _last(since, given.until, at)
    if isinstance(until, Refused):
        return until
    if len(given.note) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "note")
    found = contradictions(facts_alone(patient), today=at.today, sites=(), pauses=[since])
    brought = [each for each in found if each.what == PAUSE]
    if brought:
        return impossible_event(brought[0])
    if any(pause.fact.from_on == since for pause in pauses):
        return Refused(Why.KNOWN_ALREADY, "since", since)
    fact = PauseFact(PauseKind(given.kind), since, until)
    return Shown(patient, given, fact, fact.holds(at.today))


def _end_of(found: Pause | None, text: str, at: StaffOccasion) -> date | Refused:
    """The last day that a pause gets now."""
    if found is None:
        return _GONE
    last = _last(found.fact.from_on, text, at)
    if last is None:
        return Refused(Why.NOT_A_DAY, "until")
    return Refused(Why.NOTHING_CHANGED, "until") if last == found.fact.until_on else last


def _last(since: date, text: str, at: StaffOccasion) -> date | Refused | None:
    """The last day, None where it is left open."""
    if not text:
        return None
    until = day_of(text)
    if until is None:
        return Refused(Why.NOT_A_DAY, "until")
    if until < since:
        return Refused(Why.ENDS_BEFORE_IT_BEGINS, "until", since)
    return Refused(Why.TOO_FAR_AHEAD, "until") if until > at.today + _AHEAD else until


def _changes(before: PauseFact | None, after: PauseFact | None) -> dict[str, list[str | None]]:
    def told(fact: PauseFact | None) -> dict[str, str | None]:
        if fact is None:
            return {}
        until = fact.until_on.isoformat() if fact.until_on else None
        return {"pause": fact.kind.value, "from_on": fact.from_on.isoformat(), "until_on": until}

    old, new = told(before), told(after)
    names = old | new
    return {n: [old.get(n), new.get(n)] for n in names if old.get(n) != new.get(n)}
