"""Reasons for missing forms: given by people, changed by superseding."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import reason


@dataclass(frozen=True, slots=True)
class GivenReason:
    """Why a form did not come, as somebody said it on a day."""

    visit: str
    code: str
    said_by: str
    said_on: date
    text: str | None
    recorded_at: datetime
    recorded_by: str


def reasons_of(connection: Connection, patient_id: int) -> dict[str, GivenReason]:
    """Visit → the reason that holds now."""
    query = select(
        reason.c.visit,
        reason.c.code,
        reason.c.said_by,
        reason.c.said_on,
        reason.c.text,
        reason.c.recorded_at,
        reason.c.recorded_by,
    ).where(reason.c.patient_id == patient_id, known(reason, None))
    return {row.visit: GivenReason(*row) for row in connection.execute(query)}


def keep_reason(
    tx: Tx, patient_id: int, *, visit: str, code: str, said_by: str, said_on: date, text: str | None
) -> None:
    """Record a reason; an earlier one of this visit stays as history. The trail is the caller's."""
    tx.execute(
        update(reason)
        .where(reason.c.patient_id == patient_id, reason.c.visit == visit, known(reason, None))
        .values(superseded_at=tx.now)
    )
    tx.execute(
        insert(reason),
        {
            "patient_id": patient_id,
            "visit": visit,
            "code": code,
            "said_by": said_by,
            "said_on": said_on,
            "text": text,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )
