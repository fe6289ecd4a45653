"""Signatures: somebody answers by name for one version of something."""

from sqlalchemy import insert

from pro_app.store.tables import signature
from pro_app.store.transaction import Tx


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
