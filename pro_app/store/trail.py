"""Read the audit trail of one subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from pro_app.store.tables import audit_event


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event of the trail; `changes` maps a field to its old and new value."""

    at: datetime
    actor: str
    role: str
    action: str
    visit: str | None
    changes: Mapping[str, Sequence[Any]]
    reason: str | None


def trail_of(
    connection: Connection, subject: str, *, limit: int, without: Sequence[str] = ()
) -> list[Recorded]:
    """What was recorded of a subject (a patient by her trial number), the latest first.

    `without` names actions to be left out.
    """
    query = (
        select(
            audit_event.c.at,
            audit_event.c.actor,
            audit_event.c.role,
            audit_event.c.action,
            audit_event.c.visit,
            audit_event.c.changes,
            audit_event.c.reason,
        )
        .where(audit_event.c.subject == subject, audit_event.c.action.not_in(without))
        .order_by(audit_event.c.id.desc())
        .limit(limit)
    )
    return [Recorded(*row) for row in connection.execute(query)]
