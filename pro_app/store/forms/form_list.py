"""The forms in a patient's record, as a list to choose from."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from pro_app.store.tables import form


@dataclass(frozen=True, slots=True)
class FormLine:
    submission_id: str
    visit: str
    answered_on: date
    mode: str
    standing: bool
    proxy: bool
    items_answered: int
    received_at: datetime


def forms_of(connection: Connection, patient_id: int) -> list[FormLine]:
    """Every form of hers, in the order in which they came."""
    query: Select[Any] = (
        select(
            form.c.submission_id,
            form.c.visit,
            form.c.answered_on,
            form.c.mode,
            form.c.standing,
            form.c.proxy,
            form.c.items_answered,
            form.c.received_at,
        )
        .where(form.c.patient_id == patient_id)
        .order_by(form.c.id)
    )
    return [FormLine(*row) for row in connection.execute(query)]
