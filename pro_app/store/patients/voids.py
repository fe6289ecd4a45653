"""What was declared wrong: written once, beside the row that it points to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from pro_app.core.facts import EventKind
from pro_app.core.sites import Sites
from pro_app.core.tasks import TaskOutcome
from pro_app.core.voids import What
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import (
    allocation,
    draft,
    event,
    form,
    missing_flag,
    nurse_task,
    patient,
    patient_link,
    patient_version,
    planned_visit,
    sign_in,
    void,
)


@dataclass(frozen=True, slots=True)
class Void:
    """One declaration. `visit` and `on` are the form's or the event's; `event` its kind.

    `belongs_to`, `belongs_visit`: where the form belongs, as far as is known; `kept_as`
    is the submission id of the form that is kept there.
    """

    id: int
    what: What
    why: str
    recorded_at: datetime
    recorded_by: str
    form_id: int | None
    visit: str | None
    event: EventKind | None
    on: date | None
    belongs_to: str | None
    belongs_visit: str | None
    kept_as: str | None


def voids_of(connection: Connection, patient_id: int) -> list[Void]:
    """All that was declared wrong of a patient, in its order."""
    return [
        Void(
            row.id,
            What(row.kind),
            why=row.why,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            form_id=row.form_id,
            visit=row.visit,
            event=EventKind(row.event) if row.event else None,
            on=row.happened_on or row.answered_on,
            belongs_to=row.number,
            belongs_visit=row.belongs_visit,
            kept_as=row.submission_id,
        )
        for row in connection.execute(_voids_of(), {"patient": patient_id})
    ]


@built_once
def _voids_of() -> Select[Any]:
    there, kept = patient.alias("there"), form.alias("kept")
    return (
        select(
            void.c.id,
            void.c.kind,
            void.c.why,
            void.c.recorded_at,
            void.c.recorded_by,
            void.c.form_id,
            form.c.visit,
            event.c.kind.label("event"),
            event.c.happened_on,
            form.c.answered_on,
            there.c.number,
            void.c.belongs_visit,
            kept.c.submission_id,
        )
        .outerjoin(form, form.c.id == void.c.form_id)
        .outerjoin(event, event.c.id == void.c.event_id)
        .outerjoin(there, there.c.id == void.c.belongs_to)
        .outerjoin(kept, kept.c.id == void.c.kept_as)
        .where(void.c.patient_id == bindparam("patient"))
        .order_by(void.c.id)
    )


def keep_void(tx: Tx, patient_id: int, what: What, why: str, **points: Any) -> int:
    """The id of a declaration. `points`: columns of the row that it is about."""
    row = {
        "kind": what.value,
        "patient_id": patient_id,
        "why": why,
        "recorded_at": tx.now,
        "recorded_by": tx.actor.name,
    }
    return int(tx.execute(insert(void).returning(void.c.id), row | points).scalar_one())


def of_void_patient() -> ColumnElement[bool]:
    """Whether the patient at hand is a number that was declared wrong."""
    return exists().where(void.c.patient_id == patient.c.id, void.c.kind == What.PATIENT.value)


def void_patient(
    connection: Connection, number: str, *, sites: Sites
) -> tuple[int, str, Void] | None:
    """(id, site, the declaration) of a number declared wrong as a whole, None for any other."""
    query = select(patient.c.id, patient.c.site).where(
        patient.c.number == number, of_void_patient(), at_sites(patient.c.site, sites)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    found = next(v for v in voids_of(connection, row.id) if v.what is What.PATIENT)
    return row.id, row.site, found


def void_numbers(connection: Connection) -> frozenset[str]:
    """The numbers that were declared wrong: nobody has them, and nobody gets them again."""
    return frozenset(
        connection.execute(select(patient.c.number).where(of_void_patient())).scalars()
    )


def current_version(tx: Tx, patient_id: int) -> int:
    """The id of the row that says what is known of a patient."""
    query = select(patient_version.c.id).where(
        patient_version.c.patient_id == patient_id, patient_version.c.superseded_at.is_(None)
    )
    return int(tx.execute(query).scalar_one())


def current_arm(tx: Tx, patient_id: int) -> int | None:
    """The id of the row that says which arm a patient has, None where there is none."""
    query = select(allocation.c.id).where(
        allocation.c.patient_id == patient_id, allocation.c.superseded_at.is_(None)
    )
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def supersede_arm(tx: Tx, allocation_id: int) -> None:
    tx.execute(
        update(allocation).where(allocation.c.id == allocation_id).values(superseded_at=tx.now)
    )


def reopen_flag(tx: Tx, patient_id: int, visit: str) -> None:
    """The form that closed this flag was no form of the visit: it is asked for again."""
    tx.execute(
        update(missing_flag)
        .where(missing_flag.c.patient_id == patient_id, missing_flag.c.visit == visit)
        .values(closed_at=None, closed_because=None)
    )


def take_out(tx: Tx, patient_id: int, version_id: int) -> None:
    """From now on nobody has this number: no plan, no task, no way in; the rows stay."""
    tx.execute(
        update(patient_version)
        .where(patient_version.c.id == version_id)
        .values(superseded_at=tx.now)
    )
    theirs = select(patient_link.c.id).where(patient_link.c.patient_id == patient_id)
    tx.execute(
        update(sign_in)
        .where(sign_in.c.link_id.in_(theirs), sign_in.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    tx.execute(
        update(patient_link)
        .where(patient_link.c.patient_id == patient_id, patient_link.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    for table in (planned_visit, draft):
        tx.execute(delete(table).where(table.c.patient_id == patient_id))
    tx.execute(
        update(nurse_task)
        .where(nurse_task.c.patient_id == patient_id, nurse_task.c.closed_at.is_(None))
        .values(closed_at=tx.now, closed_by=tx.actor.name, outcome=TaskOutcome.OTHERWISE.value)
    )
