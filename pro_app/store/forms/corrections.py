"""Corrections: written, then signed or declined; until signed they change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select

from pro_app.core.corrections import AskedBy, Changes, Evidence
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.few import few
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.leaving import held_forms
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.tables import correction, correction_decision, form, patient


@dataclass(frozen=True, slots=True)
class Correction:
    """`signed` is None while nobody has decided."""

    id: int
    form_id: int
    number: str
    visit: str
    asked_by: AskedBy
    source: Evidence
    why: str
    changes: Changes
    written_at: datetime
    written_by: str
    signed: bool | None
    declined_because: str | None
    decided_at: datetime | None
    decided_by: str | None


def write_correction(
    tx: Tx,
    form_id: int,
    *,
    asked_by: AskedBy,
    source: Evidence,
    why: str,
    changes: Mapping[str, Sequence[Any]],
) -> int:
    """The id of a new correction, which waits for a signature."""
    row = {
        "form_id": form_id,
        "asked_by": asked_by.value,
        "source": source.value,
        "why": why,
        "changes": {field: list(pair) for field, pair in changes.items()},
        "written_at": tx.now,
        "written_by": tx.actor.name,
    }
    return int(tx.execute(insert(correction).returning(correction.c.id), row).scalar_one())


def decide_correction(tx: Tx, correction_id: int, *, signed: bool, why: str | None) -> None:
    """Errors: IntegrityError when somebody decided before."""
    tx.execute(
        insert(correction_decision),
        {
            "correction_id": correction_id,
            "signed": signed,
            "why": why,
            "decided_at": tx.now,
            "decided_by": tx.actor.name,
        },
    )


def find_correction(
    connection: Connection, correction_id: int, *, sites: Sites
) -> Correction | None:
    """The correction, None when there is none of a patient at these sites."""
    found = _read(connection, correction.c.id == correction_id, sites)
    return found[0] if found else None


def corrections_of(connection: Connection, form_id: int) -> list[Correction]:
    """Every correction of a form, in the order in which they were written."""
    return _read(connection, correction.c.form_id == form_id, EVERYWHERE)


def unsigned(connection: Connection, *, sites: Sites) -> list[Correction]:
    """The corrections that wait for the investigator, the oldest first; of no form held back."""
    found = _read(connection, correction_decision.c.correction_id.is_(None), sites)
    held = held_forms(connection, [each.form_id for each in found])
    return [each for each in found if each.form_id not in held]


def _read(connection: Connection, which: ColumnElement[bool], sites: Sites) -> list[Correction]:
    asked = (
        select(
            correction,
            correction_decision.c.signed,
            correction_decision.c.why.label("declined_because"),
            correction_decision.c.decided_at,
            correction_decision.c.decided_by,
        )
        .outerjoin(correction_decision, correction_decision.c.correction_id == correction.c.id)
        .where(which)
    )
    found = few(asked, "found")
    query = (
        select(found, patient.c.number, form.c.visit)
        .join_from(found, form, form.c.id == found.c.form_id)
        .join(patient, patient.c.id == form.c.patient_id)
        .order_by(found.c.id)
    )
    query = query.where(at_sites(patient.c.site, sites), ~of_void_patient())
    return [
        Correction(
            id=row.id,
            form_id=row.form_id,
            number=row.number,
            visit=row.visit,
            asked_by=AskedBy(row.asked_by),
            source=Evidence(row.source),
            why=row.why,
            changes=row.changes,
            written_at=row.written_at,
            written_by=row.written_by,
            signed=row.signed,
            declined_because=row.declined_because,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
        )
        for row in connection.execute(query)
    ]
