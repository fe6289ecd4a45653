"""Imported wording packs: the licensed texts, kept with their licence and hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from pro_app.core.wording import Wording
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import wording_pack


@dataclass(frozen=True, slots=True)
class Pack:
    wording: Wording
    imported_at: datetime


def packs(connection: Connection, instrument: str) -> list[Pack]:
    """Every pack of an instrument, the newest first."""
    query = (
        select(wording_pack)
        .where(wording_pack.c.instrument == instrument)
        .order_by(wording_pack.c.id.desc())
    )
    return [
        Pack(
            Wording(
                instrument=row.instrument,
                language=row.language,
                texts=row.texts,
                sha256=row.sha256,
                demonstration=False,
                licence=row.licence,
                valid_until=row.valid_until,
            ),
            row.imported_at,
        )
        for row in connection.execute(query)
    ]


def licensed(
    connection: Connection, instrument: str, language: str, *, today: date
) -> Wording | None:
    """The newest licensed wording that may be shown today, if there is one."""
    for pack in packs(connection, instrument):
        until = pack.wording.valid_until
        if pack.wording.language == language and until is not None and until >= today:
            return pack.wording
    return None


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
