"""Lock and unlock the records of a patient or of a whole site; each lock is a fact with a past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from pro_app.store.tables import patient, record_lock
from pro_app.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Lock:
    """`kind`: patient or site; `subject`: her number, or the site's code."""

    kind: str
    subject: str
    why: str
    locked_at: datetime
    locked_by: str


def locks_of(connection: Connection, kind: str, subjects: Sequence[str]) -> dict[str, Lock]:
    """Subject → the lock that holds."""
    query: Select[Any] = select(
        record_lock.c.kind,
        record_lock.c.subject,
        record_lock.c.why,
        record_lock.c.recorded_at,
        record_lock.c.recorded_by,
    ).where(
        record_lock.c.kind == kind,
        record_lock.c.subject.in_(subjects),
        record_lock.c.superseded_at.is_(None),
    )
    return {row.subject: Lock(*row) for row in connection.execute(query)}


def wait_for_writers(tx: Tx, kind: str, subject: str) -> None:
    """Until whoever is writing of her, or at her site, is done; the next one waits for this one.

    Every write of trial data locks the patient's row first. What is added to it after
    it waited is refused, since it looks at the locks as it records what it did.
    """
    column = patient.c.number if kind == "patient" else patient.c.site
    query = select(patient.c.id).where(column == subject).order_by(patient.c.number)
    tx.execute(query.with_for_update()).all()


def lock(tx: Tx, kind: str, subject: str, why: str) -> bool:
    """Whether it is locked by this call; False where it was already."""
    wait_for_writers(tx, kind, subject)
    if subject in locks_of(tx.connection, kind, [subject]):
        return False
    tx.execute(
        insert(record_lock),
        {
            "kind": kind,
            "subject": subject,
            "why": why,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )
    return True


def unlock(tx: Tx, kind: str, subject: str) -> bool:
    """Whether there was a lock to be ended."""
    wait_for_writers(tx, kind, subject)
    ended = tx.execute(
        update(record_lock)
        .where(
            record_lock.c.kind == kind,
            record_lock.c.subject == subject,
            record_lock.c.superseded_at.is_(None),
        )
        .values(superseded_at=tx.now)
    )
    return bool(ended.rowcount)
