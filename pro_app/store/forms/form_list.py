"""The forms in a patient's record, as a list to choose from."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from pro_app.store.forms.amended import read_amended
from pro_app.store.patients.leaving import held_forms
from pro_app.store.tables import form, void


@dataclass(frozen=True, slots=True)
class Wrong:
    """That a form was declared wrong: by whom, when and why."""

    why: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form as it was handed in; `counts`: it is the one that counts for its visit.

    `held_back`: no copy is made of it, since consent to further use was withdrawn before.
    """

    submission_id: str
    visit: str
    answered_on: date
    mode: str
    counts: bool
    proxy: bool
    items_answered: int
    received_at: datetime
    wrong: Wrong | None
    held_back: bool = False


def forms_of(connection: Connection, patient_id: int) -> list[FormLine]:
    """Every form of a patient, in the order in which they came."""
    query = (
        select(
            *(form.c.id, form.c.patient_id, form.c.submission_id, form.c.visit),
            *(form.c.answered_on, form.c.mode, form.c.standing, form.c.proxy),
            *(form.c.items_answered, form.c.received_at),
            *(void.c.why, void.c.recorded_at, void.c.recorded_by),
        )
        .outerjoin(void, void.c.form_id == form.c.id)
        .where(form.c.patient_id == patient_id)
        .order_by(form.c.id)
    )
    amended = read_amended(connection, patient_ids=[patient_id])
    rows = connection.execute(query).all()
    held = held_forms(connection, [row.id for row in rows])
    return [
        FormLine(
            submission_id=row.submission_id,
            visit=row.visit,
            answered_on=row.answered_on,
            mode=row.mode,
            counts=amended.counts(row) and not row.proxy,
            proxy=row.proxy,
            items_answered=row.items_answered,
            received_at=row.received_at,
            wrong=Wrong(row.why, row.recorded_at, row.recorded_by) if row.why else None,
            held_back=row.id in held,
        )
        for row in rows
    ]
