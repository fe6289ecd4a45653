"""Leases: which of several processes does a periodic job, and when it was last done."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pro_app.core.instants import SLACK, is_ahead
from pro_app.store.engine.transaction import Housekeeping
from pro_app.store.tables import lease


def take(work: Housekeeping, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Whether `holder` now has the lease: it was free, run out, or its own already.

    One that lies further ahead than it can was taken by a clock that ran ahead: it is over.
    """
    until = lease.c.until_at
    over = or_(lease.c.holder == holder, until <= now, until > now + lasts + SLACK)
    taken = work.execute(
        update(lease).where(lease.c.name == name, over).values(holder=holder, until_at=now + lasts)
    )
    if taken.rowcount:
        return True
    values = {"name": name, "holder": holder, "until_at": now + lasts}
    dialect = postgresql if work.dialect == "postgresql" else sqlite
    added = dialect.insert(lease).values(**values).on_conflict_do_nothing()
    return bool(work.execute(added.execution_options(preserve_rowcount=True)).rowcount)


def mark_done(work: Housekeeping, name: str, now: datetime) -> None:
    work.execute(update(lease).where(lease.c.name == name).values(done_at=now))


def last_done(connection: Connection, name: str, now: datetime) -> datetime | None:
    """When the job was last done; None also where that instant lies ahead of now."""
    done_at = connection.execute(select(lease.c.done_at).where(lease.c.name == name)).scalar()
    return None if done_at is None or is_ahead(done_at, now) else done_at
