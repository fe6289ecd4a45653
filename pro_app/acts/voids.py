"""Declare wrong what was recorded: it stays, shown struck out, and counts nowhere.

A form that belongs elsewhere is kept there as a new one. By page the investigator signs;
of an arm the statistician, and nobody else learns which one it was.
"""

import hashlib
import json
from dataclasses import dataclass

from pro_app.acts.aftermath import settling
from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.void_deeds import DEEDS, Done, Wanted
from pro_app.core.facts import PatientFacts
from pro_app.core.ledger import Status, ledger
from pro_app.core.preview import Preview, preview
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.sites import EVERYWHERE
from pro_app.core.voids import What
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms.form_detail import find_form, form_id_of
from pro_app.store.forms.receiving import facts_of
from pro_app.store.patients.patients import (
    Patient,
    find_patient,
    lock_patient,
)
from pro_app.store.patients.voids import (
    Void,
    keep_void,
    reopen_flag,
    void_patient,
    voids_of,
)
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.trail.signatures import sign

#: What is said by signing; kept with the signature.
MEANING = "I declare that this was recorded wrongly: it shall count nowhere."


@dataclass(frozen=True, slots=True)
class Voided:
    """`kept_as`: the submission id of the form that is kept where it belongs."""

    number: str
    what: What
    kept_as: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What declaring it wrong would change."""

    patient: Patient
    wanted: Wanted
    preview: Preview


def owner_of(submission_id: str) -> str | None:
    """The number of the patient whose form this is, None where there is none."""
    with reading() as connection:
        form_id = form_id_of(connection, submission_id)
        held = find_form(connection, form_id, sites=EVERYWHERE) if form_id else None
        return held.number if held else None


def declare(wanted: Wanted, *, at: StaffOccasion, signed: bool = False) -> Voided | Refused:
    """What became of it. Two people at once: the second one is told that it was done.

    `signed`: whoever acts has just proved who they are, and signs.
    """
    if not wanted.why:
        return Refused(Why.WHY_MISSING, "why")
    if len(wanted.why) > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "why")
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, wanted.number, sites=at.sites)
        if patient is None:
            tx.abandon()
            gone = void_patient(tx.connection, wanted.number, sites=at.sites)
            return Refused(Why.VOID_ALREADY) if gone else Refused(Why.UNKNOWN_PATIENT, "number")
        patient = lock_patient(tx, patient.id)
        with settling(tx, [patient.id], at.study, at.instrument, at.today):
            done = DEEDS[wanted.what](tx, patient, wanted, at)
        if isinstance(done, Refused):
            tx.abandon()
            return done
        void_id = keep_void(tx, patient.id, wanted.what, wanted.why, **done.points)
        if signed:
            sign(
                tx,
                kind="void",
                subject=str(void_id),
                version_sha256=_version(wanted),
                meaning=MEANING,
            )
        _record(tx, patient, wanted, done)
        _ask_again(tx, patient, done.visit, at)
    return Voided(patient.number, wanted.what, done.kept_as)


def look(wanted: Wanted, *, at: StaffOccasion) -> Shown | Refused:
    """What declaring it wrong would change, by doing it and undoing it; nothing is written."""
    with transaction(at.actor, at.now) as tx:
        tx.abandon()
        patient = find_patient(tx.connection, wanted.number, sites=at.sites)
        if patient is None:
            return Refused(Why.UNKNOWN_PATIENT, "number")
        patient = lock_patient(tx, patient.id)
        before = facts_of(tx.connection, patient.id)
        done = DEEDS[wanted.what](tx, patient, wanted, at)
        if isinstance(done, Refused):
            return done
        keep_void(tx, patient.id, wanted.what, wanted.why or "-", **done.points)
        left = read_facts(tx.connection, Scope(EVERYWHERE, ids=(patient.id,)))
        nobody = PatientFacts(before.patient_id, before.site, None, None, None, None)
        after = left[0].facts if left else nobody
    seen = preview(before, after, at.study, valid_from=at.instrument.valid_from, as_of=at.today)
    return Shown(patient, wanted, seen)


def _record(tx: Tx, patient: Patient, wanted: Wanted, done: Done) -> None:
    tx.record(
        {
            What.FORM: "form.voided",
            What.EVENT: "event.voided",
            What.RANDOMISATION: "randomisation.voided",
            What.ARM: "arm.voided",
            What.PATIENT: "patient.voided",
        }[wanted.what],
        patient.number,
        visit=done.visit,
        changes=done.changes,
        reason=wanted.why,
    )


def _ask_again(tx: Tx, patient: Patient, visit: str | None, at: StaffOccasion) -> None:
    """A visit that is missing again is flagged again: the form that came was none of it."""
    if visit is None:
        return
    facts = facts_of(tx.connection, patient.id)
    entries = ledger(facts, at.study, valid_from=at.instrument.valid_from, as_of=at.today)
    missing = {entry.visit for entry in entries if entry.status is Status.MISSING}
    if visit in missing and not any(reason.visit == visit for reason in facts.reasons):
        reopen_flag(tx, patient.id, visit)


def _version(wanted: Wanted) -> str:
    """The SHA-256 of what is signed."""
    names = ("what", "number", "form", "visit", "kind", "belongs_to", "belongs_visit", "why")
    content = {name: str(getattr(wanted, name)) for name in names}
    content["on"] = wanted.on.isoformat() if wanted.on else ""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def of_patient(number: str, *, at: StaffOccasion) -> list[Void]:
    """All that was declared wrong of a patient; empty where nothing was, or for a stranger."""
    with reading() as connection:
        patient = find_patient(connection, number, sites=at.sites)
        return voids_of(connection, patient.id) if patient else []


def of_number(number: str, *, at: StaffOccasion) -> tuple[str, Void] | None:
    """(site, the declaration) of a number declared wrong as a whole, None for any other."""
    with reading() as connection:
        found = void_patient(connection, number, sites=at.sites)
        return found[1:] if found else None
