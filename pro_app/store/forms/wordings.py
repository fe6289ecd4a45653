"""Imported wording packs: the licensed texts, kept with their licence, hash and releases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Date,
    Integer,
    Select,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
)

from pro_app.core.wording import Wording
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import wording_pack, wording_release


@dataclass(frozen=True, slots=True)
class Pack:
    """`released_at` and `released_by` are of the last release, if there is one.

    `serves`: whether it may be shown while its licence holds. One from before releases
    were asked for does so without.
    """

    id: int
    wording: Wording
    imported_at: datetime
    imported_by: str
    serves: bool
    released_at: datetime | None
    released_by: str | None
    back_translations: Mapping[str, str]

    def holds(self, today: date) -> bool:
        """Whether its licence holds on this day."""
        until = self.wording.valid_until
        return until is not None and until >= today


_LAST = (
    select(func.max(wording_release.c.id))
    .where(wording_release.c.pack_id == wording_pack.c.id)
    .correlate(wording_pack)
    .scalar_subquery()
)
#: Whether a pack may be shown while its licence holds.
SERVES = or_(wording_pack.c.needs_release.is_(False), _LAST.is_not(None))
_PACK = (
    select(
        wording_pack,
        SERVES.label("serves"),
        wording_release.c.released_at,
        wording_release.c.released_by,
    )
    .select_from(wording_pack)
    .outerjoin(wording_release, wording_release.c.id == _LAST)
)


def in_force(query: Select[Any]) -> Select[Any]:
    """Of packs the one that is shown, if any is: the last released whose licence holds.

    The query's parameters are `instrument`, `language` and `today`.
    """
    return (
        query.where(
            wording_pack.c.instrument == bindparam("instrument"),
            wording_pack.c.language == bindparam("language"),
            wording_pack.c.valid_until >= bindparam("today", type_=Date),
            SERVES,
        )
        .order_by(
            func.coalesce(_LAST, literal(0, Integer)).desc(),
            wording_pack.c.id.desc(),
        )
        .limit(1)
    )


_IN_FORCE = in_force(_PACK)


def packs(connection: Connection, instrument: str) -> list[Pack]:
    """Every pack of an instrument, the newest first."""
    query = _PACK.where(wording_pack.c.instrument == instrument).order_by(wording_pack.c.id.desc())
    return [_pack(row) for row in connection.execute(query)]


def serving(connection: Connection, instrument: str, language: str, *, today: date) -> Pack | None:
    """The pack that is in force today, if there is one."""
    sought = {"instrument": instrument, "language": language, "today": today}
    row = connection.execute(_IN_FORCE, sought).first()
    return None if row is None else _pack(row)


def licensed(
    connection: Connection, instrument: str, language: str, *, today: date
) -> Wording | None:
    """The licensed wording that is shown today, if there is one."""
    found = serving(connection, instrument, language, today=today)
    return found.wording if found else None


def _pack(row: Any) -> Pack:
    wording = Wording(
        instrument=row.instrument,
        language=row.language,
        texts=row.texts,
        sha256=row.sha256,
        demonstration=False,
        licence=row.licence,
        valid_until=row.valid_until,
    )
    return Pack(
        id=row.id,
        wording=wording,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
        serves=row.serves,
        released_at=row.released_at,
        released_by=row.released_by,
        back_translations=row.back_translations or {},
    )


def add_pack(
    tx: Tx,
    *,
    instrument: str,
    language: str,
    sha256: str,
    texts: Mapping[str, str],
    licence: str,
    valid_until: date,
    back_translations: Mapping[str, str] | None = None,
) -> int:
    """Keep a pack, which serves nobody before it is released; its id."""
    added = tx.execute(
        insert(wording_pack).returning(wording_pack.c.id),
        {
            "instrument": instrument,
            "language": language,
            "sha256": sha256,
            "texts": dict(texts),
            "licence": licence,
            "valid_until": valid_until,
            "imported_at": tx.now,
            "imported_by": tx.actor.name,
            "back_translations": dict(back_translations) if back_translations else None,
            "needs_release": True,
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
    return int(added.scalar_one())


def add_release(tx: Tx, pack: Pack, *, replaces: Pack | None) -> None:
    """Let a pack serve from now on, in the place of the one that did."""
    row = {"pack_id": pack.id, "released_at": tx.now, "released_by": tx.actor.name}
    tx.execute(insert(wording_release), row)
    stated, was = pack.wording, replaces and replaces.wording.sha256
    tx.record(
        "wording.released",
        f"wording:{stated.instrument}:{stated.language}",
        changes={
            "sha256": [was, stated.sha256],
            "licence": [None, stated.licence],
            "imported_by": [None, pack.imported_by],
        },
    )
