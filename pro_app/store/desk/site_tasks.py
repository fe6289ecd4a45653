"""What a job asks of a site as a whole, from the day it applies until it no longer does."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import site_task


class Kind(StrEnum):
    """What is asked."""

    LOW_COMPLETION = "LOW_COMPLETION"  # too few of a visit's expected forms are valid


class Ended(StrEnum):
    """How a task of a site ended."""

    RATE_BACK = "RATE_BACK"  # the rate is up again, or nobody asks for it any more


@dataclass(frozen=True, slots=True)
class OpenSiteTask:
    id: int
    site: str
    kind: str
    visit: str | None
    opened_at: datetime


def open_site_tasks(connection: Connection, *, sites: Sites) -> tuple[OpenSiteTask, ...]:
    """What is asked of these sites, the longest open first."""
    task = site_task.c
    query = (
        select(task.id, task.site, task.kind, task.visit, task.opened_at)
        .where(task.closed_at.is_(None))
        .order_by(task.opened_at, task.id)
    )
    query = query.where(at_sites(task.site, sites))
    return tuple(OpenSiteTask(*row) for row in connection.execute(query))


def open_site_task(tx: Tx, site: str, kind: Kind, visit: str | None) -> None:
    values = {"site": site, "kind": kind.value, "visit": visit, "opened_at": tx.now}
    tx.execute(insert(site_task), values)


def close_site_task(tx: Tx, task_id: int, outcome: Ended) -> None:
    tx.execute(
        update(site_task)
        .where(site_task.c.id == task_id)
        .values(closed_at=tx.now, closed_by=tx.actor.name, outcome=outcome.value)
    )
