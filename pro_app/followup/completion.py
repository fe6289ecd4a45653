"""Tell a site once a day at which visits too few of its expected forms came."""

from dataclasses import dataclass
from datetime import timedelta

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.completion import low_visits
from pro_app.core.rates import VisitRates
from pro_app.core.sites import EVERYWHERE
from pro_app.store.desk import site_tasks
from pro_app.store.desk.site_tasks import Ended, Kind, OpenSiteTask
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import Reader, Tx, housekeeping, reading, transaction
from pro_app.store.statuses.tallies import tallied

_LEASE = "completion"
_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Changed:
    """How many tasks were opened, and how many closed since the rate is back."""

    opened: int = 0
    closed: int = 0


def look(*, holder: str, at: StaffOccasion) -> Changed:
    """Open and close the tasks of each site, on the first run of a day.

    Where another process has the lease, or it was done today, nothing is done.
    """
    with housekeeping() as work:
        if not leases.take(work, _LEASE, holder, at.now, _LASTS):
            return Changed()
    with reading() as connection:
        done_at = leases.last_done(connection, _LEASE, at.now)
    if done_at is not None and at.day_of(done_at) >= at.today:
        return Changed()
    changed = follow(at=at)
    with housekeeping() as work:
        leases.mark_done(work, _LEASE, at.now)
    return changed


def follow(*, at: StaffOccasion) -> Changed:
    """Bring the tasks in line with the rates of today."""
    with reading(snapshot=True) as connection:
        there = {
            (task.site, task.visit): task
            for task in site_tasks.open_site_tasks(connection, sites=EVERYWHERE)
            if task.kind == Kind.LOW_COMPLETION
        }
        low = _low(connection, at)
    new = {place: row for place, row in low.items() if place not in there}
    over = [task for place, task in there.items() if place not in low]
    if new or over:
        with transaction(at.actor, at.now) as tx:
            for (site, visit), row in new.items():
                _open(tx, site, visit, row)
            for task in over:
                _close(tx, task)
    return Changed(len(new), len(over))


def _open(tx: Tx, site: str, visit: str | None, row: VisitRates) -> None:
    site_tasks.open_site_task(tx, site, Kind.LOW_COMPLETION, visit)
    changes = {
        "kind": (None, Kind.LOW_COMPLETION.value),
        "valid": (None, f"{row.counts.v}/{row.counts.e}"),
    }
    tx.record("site_task.opened", f"site:{site}", visit=visit, changes=changes)


def _close(tx: Tx, task: OpenSiteTask) -> None:
    site_tasks.close_site_task(tx, task.id, Ended.RATE_BACK)
    changes = {"kind": (task.kind, None), "outcome": (None, Ended.RATE_BACK.value)}
    tx.record("site_task.closed", f"site:{task.site}", visit=task.visit, changes=changes)


def _low(connection: Reader, at: StaffOccasion) -> dict[tuple[str, str | None], VisitRates]:
    """(site, visit) → its numbers, where less than the study's floor came."""
    study = at.study
    if study.completion_floor is None:
        return {}
    tallies = tallied(connection, study, at.instrument, sites=EVERYWHERE, as_of=at.today, by="site")
    found: dict[tuple[str, str | None], VisitRates] = {}
    for site in study.sites:
        rows = tallies.of(site.code).rows
        low = low_visits(rows, study.completion_floor)
        found |= {(site.code, row.visit): row for row in rows if row.visit in low}
    return found
