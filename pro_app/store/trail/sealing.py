"""Read the trail to be sealed, keep its seals, and know which events are settled.

On PostgreSQL an event takes its id before its transaction commits, so that a lower id
may appear after a higher one. Events are sealed up to an id below which none can
appear any more: every transaction that may have taken one has ended. Nobody waits for
the seals, and the seals wait for nobody who began later.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, func, insert, select, text

from pro_app.core.seals import Event, Seal
from pro_app.store.engine.transaction import Housekeeping
from pro_app.store.tables import audit_event, audit_seal

_AT_ONCE = 5000
#: The columns of an event that are shown.
EVENT: tuple[Column[Any], ...] = (
    audit_event.c.id,
    audit_event.c.at,
    audit_event.c.actor,
    audit_event.c.role,
    audit_event.c.site,
    audit_event.c.action,
    audit_event.c.subject,
    audit_event.c.visit,
    audit_event.c.changes,
    audit_event.c.reason,
)
#: All that is sealed of it, and the salts, for those alone who seal and verify.
SEALED: tuple[Column[Any], ...] = (*EVENT, audit_event.c.salts, audit_event.c.data)
_SEAL: tuple[Column[Any], ...] = (
    audit_seal.c.position,
    audit_seal.c.event_id,
    audit_seal.c.event_sha256,
    audit_seal.c.sealed_at,
    audit_seal.c.chain,
)
_LAST: Select[Any] = select(*_SEAL).order_by(audit_seal.c.position.desc()).limit(1)

# An INSERT takes this lock before it takes its id, and keeps it until its transaction ends.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND relation = 'audit_event'::regclass AND mode = 'RowExclusiveLock'"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest id there is, settled once none of these transactions is open."""

    up_to: int
    writers: frozenset[str]


def mark(connection: Connection) -> Mark:
    """How far the trail goes now. Whoever has a lower id and is not seen is a writer here."""
    up_to = connection.execute(select(func.coalesce(func.max(audit_event.c.id), 0))).scalar_one()
    # Read after the id, in this order: a transaction that ended in between is seen later on.
    return Mark(up_to, open_writers(connection))


def open_writers(connection: Connection) -> frozenset[str]:
    """The transactions that may hold ids nobody sees yet; on SQLite there is never one."""
    if connection.dialect.name == "sqlite":
        return frozenset()
    return frozenset(connection.execute(_WRITERS).scalars())


def last_seal(connection: Connection) -> Seal | None:
    return _seal(connection.execute(_LAST).one_or_none())


def next_to_seal(work: Housekeeping, up_to: int, limit: int) -> tuple[Seal | None, list[Event]]:
    """The last seal, and the events that come after it."""
    last = _seal(work.read(_LAST).one_or_none())
    query: Select[Any] = (
        select(*SEALED)
        .where(audit_event.c.id > (last.event_id if last else 0), audit_event.c.id <= up_to)
        .order_by(audit_event.c.id)
        .limit(limit)
    )
    rows: Iterable[Any] = work.read(query)
    return last, [Event(*row) for row in rows]


def keep_seals(work: Housekeeping, seals: list[Seal]) -> None:
    names = [column.key for column in _SEAL]
    rows = [{name: getattr(seal, name) for name in names} for seal in seals]
    work.execute(insert(audit_seal), rows)


def count_unsealed(connection: Connection, last: Seal | None) -> int:
    after = last.event_id if last else 0
    query = select(func.count()).select_from(audit_event).where(audit_event.c.id > after)
    return connection.execute(query).scalar_one()


def all_seals(connection: Connection) -> Iterator[Seal]:
    """Every seal, by position, without holding them all."""
    query = select(*_SEAL).order_by(audit_seal.c.position)
    with connection.execution_options(yield_per=_AT_ONCE).execute(query) as rows:
        for row in rows:
            yield Seal(*row)


def all_events(connection: Connection) -> Iterator[Event]:
    """Every event of the trail, by id, without holding them all."""
    query = select(*SEALED).order_by(audit_event.c.id)
    with connection.execution_options(yield_per=_AT_ONCE).execute(query) as rows:
        for row in rows:
            yield Event(*row)


def _seal(row: Iterable[Any] | None) -> Seal | None:
    return Seal(*row) if row else None
