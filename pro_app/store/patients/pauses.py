"""Pauses of patients: from a day to another or until it is known; changed by superseding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, or_, select, update

from pro_app.core.pauses import PauseFact, PauseKind
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.few import few
from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import patient, pause


@dataclass(frozen=True, slots=True)
class Pause:
    id: int
    fact: PauseFact
    note: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Paused:
    """Who is to be left alone, and until when as far as is known."""

    number: str
    fact: PauseFact


def pauses_of(connection: Connection, patient_id: int) -> list[Pause]:
    """A patient's current pauses, by day."""
    query = (
        select(
            pause.c.id,
            pause.c.kind,
            pause.c.from_on,
            pause.c.until_on,
            pause.c.note,
            pause.c.recorded_at,
            pause.c.recorded_by,
        )
        .where(pause.c.patient_id == patient_id, known(pause, None))
        .order_by(pause.c.from_on, pause.c.id)
    )
    return [
        Pause(r[0], PauseFact(PauseKind(r[1]), *r[2:4]), *r[4:]) for r in connection.execute(query)
    ]


def first_days(connection: Connection, patient_ids: Sequence[int]) -> dict[int, tuple[date, ...]]:
    """Patient id → the first day of each current pause."""
    found: dict[int, tuple[date, ...]] = {}
    for start in range(0, len(patient_ids), 5000):
        part = patient_ids[start : start + 5000]
        query = select(pause.c.patient_id, pause.c.from_on).where(
            pause.c.patient_id.in_(part), known(pause, None)
        )
        for row in connection.execute(query):
            found[row.patient_id] = (*found.get(row.patient_id, ()), row.from_on)
    return found


def paused(connection: Connection, *, sites: Sites, today: date, limit: int) -> tuple[Paused, ...]:
    """The patients of these sites who are on a pause today, the shortest to last first."""
    return tuple(
        Paused(row[0], PauseFact(PauseKind(row[1]), *row[2:]))
        for row in connection.execute(_paused(sites, today, limit))
    )


@built_once
def _paused(sites: Sites, today: date, limit: int) -> Select[Any]:
    lasting = select(pause.c.patient_id, pause.c.kind, pause.c.from_on, pause.c.until_on).where(
        known(pause, None),
        pause.c.from_on <= today,
        or_(pause.c.until_on.is_(None), pause.c.until_on >= today),
    )
    found = few(lasting, "lasting").c
    return (
        select(patient.c.number, found.kind, found.from_on, found.until_on)
        .join(patient, patient.c.id == found.patient_id)
        .where(at_sites(patient.c.site, sites))
        .order_by(found.until_on.is_(None), found.until_on, patient.c.number)
        .limit(limit)
    )


def add_pause(tx: Tx, patient_id: int, fact: PauseFact, note: str | None) -> None:
    """Keep a pause. The trail's record is the caller's."""
    tx.execute(
        insert(pause),
        {
            "patient_id": patient_id,
            "kind": fact.kind.value,
            "from_on": fact.from_on,
            "until_on": fact.until_on,
            "note": note,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )


def supersede_pause(tx: Tx, pause_id: int) -> None:
    """From now on this pause is known otherwise; it stays for the record."""
    tx.execute(update(pause).where(pause.c.id == pause_id).values(superseded_at=tx.now))
