"""Take words out of a sealed event, and say for ever who did it and why."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from pro_app.core.seals import Redaction
from pro_app.core.trail_event import Event, commitments_of, digest, without
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import audit_event, audit_seal, redaction
from pro_app.store.trail.sealing import SEALED


def find_sealed(tx: Tx, event_id: int) -> tuple[Event, str | None] | None:
    """The event, and its digest as it was sealed where it is; None where there is no event."""
    row = tx.execute(
        select(*SEALED, audit_seal.c.event_sha256)
        .outerjoin(audit_seal, audit_seal.c.event_id == audit_event.c.id)
        .where(audit_event.c.id == event_id)
    ).one_or_none()
    if row is None:
        return None
    fields: Sequence[Any] = row[:-1]
    return Event(*fields), row[-1]


def is_redacted(tx: Tx, event_id: int) -> bool:
    query = select(redaction.c.event_id).where(redaction.c.event_id == event_id)
    return tx.execute(query).first() is not None


def redact(tx: Tx, event: Event, fields: Sequence[str], why: str) -> None:
    """Empty these fields of a sealed event. Errors: KeyError as `without` raises it.

    In the order that the database asks for: the redaction is there before the event changes.
    """
    left = without(event, fields)
    left_sha256 = digest(left)
    tx.execute(
        insert(redaction),
        {
            "event_id": event.id,
            "event_sha256": digest(event),
            "left_sha256": left_sha256,
            "fields": list(fields),
            "commitments": commitments_of(event, fields),
            "why": why,
            "redacted_at": tx.now,
            "redacted_by": tx.actor.name,
        },
    )
    said = {
        "event_id": event.id,
        "action": event.action,
        "fields": list(fields),
        "left_sha256": left_sha256,
    }
    # Under the same subject: whoever reads about the patient reads that something was taken out.
    tx.record(
        "trail.redacted",
        event.subject,
        visit=event.visit,
        changes={name: (None, value) for name, value in said.items()},
        reason=why,
    )
    tx.execute(
        update(audit_event)
        .where(audit_event.c.id == event.id)
        .values(
            changes=dict(left.changes),
            reason=left.reason,
            salts=None if left.salts is None else dict(left.salts),
        )
    )


def all_redactions(connection: Connection) -> dict[int, Redaction]:
    """Event → what was taken out of it."""
    query = select(
        redaction.c.event_id,
        redaction.c.event_sha256,
        redaction.c.left_sha256,
        redaction.c.fields,
        redaction.c.commitments,
    )
    return {
        row.event_id: Redaction(*row[:3], tuple(row.fields), row.commitments)
        for row in connection.execute(query)
    }
