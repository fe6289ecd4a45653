"""Signatures: somebody answers by name for one version of something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import signature


@dataclass(frozen=True, slots=True)
class Signature:
    """`meaning` is the sentence that was read and signed."""

    kind: str
    subject: str
    version_sha256: str
    meaning: str
    signed_by: str
    signed_at: datetime


def sign(tx: Tx, *, kind: str, subject: str, version_sha256: str, meaning: str) -> None:
    """Keep that the actor signed this version, and with what meaning."""
    tx.execute(
        insert(signature),
        {
            "kind": kind,
            "subject": subject,
            "version_sha256": version_sha256,
            "meaning": meaning,
            "signed_by": tx.actor.name,
            "signed_at": tx.now,
        },
    )


def signatures_of(connection: Connection, kind: str, subjects: Sequence[str]) -> list[Signature]:
    """Every signature under these, the latest first."""
    query: Select[Any] = (
        select(
            signature.c.kind,
            signature.c.subject,
            signature.c.version_sha256,
            signature.c.meaning,
            signature.c.signed_by,
            signature.c.signed_at,
        )
        .where(signature.c.kind == kind, signature.c.subject.in_(subjects))
        .order_by(signature.c.id.desc())
    )
    return [Signature(*row) for row in connection.execute(query)]
