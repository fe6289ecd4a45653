"""The jobs that keep the schedule: what falls due is found and flagged, once."""

from datetime import datetime, timedelta

from pro_app.acts.occasion import StaffOccasion
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import housekeeping, reading, transaction
from pro_app.store.statuses import flags
from pro_app.store.statuses.flags import Counts

#: The lease of the worker; it runs out if its process dies, and another takes over.
_LEASE = "worker"
_LASTS = timedelta(minutes=5)
#: Facts come all day long, so flags follow them all day long.
FLAGS_EVERY = timedelta(minutes=15)


def synchronise_flags(*, at: StaffOccasion) -> Counts:
    """Open, close and reopen missing-entry flags; how many of each."""
    with transaction(at.actor, at.now) as tx:
        counts = flags.synchronise_flags(tx, at.study, at.today)
        if counts == Counts():
            tx.abandon()
        else:
            tx.record(
                "flags.synchronised",
                f"study:{at.study.id}",
                changes={
                    "opened": [0, counts.opened],
                    "closed": [0, counts.closed],
                    "reopened": [0, counts.reopened],
                },
            )
    return counts


def tick(*, holder: str, at: StaffOccasion) -> Counts | None:
    """Do what is due; None when another process has the lease or nothing is due yet."""
    with housekeeping() as work:
        if not leases.take(work, _LEASE, holder, at.now, _LASTS):
            return None
    if not _due(at.now):
        return None
    counts = synchronise_flags(at=at)
    with housekeeping() as work:
        leases.mark_done(work, _LEASE, at.now)
    return counts


def _due(now: datetime) -> bool:
    with reading() as connection:
        done_at = leases.last_done(connection, _LEASE, now)
    return done_at is None or now - done_at >= FLAGS_EVERY
