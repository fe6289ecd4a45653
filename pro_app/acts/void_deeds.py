"""What declaring something wrong does to the record: one deed for each kind of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pro_app.acts.filled import Filled
from pro_app.acts.forms import Kept, apply, judge, made
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.facts import EventKind
from pro_app.core.refused import Refused, Why
from pro_app.core.submission import Accepted, Conflict
from pro_app.core.voids import What
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.form_detail import HeldForm, form_id_of, lock_form, of_visit
from pro_app.store.forms.receiving import gather
from pro_app.store.patients.events import events_of, supersede_event
from pro_app.store.patients.patients import (
    Patient,
    change_state,
    find_patient,
    settle_sites,
)
from pro_app.store.patients.voids import (
    current_arm,
    current_version,
    supersede_arm,
    take_out,
    voids_of,
)


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
class Done:
    """What an act wrote: the points of the declaration, and what the trail says of it."""

    points: dict[str, Any]
    changes: dict[str, list[Any]]
    visit: str | None = None
    kept_as: str | None = None


def _form(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | Refused:
    held = _held(tx, patient, wanted, at)
    if isinstance(held, Refused):
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
        return Refused(Why.ELSEWHERE_UNKNOWN_PATIENT, "belongs_to")
    if wanted.belongs_visit not in {visit.code for visit in at.study.all_visits}:
        return Refused(Why.ELSEWHERE_UNKNOWN_VISIT, "belongs_visit")
    if (there.id, wanted.belongs_visit) == (patient.id, held.visit):
        return Refused(Why.BELONGS_HERE, "belongs_to")
    if set(held.handed_in.answers) != set(at.instrument.item_codes):
        return Refused(Why.ELSEWHERE_OTHER_ITEMS, "belongs_to")
    kept = _keep_there(tx, held, there, wanted, at)
    if kept is None:
        return Refused(Why.ELSEWHERE_OTHER_ITEMS, "belongs_to")
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


def _held(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> HeldForm | Refused:
    """The form that is meant; its patient is locked."""
    if wanted.form:
        form_id = form_id_of(tx.connection, wanted.form)
        held = lock_form(tx, form_id, sites=at.sites) if form_id else None
        if held is None or held.patient_id != patient.id:
            return Refused(Why.NOTHING_THERE)
        return Refused(Why.VOID_ALREADY) if held.void else held
    found = of_visit(tx.connection, patient.id, wanted.visit)
    left = [each for each in found if not each.void]
    if not left:
        return Refused(Why.VOID_ALREADY) if found else Refused(Why.NOTHING_THERE)
    return left[0] if len(left) == 1 else Refused(Why.SEVERAL_FORMS, "visit")


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


def _event(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | Refused:
    found = events_of(tx.connection, [patient.id]).get(patient.id, ())
    event = next((e for e in found if (e.kind.value, e.on) == (wanted.kind, wanted.on)), None)
    if event is None:
        was = [v for v in voids_of(tx.connection, patient.id) if v.what is What.EVENT]
        again = any((v.event, v.on) == (wanted.kind, wanted.on) for v in was)
        return Refused(Why.VOID_ALREADY) if again else Refused(Why.NOTHING_THERE)
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


def _randomisation(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | Refused:
    day = patient.state.randomised_on
    if day is None:
        return _gone(tx, patient, What.RANDOMISATION)
    version_id = current_version(tx, patient.id)
    change_state(tx, patient, replace(patient.state, randomised_on=None), at.study)
    return Done({"version_id": version_id}, {"randomised_on": [day.isoformat(), None]})


def _arm(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | Refused:
    arm_id = current_arm(tx, patient.id)
    if arm_id is None:
        return _gone(tx, patient, What.ARM)
    supersede_arm(tx, arm_id)
    # The trail is read by people who may not know the arm.
    return Done({"allocation_id": arm_id}, {"arm": ["recorded", None]})


def _patient(tx: Tx, patient: Patient, wanted: Wanted, at: StaffOccasion) -> Done | Refused:
    version_id, arm_id = current_version(tx, patient.id), current_arm(tx, patient.id)
    if arm_id is not None:
        supersede_arm(tx, arm_id)
    take_out(tx, patient.id, version_id)
    return Done({"version_id": version_id}, {"site": [patient.site, None]})


DEEDS: dict[What, Callable[[Tx, Patient, Wanted, StaffOccasion], Done | Refused]] = {
    What.FORM: _form,
    What.EVENT: _event,
    What.RANDOMISATION: _randomisation,
    What.ARM: _arm,
    What.PATIENT: _patient,
}


def _gone(tx: Tx, patient: Patient, what: What) -> Refused:
    """Why there is nothing to declare wrong: it was done before, or never recorded."""
    was = any(each.what is what for each in voids_of(tx.connection, patient.id))
    return Refused(Why.VOID_ALREADY) if was else Refused(Why.NOTHING_THERE)
