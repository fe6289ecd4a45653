"""Consents: record a version by page or file, and decide on data after a withdrawal."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pro_app.acts.aftermath import settling
from pro_app.acts.entered import day_of
from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.patients import LONGEST_VERSION
from pro_app.core.consents import Signed, Versions, added, with_version
from pro_app.core.course import consent_withdrawn_on
from pro_app.core.instrument import Instrument
from pro_app.core.leaving import Ruling
from pro_app.core.preview import Preview, preview
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.sites import EVERYWHERE
from pro_app.core.study import Study
from pro_app.store.engine.transaction import Reader, Tx, reading, transaction
from pro_app.store.patients.consents import (
    Consent,
    Decision,
    add_consents,
    consents_of,
    decision_of,
    keep_decision,
    withheld,
)
from pro_app.store.patients.events import events_of
from pro_app.store.patients.patients import (
    Patient,
    PatientState,
    change_states,
    find_patient,
    lock_patient,
)
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.trail.signatures import sign

#: What is said by signing a decision; kept with the signature.
MEANING = "I record what was decided on the data of a patient who withdrew consent."


@dataclass(frozen=True, slots=True)
class Changed:
    """A patient's versions before and after."""

    patient: Patient
    before: Versions
    after: Versions


@dataclass(frozen=True, slots=True)
class Shown:
    """What adding a version would do; `first`: its day becomes that of the first consent."""

    patient: Patient
    version: str
    on: date
    first: bool
    preview: Preview


@dataclass(frozen=True, slots=True)
class Saved:
    number: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A patient's consent as it stands.

    `withdrawn_on`: consent to further use was withdrawn then and not given again.
    `withheld`: no row may leave until the site decides, or ever.
    """

    later: tuple[Consent, ...]
    withdrawn_on: date | None
    decision: Decision | None
    withheld: bool


def versions_known(patient: Patient, later: Sequence[Consent]) -> Versions:
    state = patient.state
    first = Signed(state.consent_version, state.pro_consent_on) if state.pro_consent_on else None
    return Versions(first, tuple(Signed(each.version, each.on) for each in later))


def keep_many(
    tx: Tx, changes: Sequence[Changed], study: Study, instrument: Instrument, today: date
) -> None:
    """Keep versions with their records in the trail; where a first day moves, with all of it."""
    with settling(tx, [each.patient.id for each in changes], study, instrument, today):
        moved = [each for each in changes if each.after.first != each.before.first]
        change_states(tx, [(each.patient, _state(each)) for each in moved], study)
        add_consents(
            tx,
            [
                (each.patient.id, new.version or "", new.on)
                for each in changes
                for new in added(each.before, each.after)
            ],
        )
        tx.record_many(entry for each in changes for entry in _entries(tx, each))


def _state(each: Changed) -> PatientState:
    first = each.after.first
    assert first is not None  # noqa: S101 - it took the place of another, or of none
    return replace(each.patient.state, pro_consent_on=first.on, consent_version=first.version)


def _entries(tx: Tx, each: Changed) -> Iterator[dict[str, Any]]:
    before, after = each.before.first, each.after.first
    new = list(added(each.before, each.after))
    if after and after != before:
        old_day = before.on.isoformat() if before else None
        yield tx.entry(
            "consent.added",
            each.patient.number,
            changes={
                "consent_version": [before and before.version, after.version],
                "pro_consent_on": [old_day, after.on.isoformat()],
            },
        )
        new = [signed for signed in new if signed != before]
    for signed in new:
        changes = {"consent_version": [None, signed.version], "on": [None, signed.on.isoformat()]}
        yield tx.entry("consent.added", each.patient.number, changes=changes)


def look(number: str, version: str, on: str, *, at: StaffOccasion) -> Shown | Refused:
    """What adding this version would change, or why it can't be added."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return Refused(Why.UNKNOWN_PATIENT, "number")
        changed = _changed(connection, patient, version, on, at)
        if isinstance(changed, Refused):
            return changed
        facts = read_facts(connection, Scope(EVERYWHERE, ids=(patient.id,)))[0].facts
    first = changed.after.first
    then = replace(facts, pro_consent_on=first.on if first else None)
    seen = preview(facts, then, at.study, valid_from=at.instrument.valid_from, as_of=at.today)
    moves = changed.after.first != changed.before.first
    return Shown(patient, version, date.fromisoformat(on), moves, seen)


def add(number: str, version: str, on: str, *, at: StaffOccasion) -> Saved | Refused:
    """Record a version of the consent that a patient signed."""
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, number, sites=at.sites)
        if patient is None:
            tx.abandon()
            return Refused(Why.UNKNOWN_PATIENT, "number")
        patient = lock_patient(tx, patient.id)
        changed = _changed(tx.connection, patient, version, on, at)
        if isinstance(changed, Refused):
            tx.abandon()
            return changed
        keep_many(tx, [changed], at.study, at.instrument, at.today)
    return Saved(number)


def _changed(
    connection: Reader, patient: Patient, version: str, on: str, at: StaffOccasion
) -> Changed | Refused:
    if not version:
        return Refused(Why.VERSION_MISSING, "version")
    if len(version) > LONGEST_VERSION:
        return Refused(Why.TOO_LONG, "version", LONGEST_VERSION)
    day = day_of(on)
    if day is None:
        return Refused(Why.NOT_A_DAY, "on")
    if day > at.today:
        return Refused(Why.DAY_AHEAD, "on")
    before = versions_known(patient, consents_of(connection, [patient.id]).get(patient.id, ()))
    after = with_version(before, Signed(version, day))
    if isinstance(after, tuple):
        clash, known_on = after
        return Refused(Why(f"CONSENT_{clash.value}"), "version", known_on)
    if after == before:
        return Refused(Why.KNOWN_ALREADY, "on", day)
    return Changed(patient, before, after)


def standing(number: str, *, at: StaffOccasion) -> Standing | None:
    """How a patient's consent stands, None when there is no such number at these sites."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return None
        events = events_of(connection, [patient.id]).get(patient.id, [])
        return Standing(
            tuple(consents_of(connection, [patient.id]).get(patient.id, ())),
            consent_withdrawn_on(event.fact for event in events),
            decision_of(connection, patient.id),
            patient.id in withheld(connection, [patient.id]),
        )


def decide(
    number: str, ruling: str, source: str, *, at: StaffOccasion, signed: bool = False
) -> Saved | Refused:
    """Record what the site decided on the data of a patient who withdrew consent."""
    if ruling not in tuple(Ruling):
        return Refused(Why.NOT_A_CHOICE, "decision")
    if not source:
        return Refused(Why.PROOF_MISSING, "source")
    if len(source) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "source")
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, number, sites=at.sites)
        if patient is None:
            tx.abandon()
            return Refused(Why.UNKNOWN_PATIENT, "number")
        lock_patient(tx, patient.id)
        known = decision_of(tx.connection, patient.id)
        refused = _not_to_decide(tx.connection, patient, known, ruling)
        if refused:
            tx.abandon()
            return refused
        keep_decision(tx, patient.id, Ruling(ruling), source)
        if signed:
            sign(
                tx,
                kind="consent_decision",
                subject=number,
                version_sha256=_digest(number, ruling, source),
                meaning=MEANING,
            )
        changes = {"decision": [known.ruling.value if known else None, ruling]}
        tx.record("consent.decided", number, changes=changes, reason=source)
    return Saved(number)


def _not_to_decide(
    connection: Reader, patient: Patient, known: Decision | None, ruling: str
) -> Refused | None:
    """Why there is nothing to decide, or not so."""
    if known is not None and known.ruling is Ruling.ERASE:
        return Refused(Why.ERASED, "decision")
    events = events_of(connection, [patient.id]).get(patient.id, [])
    if consent_withdrawn_on(event.fact for event in events) is None:
        return Refused(Why.NOT_WITHDRAWN, "number")
    held_back = patient.id in withheld(connection, [patient.id])
    if known is not None and known.ruling == ruling and not held_back:
        return Refused(Why.DECIDED_SO, "decision")
    return None


def _digest(*parts: str) -> str:
    """The SHA-256 of what is signed."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
