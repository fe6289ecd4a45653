"""Cuts: an instant up to which everything is known, for good, while others go on writing.

What is recorded bears the instant of its transaction, which was taken before the transaction
began and is seen by others only once it has ended. So whoever takes a cut has to know of every
writer that may still bring something from before it.

The one who takes a cut writes it down first, and then looks who is writing. A writer shows
its instant first, by an advisory lock that ends with its transaction, and then looks at the
last cut: where its instant is not later, it gets a later one. So either the one sees the other
or the other way round, whatever clocks say. On SQLite there is one writer at a time, and who
takes a cut is the only one.
"""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from pro_app.core.instants import RECORDED_AHEAD, is_ahead
from pro_app.store.tables import audit_event, cut

TICK = timedelta(microseconds=1)
_MOMENT = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What tells these advisory locks from any others: ten bits before the 53 of an instant.
_MARK = 677
#: The action of a cut's own event, which is no part of what was cut.
TAKEN = "export.made"

_LATE = re.compile(r"cut at (\d+)")

# Shown: the instants of the open writers. A writer of another kind, such as a shell of the
# database, shows none: of it is known when it began, by the database's own clock.
_OPEN = text(
    f"""
    WITH shown AS (
      SELECT pid, (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
       WHERE locktype = 'advisory' AND objsubid = 1
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    SELECT key & {2**53 - 1} AS since FROM shown WHERE key >> 53 = {_MARK}
    UNION ALL
    SELECT (extract(epoch FROM xact_start) * 1000000)::bigint FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
       AND pid NOT IN (SELECT pid FROM shown WHERE key >> 53 = {_MARK})
    """
)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // TICK


def _instant(micros: int) -> datetime:
    return _EPOCH + micros * TICK


def begin_writing(connection: Connection, now: datetime) -> datetime:
    """The instant of a transaction that begins: `now`, or one after the last cut.

    A cut that lies a day ahead or more was taken by a clock that ran ahead: it is passed over.
    """
    if connection.dialect.name == "sqlite":
        last = connection.execute(_LAST).scalar()
        over = last is None or last < now or _is_wrong(last, now)
        return now if last is None or over else last + TICK
    while True:
        # One trip: the BEGIN that the driver would send by itself, and what goes with it.
        key = (_MARK << 53) | _micros(now)
        try:
            _send(connection, f"BEGIN READ WRITE; SELECT begin_writing({key}, {_micros(now)})")
        except DBAPIError as error:
            late = _LATE.search(str(error.orig))
            if late is None:
                raise
            connection.exec_driver_sql("ROLLBACK")
            now = _instant(int(late[1])) + TICK
        else:
            return now


def begin_housekeeping(connection: Connection) -> None:
    """Begin a transaction that writes nothing which a cut would show."""
    if connection.dialect.name == "postgresql":
        _send(connection, "BEGIN READ WRITE")


def _is_wrong(taken: datetime, now: datetime) -> bool:
    return is_ahead(taken, now, at_most=RECORDED_AHEAD)


def _send(connection: Connection, statements: str) -> None:
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True})


_LAST = select(cut.c.taken_at)


def last_recorded(connection: Connection, now: datetime) -> datetime | None:
    """The instant at which something was recorded last: the same until there is more.

    A writer that was put after a cut is a moment later than its clock. What a clock that was
    wrong has put into the future is left out, else it would pull all later writers after it.
    """
    query = select(audit_event.c.at).where(
        audit_event.c.action != TAKEN, audit_event.c.at <= now + _MOMENT
    )
    return connection.execute(query.order_by(audit_event.c.at.desc()).limit(1)).scalar()


def mark_cut(connection: Connection, now: datetime) -> None:
    """Write down that a cut is taken at this instant: who begins from here on writes later."""
    last = connection.execute(_LAST.with_for_update()).scalar()
    if last is None:
        connection.execute(insert(cut), {"id": 1, "taken_at": now})
    elif last < now or _is_wrong(last, now):
        connection.execute(update(cut).values(taken_at=now))


def before_writers(connection: Connection, taken: datetime) -> datetime:
    """The latest instant up to `taken` from which no open transaction can bring anything more."""
    if connection.dialect.name == "sqlite":
        return taken
    since = [_instant(row.since) - TICK for row in connection.execute(_OPEN)]
    return min([taken, *since])
