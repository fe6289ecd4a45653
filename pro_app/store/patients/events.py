"""Events of patients: dated facts, corrected by superseding, never overwritten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from pro_app.core.facts import EventKind
from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import event


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    patient_id: int
    kind: EventKind
    on: date
    note: str | None
    recorded_at: datetime
    recorded_by: str


def events_of(connection: Connection, patient_ids: Iterable[int]) -> dict[int, list[Event]]:
    """Patient id → her current events, by day."""
    found: dict[int, list[Event]] = {}
    ids = list(patient_ids)
    for start in range(0, len(ids), 5000):
        query = (
            select(
                event.c.id,
                event.c.patient_id,
                event.c.kind,
                event.c.happened_on,
                event.c.note,
                event.c.recorded_at,
                event.c.recorded_by,
            )
            .where(event.c.patient_id.in_(ids[start : start + 5000]), known(event, None))
            .order_by(event.c.happened_on, event.c.id)
        )
        for row in connection.execute(query):
            each = Event(row.id, row.patient_id, EventKind(row.kind), *row[3:])
            found.setdefault(row.patient_id, []).append(each)
    return found


def add_events(tx: Tx, rows: Sequence[tuple[int, EventKind, date, str | None]]) -> None:
    """Add events: (patient id, kind, day, note) each. The trail's record is the caller's."""
    if rows:
        tx.execute(
            insert(event),
            [
                {
                    "patient_id": patient_id,
                    "kind": kind.value,
                    "happened_on": on,
                    "note": note,
                    "recorded_at": tx.now,
                    "recorded_by": tx.actor.name,
                }
                for patient_id, kind, on, note in rows
            ],
        )


def supersede_event(tx: Tx, event_id: int) -> None:
    """From now on this event is known to have been an error; it stays for the record."""
    tx.execute(update(event).where(event.c.id == event_id).values(superseded_at=tx.now))
