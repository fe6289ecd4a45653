"""Events of patients: dated facts, corrected by superseding, never overwritten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from pro_app.core.facts import EventFact, EventKind
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
    to_site: str | None = None

    @property
    def fact(self) -> EventFact:
        return EventFact(self.kind, self.on, self.to_site)


class NewEvent(NamedTuple):
    """`to_site`: of a transfer, the code of the site at which the patient goes on."""

    patient_id: int
    kind: EventKind
    on: date
    note: str | None = None
    to_site: str | None = None


def events_of(connection: Connection, patient_ids: Iterable[int]) -> dict[int, list[Event]]:
    """Patient id → the patient's current events, by day."""
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
                event.c.to_site,
            )
            .where(event.c.patient_id.in_(ids[start : start + 5000]), known(event, None))
            .order_by(event.c.happened_on, event.c.id)
        )
        for row in connection.execute(query):
            each = Event(row.id, row.patient_id, EventKind(row.kind), *row[3:])
            found.setdefault(row.patient_id, []).append(each)
    return found


def add_events(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add events: a NewEvent each. The trail's record is the caller's, see `settle_sites`."""
    if rows:
        tx.execute(
            insert(event),
            [
                {
                    "patient_id": new.patient_id,
                    "kind": new.kind.value,
                    "happened_on": new.on,
                    "note": new.note,
                    "to_site": new.to_site,
                    "recorded_at": tx.now,
                    "recorded_by": tx.actor.name,
                }
                for new in (NewEvent(*row) for row in rows)
            ],
        )


def supersede_event(tx: Tx, event_id: int) -> None:
    """From now on this event is known to have been an error; it stays for the record."""
    tx.execute(update(event).where(event.c.id == event_id).values(superseded_at=tx.now))


def moves_of(
    connection: Connection, patient_ids: Sequence[int]
) -> dict[int, tuple[tuple[date, str], ...]]:
    """Patient id → (day, site from that day on) of each transfer, by day."""
    found: dict[int, tuple[tuple[date, str], ...]] = {}
    for start in range(0, len(patient_ids), 5000):
        query = (
            select(event.c.patient_id, event.c.happened_on, event.c.to_site)
            .where(
                event.c.patient_id.in_(patient_ids[start : start + 5000]),
                event.c.kind == EventKind.TRANSFER.value,
                event.c.superseded_at.is_(None),
            )
            .order_by(event.c.happened_on, event.c.id)
        )
        for row in connection.execute(query):
            found[row.patient_id] = (*found.get(row.patient_id, ()), (row[1], row[2]))
    return found
