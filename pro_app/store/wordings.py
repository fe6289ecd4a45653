"""Imported wording packs: the licensed texts, kept with their licence and hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from pro_app.store.tables import wording_pack
from pro_app.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Pack:
    instrument: str
    language: str
    sha256: str
    texts: Mapping[str, str]
    licence: str
    valid_until: date
    imported_at: datetime


def packs(connection: Connection, instrument: str) -> list[Pack]:
    """Every pack of an instrument, the newest first."""
    query = (
        select(
            wording_pack.c.instrument,
            wording_pack.c.language,
            wording_pack.c.sha256,
            wording_pack.c.texts,
            wording_pack.c.licence,
            wording_pack.c.valid_until,
            wording_pack.c.imported_at,
        )
        .where(wording_pack.c.instrument == instrument)
        .order_by(wording_pack.c.id.desc())
    )
    return [Pack(*row) for row in connection.execute(query)]


def add_pack(
    tx: Tx,
    *,
    instrument: str,
    language: str,
    sha256: str,
    texts: Mapping[str, str],
    licence: str,
    valid_until: date,
) -> None:
    tx.execute(
        insert(wording_pack),
        {
            "instrument": instrument,
            "language": language,
            "sha256": sha256,
            "texts": dict(texts),
            "licence": licence,
            "valid_until": valid_until,
            "imported_at": tx.now,
            "imported_by": tx.actor.name,
        },
    )
    tx.record(
        "wording.imported",
        f"wording:{instrument}:{language}",
        changes={
            "sha256": [None, sha256],
            "licence": [None, licence],
            "valid_until": [None, valid_until.isoformat()],
        },
    )
