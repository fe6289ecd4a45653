"""Patients: find, add, and change what is known of them; each change is a new row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, select, update

from pro_app.core.facts import EventFact, PatientFacts
from pro_app.core.plan import planned_from, version_on
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.known import known
from pro_app.store.engine.locked import refuse_locked
from pro_app.store.engine.study_versions import as_recorded
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.events import moves_of
from pro_app.store.tables import (
    allocation,
    missing_flag,
    patient,
    patient_version,
    planned_visit,
)


@dataclass(frozen=True, slots=True)
class PatientState:
    """What is currently known of a patient; empty values may still be filled.

    `randomised_time`: of the day of randomisation, in the trial's zone.
    """

    language: str | None = None
    screened_on: date | None = None
    pro_consent_on: date | None = None
    randomised_on: date | None = None
    able: bool | None = None
    consent_version: str | None = None
    randomised_time: time | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """`site` is that of today, where the record is seen; `first_site` where they were enrolled."""

    id: int
    number: str
    site: str
    state: PatientState
    first_site: str


def _select() -> Any:
    version = patient_version
    return select(
        patient.c.id,
        patient.c.number,
        patient.c.site,
        version.c.language,
        version.c.screened_on,
        version.c.pro_consent_on,
        version.c.randomised_on,
        version.c.able,
        version.c.consent_version,
        version.c.randomised_time,
        patient.c.first_site,
    ).join(version, and_(version.c.patient_id == patient.c.id, version.c.superseded_at.is_(None)))


def _patient(row: Row[Any]) -> Patient:
    return Patient(row.id, row.number, row.site, PatientState(*row[3:10]), row.first_site)


def facts_alone(each: Patient, events: Sequence[EventFact] = ()) -> PatientFacts:
    """What is known of a patient without forms and reasons, as one value for the core."""
    state = each.state
    return PatientFacts(
        patient_id=each.number,
        site=each.first_site,
        screened_on=state.screened_on,
        pro_consent_on=state.pro_consent_on,
        randomised_on=state.randomised_on,
        able=state.able,
        events=tuple(events),
    )


def find_patient(connection: Connection, number: str, *, sites: Sites) -> Patient | None:
    """The patient with this trial number, None when there is none at these sites."""
    query = _select().where(patient.c.number == number)
    query = query.where(at_sites(patient.c.site, sites))
    row = connection.execute(query).one_or_none()
    return _patient(row) if row else None


def patients_by_number(connection: Connection, numbers: Sequence[str]) -> dict[str, Patient]:
    """The patients with these trial numbers that exist, by number."""
    found = {}
    for start in range(0, len(numbers), 5000):
        part = numbers[start : start + 5000]
        for row in connection.execute(_select().where(patient.c.number.in_(part))):
            found[row.number] = _patient(row)
    return found


def numbers_at(connection: Connection, sites: Sites) -> dict[int, str]:
    """Patient id → trial number of those who belong to these sites today."""
    query = select(patient.c.id, patient.c.number).where(at_sites(patient.c.site, sites))
    return {row.id: row.number for row in connection.execute(query)}


def lock_patient(tx: Tx, patient_id: int) -> Patient:
    """The patient, locked until the transaction ends: what is decided meanwhile holds.

    PostgreSQL locks the row; on SQLite the transaction is the only writer anyway.
    """
    tx.execute(select(patient.c.id).where(patient.c.id == patient_id).with_for_update())
    # Read afterwards: what was committed while this one waited has to be seen.
    return _patient(tx.execute(_select().where(patient.c.id == patient_id)).one())


def add_patients(
    tx: Tx, rows: Sequence[tuple[str, str, PatientState, str | None]], study: Study
) -> dict[str, int]:
    """Trial number → id of the patients added: (number, site, state, arm) each."""
    if not rows:
        return {}
    numbers = [row[0] for row in rows]
    tx.execute(
        insert(patient),
        [{"number": n, "site": s, "first_site": s, "created_at": tx.now} for n, s, _, _ in rows],
    )
    ids: dict[str, int] = {}
    for start in range(0, len(numbers), 5000):
        part = numbers[start : start + 5000]
        query = select(patient.c.number, patient.c.id).where(patient.c.number.in_(part))
        ids.update((row.number, row.id) for row in tx.execute(query))
    tx.execute(insert(patient_version), [_version(tx, ids[n], state) for n, _, state, _ in rows])
    arms = [_arm(tx, ids[n], arm) for n, _, _, arm in rows if arm]
    if arms:
        tx.execute(insert(allocation), arms)
    _write_plans(tx, [Patient(ids[n], n, site, state, site) for n, site, state, _ in rows], study)
    return ids


def change_state(tx: Tx, changed: Patient, state: PatientState, study: Study) -> None:
    """Record what is known of a patient from now on, and plan their visits anew."""
    change_states(tx, [(changed, state)], study)


def change_states(tx: Tx, changes: Sequence[tuple[Patient, PatientState]], study: Study) -> None:
    """The same for many: (patient, what is known from now on) each."""
    ids = [changed.id for changed, _ in changes]
    for start in range(0, len(ids), 5000):
        current = and_(
            patient_version.c.patient_id.in_(ids[start : start + 5000]),
            patient_version.c.superseded_at.is_(None),
        )
        tx.execute(update(patient_version).where(current).values(superseded_at=tx.now))
    if changes:
        rows = [_version(tx, changed.id, state) for changed, state in changes]
        tx.execute(insert(patient_version), rows)
    _write_plans(tx, [replace(changed, state=state) for changed, state in changes], study)


def arms_of(
    connection: Connection,
    patient_ids: Sequence[int] | None = None,
    *,
    known_at: datetime | None = None,
) -> dict[int, str]:
    """Patient id → arm. Only for what the statistician asked for."""
    query = select(allocation.c.patient_id, allocation.c.arm).where(known(allocation, known_at))
    if patient_ids is not None:
        query = query.where(allocation.c.patient_id.in_(patient_ids))
    return {row.patient_id: row.arm for row in connection.execute(query)}


def allocate(tx: Tx, patient_id: int, arm: str) -> None:
    """Record the arm of a patient who had none."""
    tx.execute(insert(allocation), _arm(tx, patient_id, arm))


def _version(tx: Tx, patient_id: int, state: PatientState) -> dict[str, Any]:
    return {
        "patient_id": patient_id,
        "language": state.language,
        "screened_on": state.screened_on,
        "pro_consent_on": state.pro_consent_on,
        "randomised_on": state.randomised_on,
        "able": state.able,
        "consent_version": state.consent_version,
        "randomised_time": state.randomised_time,
        "recorded_at": tx.now,
        "recorded_by": tx.actor.name,
    }


def _arm(tx: Tx, patient_id: int, arm: str) -> dict[str, Any]:
    return {
        "patient_id": patient_id,
        "arm": arm,
        "recorded_at": tx.now,
        "recorded_by": tx.actor.name,
    }


def write_plans(tx: Tx, study: Study) -> int:
    """Plan the visits of all patients anew, and say of how many. They must be held."""
    everybody = [_patient(row) for row in tx.execute(_select().order_by(patient.c.id))]
    _write_plans(tx, everybody, study)
    return len(everybody)


def _write_plans(tx: Tx, patients: Sequence[Patient], study: Study) -> None:
    if not patients:
        return
    study = as_recorded(tx, study)
    ids = [each.id for each in patients]
    for start in range(0, len(ids), 5000):
        part = ids[start : start + 5000]
        tx.execute(delete(planned_visit).where(planned_visit.c.patient_id.in_(part)))
    moved = moves_of(tx.connection, ids)
    rows = [row for each in patients for row in planned_rows(each, study, moved.get(each.id, ()))]
    if rows:
        tx.execute(insert(planned_visit), rows)
    for start in range(0, len(ids), 5000):
        _move_flags(tx, ids[start : start + 5000])


def _move_flags(tx: Tx, patient_ids: Sequence[int]) -> None:
    """What is flagged as missing bears the last day of its window as it is planned now."""
    planned = select(planned_visit.c.closes_on).where(
        planned_visit.c.patient_id == missing_flag.c.patient_id,
        planned_visit.c.visit == missing_flag.c.visit,
    )
    closes_on = func.coalesce(planned.scalar_subquery(), missing_flag.c.closed_window_on)
    theirs = missing_flag.c.patient_id.in_(patient_ids)
    tx.execute(update(missing_flag).where(theirs).values(closed_window_on=closes_on))
    # Of a visit that is not planned any more nothing can be asked.
    still = exists().where(
        planned_visit.c.patient_id == missing_flag.c.patient_id,
        planned_visit.c.visit == missing_flag.c.visit,
    )
    tx.execute(
        update(missing_flag)
        .where(theirs, missing_flag.c.closed_at.is_(None), ~still)
        .values(closed_at=tx.now, closed_because="NOT_EXPECTED")
    )


def settle_sites(tx: Tx, patients: Sequence[Patient], study: Study) -> dict[int, str]:
    """Patient id → the site of today, after their transfers were recorded or taken back.

    Who may see the record follows it, and so does the plan: whose work a visit is, and
    where it counts. A transfer has no day ahead, so that the last one is today's.
    Errors: Locked, also where the site is that the patient leaves.
    """
    refuse_locked(tx.connection, [(each.number, None) for each in patients])
    moved = moves_of(tx.connection, [each.id for each in patients])
    now = {e.id: moved[e.id][-1][1] if e.id in moved else e.first_site for e in patients}
    for each in patients:
        if now[each.id] != each.site:
            there = update(patient).where(patient.c.id == each.id)
            tx.execute(there.values(site=now[each.id]))
    _write_plans(tx, [replace(each, site=now[each.id]) for each in patients], study)
    return now


def planned_rows(
    each: Patient, study: Study, moves: Sequence[tuple[date, str]] = ()
) -> list[dict[str, Any]]:
    """The visits planned for a patient; the baseline alone before randomisation.

    `moves`: the transfers, see `moves_of`.
    """
    fixed = {"patient_id": each.id, "site": each.site, "target_site": each.site}
    if each.state.randomised_on is not None:
        return [
            fixed
            | {
                "visit": visit.visit,
                "opens_on": visit.opens_on,
                "target_on": visit.target_on,
                "closes_on": visit.closes_on,
                "study_version": visit.version,
                "asked": visit.asked,
                "target_site": _site_on(each, moves, visit.target_on),
            }
            for visit in planned_from(study, each.state.randomised_on)
        ]
    opens_on = each.state.screened_on
    if opens_on is None:
        return []
    opened = {"opens_on": opens_on, "target_on": None, "closes_on": None, "asked": True}
    version = version_on(study, opens_on)
    return [fixed | {"visit": study.visits[0].code, "study_version": version} | opened]


def _site_on(each: Patient, moves: Sequence[tuple[date, str]], day: date) -> str:
    return next((site for on, site in reversed(moves) if on <= day), each.first_site)
