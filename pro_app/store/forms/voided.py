"""Forms that were declared wrong: counted nowhere, as if they had never come.

Their rows stay as they were handed in. Where one of them stood for its visit, the first
of the patient's own forms that are left takes its place; without one the visit is open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, select

from pro_app.store.engine.built import built_once
from pro_app.store.tables import form, void

#: (patient id, visit)
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Left:
    """One of the patient's own forms that are left of a visit with a voided one."""

    id: int
    patient_id: int
    visit: str
    answered_on: date
    items_answered: int


def is_void() -> ColumnElement[bool]:
    """Whether the form at hand was declared wrong."""
    return exists().where(void.c.form_id == form.c.id)


def left_of_voided(
    connection: Connection,
    *,
    known_at: datetime | None = None,
    patient_ids: Sequence[int] | None = None,
) -> tuple[frozenset[int], dict[Place, list[Left]]]:
    """The voided forms, and each visit with one → the own forms that are left, as they came."""
    narrow = patient_ids is not None and len(patient_ids) <= 5000
    query = _wrong(known_at, narrow)
    wrong = connection.execute(query, {"patients": patient_ids} if narrow else {}).all()
    if not wrong:
        return frozenset(), {}
    ids = frozenset(row.form_id for row in wrong)
    found: dict[Place, list[Left]] = {(row.patient_id, row.visit): [] for row in wrong}
    for row in _own(connection, sorted({row.patient_id for row in wrong}), known_at):
        place = row.patient_id, row.visit
        if place in found and row.id not in ids:
            found[place].append(Left(*row))
    return ids, found


@built_once
def _wrong(known_at: datetime | None, narrow: bool) -> Select[Any]:
    query = select(void.c.form_id, form.c.patient_id, form.c.visit).join(
        form, form.c.id == void.c.form_id
    )
    if known_at is not None:
        query = query.where(void.c.recorded_at <= known_at)
    if narrow:
        query = query.where(void.c.patient_id.in_(bindparam("patients", expanding=True)))
    return query


def _own(
    connection: Connection, patient_ids: Sequence[int], known_at: datetime | None
) -> Iterable[Any]:
    for start in range(0, len(patient_ids), 5000):
        query = (
            select(form.c.id, form.c.patient_id, form.c.visit, form.c.answered_on)
            .add_columns(form.c.items_answered)
            .where(form.c.patient_id.in_(patient_ids[start : start + 5000]), ~form.c.proxy)
            .order_by(form.c.id)
        )
        if known_at is not None:
            query = query.where(form.c.received_at <= known_at)
        yield from connection.execute(query)


_FIRST_VOIDED = (
    select(form.c.patient_id, form.c.visit)
    .join(void, void.c.form_id == form.c.id)
    .where(
        void.c.patient_id.in_(bindparam("patients", expanding=True)),
        form.c.standing,
        ~form.c.proxy,
    )
)


def places_of_voided(connection: Connection, patient_ids: Iterable[int]) -> set[Place]:
    """The visits of these patients whose first form was declared wrong.

    Its row keeps the place of the first one: what comes later is kept beside it.
    """
    found: set[Place] = set()
    ids = sorted(set(patient_ids))
    for start in range(0, len(ids), 5000):
        rows = connection.execute(_FIRST_VOIDED, {"patients": ids[start : start + 5000]})
        found |= {(row.patient_id, row.visit) for row in rows}
    return found
