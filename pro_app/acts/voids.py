"""Declare wrong what was recorded: it stays, shown struck out, and counts nowhere.

A form that belongs elsewhere is kept there as a new one. By page the investigator signs;
of an arm the statistician, and nobody else learns which one it was.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pro_app.acts.aftermath import settling
from pro_app.acts.entered import LONGEST_TEXT
from pro_app.acts.filled import Filled
from pro_app.acts.forms import Kept, apply, judge, made
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.facts import EventKind, PatientFacts
from pro_app.core.ledger import Status, ledger
from pro_app.core.preview import Preview, preview
from pro_app.core.sites import EVERYWHERE
from pro_app.core.submission import Accepted, Conflict
from pro_app.core.voids import NotVoid, What
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms.form_detail import HeldForm, find_form, form_id_of, lock_form, of_visit
from pro_app.store.forms.receiving import facts_of, gather
from pro_app.store.patients.events import events_of, supersede_event
from pro_app.store.patients.patients import (
    Patient,
    change_state,
    find_patient,
    lock_patient,
    settle_sites,
)
from pro_app.store.patients.voids import (
    Void,
    current_arm,
    current_version,
    keep_void,
    reopen_flag,
    supersede_arm,
    take_out,
    void_patient,
    voids_of,
)
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.trail.signatures import sign

#: What is said by signing; kept with the signature.
MEANING = "I declare that this was recorded wrongly: it shall count nowhere."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be declared wrong, of which patient, and why.

    `form`: the submission id, else the only form of `visit`. `kind`, `on`: the event's.
    `belongs_to`, `belongs_visit`: where the form belongs, empty where nobody knows.
    """

    what: What
    number: str
    why: str
    form: str = ""
    visit: str = ""
    kind: str = ""
    on: date | None = None
    belongs_to: str = ""
    belongs_visit: str = ""


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


@dataclass(frozen=True, slots=True)
class Done:
    """What an act wrote: the points of the declaration, and what the trail says of it."""

    points: dict[str, Any]
    changes: dict[str, list[Any]]
    visit: str | None = None
    kept_as: str | None = None


def owner_of(submission_id: str) -> str | None:
    """The number of the patient whose form this is, None where there is none."""
    with reading() as connection:
        form_id = form_id_of(connection, submission_id)
        held = find_form(connection, form_id, sites=EVERYWHERE) if form_id else None
        return held.number if held else None


def declare(wanted: Wanted, *, at: StaffOccasion, signed: bool = False) -> Voided | NotVoid:
    """What became of it. Two people at once: the second one is told that it was done.

    `signed`: whoever acts has just proved who they are, and signs.
    """
    if not wanted.why:
        return NotVoid.WHY_MISSING
    if len(wanted.why) > LONGEST_TEXT:
        return NotVoid.TOO_LONG
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, wanted.number, sites=at.sites)
        if patient is None:
            tx.abandon()
            gone = void_patient(tx.connection, wanted.number, sites=at.sites)
            return NotVoid.ALREADY if gone else NotVoid.UNKNOWN_PATIENT
        patient = lock_patient(tx, patient.id)
        with settling(tx, [patient.id], at.study, at.instrument, at.today):
            done = _ACTS[wanted.what](tx, patient, wanted, at)
        if isinstance(done, NotVoid):
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


def look(wanted: Wanted, *, at: StaffOccasion) -> Shown | NotVoid:
    """What declaring it wrong would change, by doing it and undoing it; nothing is written."""
    with transaction(at.actor, at.now) as tx:
        tx.abandon()
        patient = find_patient(tx.connection, wanted.number, sites=at.sites)
        if patient is None:
            return NotVoid.UNKNOWN_PATIENT
        patient = lock_patient(tx, patient.id)
        before = facts_of(tx.connection, patient.id)
        done = _ACTS[wanted.what](tx, patient, wanted, at)
        if isinstance(done, NotVoid):
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


def _form(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | NotVoid:
    held = _held(tx, patient, wanted, at)
    if isinstance(held, NotVoid):
        return held
    points: dict[str, Any] = {"form_id": held.id}
    changes: dict[str, list[Any]] = {
        "submission_id": [held.submission_id, None],
        "answered_on": [held.stands.answered_on.isoformat(), None],
    }
    if not wanted.belongs_to:
        return Done(points, changes, held.visit)
    there = find_patient(tx.connection, wanted.belongs_to, sites=at.sites)
    if there is None:
        return NotVoid.NO_SUCH_PATIENT
    if wanted.belongs_visit not in {visit.code for visit in at.study.visits}:
        return NotVoid.NO_SUCH_VISIT
    if (there.id, wanted.belongs_visit) == (patient.id, held.visit):
        return NotVoid.BELONGS_HERE
    if set(held.handed_in.answers) != set(at.instrument.item_codes):
        return NotVoid.OTHER_ITEMS
    kept = _keep_there(tx, held, there, wanted, at)
    if kept is None:
        return NotVoid.OTHER_ITEMS
    points |= {
        "belongs_to": there.id,
        "belongs_visit": wanted.belongs_visit,
        "kept_as": form_id_of(tx.connection, kept),
    }
    changes |= {
        "belongs_to": [None, there.number],
        "belongs_visit": [None, wanted.belongs_visit],
        "kept_as": [None, kept],
    }
    return Done(points, changes, held.visit, kept)


def _held(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> HeldForm | NotVoid:
    """The form that is meant; its patient is locked."""
    if wanted.form:
        form_id = form_id_of(tx.connection, wanted.form)
        held = lock_form(tx, form_id, sites=at.sites) if form_id else None
        if held is None or held.patient_id != patient.id:
            return NotVoid.NOTHING_THERE
        return NotVoid.ALREADY if held.void else held
    found = of_visit(tx.connection, patient.id, wanted.visit)
    left = [each for each in found if not each.void]
    if not left:
        return NotVoid.ALREADY if found else NotVoid.NOTHING_THERE
    return left[0] if len(left) == 1 else NotVoid.SEVERAL


def _keep_there(
    tx: Tx, held: HeldForm, there: Patient, wanted: Wanted, at: StaffOccasion
) -> str | None:
    """The submission id of the form as it is kept where it belongs; the declaration names it."""
    origin = f"{held.submission_id} {there.number} {wanted.belongs_visit}"
    filled = Filled(
        submission_id=_id_of(origin),
        visit=wanted.belongs_visit,
        answers=dict(held.stands.answers),
        language=held.language,
        item_languages=held.item_languages,
        assistance=held.assistance,
        answered_on=held.stands.answered_on,
        by_patient=False,
        entered_by=held.entered_by,
        why_not_self=held.why_not_self,
    )
    ground = gather(
        tx,
        there.id,
        visit=filled.visit,
        submission_id=filled.submission_id,
        instrument=at.instrument,
        language=filled.language,
        today=at.today,
    )
    decision = judge(filled, ground.facts, ground.known, at.study, at.instrument, today=at.today)
    if not isinstance(decision, Accepted | Conflict):
        return None
    new = made(
        there.id,
        filled,
        decision,
        mode=held.mode,
        today=at.today,
        wording_sha256=held.wording_sha256,
    )
    apply(tx, [Kept(there.number, new, ground.loose)], at.instrument, reason=wanted.why)
    return filled.submission_id


def _id_of(origin: str) -> str:
    """The same id for the same form and place, in the shape of a submission id."""
    digest = hashlib.sha256(origin.encode()).hexdigest()
    return "-".join(
        (digest[:8], digest[8:12], f"5{digest[13:16]}", f"8{digest[17:20]}", digest[20:32])
    )


def _event(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | NotVoid:
    found = events_of(tx.connection, [patient.id]).get(patient.id, ())
    event = next((e for e in found if (e.kind.value, e.on) == (wanted.kind, wanted.on)), None)
    if event is None:
        was = [v for v in voids_of(tx.connection, patient.id) if v.what is What.EVENT]
        again = any((v.event, v.on) == (wanted.kind, wanted.on) for v in was)
        return NotVoid.ALREADY if again else NotVoid.NOTHING_THERE
    supersede_event(tx, event.id)
    if event.kind is EventKind.TRANSFER:
        settle_sites(tx, [patient], at.study)
    changes: dict[str, list[Any]] = {
        "event": [event.kind.value, None],
        "on": [event.on.isoformat(), None],
    }
    if event.to_site:
        changes["to_site"] = [event.to_site, None]
    return Done({"event_id": event.id}, changes)


def _randomisation(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | NotVoid:
    day = patient.state.randomised_on
    if day is None:
        return _gone(tx, patient, What.RANDOMISATION)
    version_id = current_version(tx, patient.id)
    change_state(tx, patient, replace(patient.state, randomised_on=None), at.study)
    return Done({"version_id": version_id}, {"randomised_on": [day.isoformat(), None]})


def _arm(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | NotVoid:
    arm_id = current_arm(tx, patient.id)
    if arm_id is None:
        return _gone(tx, patient, What.ARM)
    supersede_arm(tx, arm_id)
    # The trail is read by people who may not know the arm.
    return Done({"allocation_id": arm_id}, {"arm": ["recorded", None]})


def _patient(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | NotVoid:
    version_id, arm_id = current_version(tx, patient.id), current_arm(tx, patient.id)
    if arm_id is not None:
        supersede_arm(tx, arm_id)
    take_out(tx, patient.id, version_id)
    return Done({"version_id": version_id}, {"site": [patient.site, None]})


_ACTS: dict[What, Callable[[Tx, Patient, Wanted, StaffOccasion], Done | NotVoid]] = {
    What.FORM: _form,
    What.EVENT: _event,
    What.RANDOMISATION: _randomisation,
    What.ARM: _arm,
    What.PATIENT: _patient,
}


def _gone(tx: Tx, patient: Patient, what: What) -> NotVoid:
    """Why there is nothing to declare wrong: it was done before, or never recorded."""
    was = any(each.what is what for each in voids_of(tx.connection, patient.id))
    return NotVoid.ALREADY if was else NotVoid.NOTHING_THERE


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
