"""Seal the trail in batches, and verify it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app.core.seals import Head, Seal, Verdict, seal_all, verify
from pro_app.store import leases, sealing
from pro_app.store.transaction import asking, housekeeping, reading

_LEASE = "seals"
#: So many events to a transaction: on SQLite a writer waits for it, some hundredths of a second.
_BATCH = 1000
_LOOK_EVERY_SECONDS = 0.05
_PATIENCE = 200  # looks: ten seconds, then the next run tries again


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many events were sealed; `held_up`: a transaction older than some is still open."""

    events: int
    held_up: bool = False


def seal(*, holder: str, now: datetime, pause: Callable[[float], None] = time.sleep) -> Sealed:
    """Seal what is settled, in order of ids. Any number of processes may call it at once."""
    up_to = _settled(pause)
    if up_to is None:
        return Sealed(0, held_up=True)
    with asking() as connection:
        last = sealing.last_seal(connection)
    if last is not None and last.event_id >= up_to:
        return Sealed(0)  # an idle run writes nothing
    total = 0
    while sealed := _seal_batch(up_to, holder, now):
        total += sealed
    return Sealed(total)


def _settled(pause: Callable[[float], None]) -> int | None:
    """The id up to which no event can appear any more; None where that takes too long."""
    with asking() as connection:
        mark = sealing.mark(connection)
    for _ in range(_PATIENCE):
        if not mark.writers:
            return mark.up_to
        pause(_LOOK_EVERY_SECONDS)
        with asking() as connection:
            still = mark.writers & sealing.open_writers(connection)
        mark = sealing.Mark(mark.up_to, still)
    return None


def _seal_batch(up_to: int, holder: str, now: datetime) -> int:
    """How many events were sealed, all in one transaction with nobody else at it."""
    with housekeeping() as work:
        # Held until the commit, and free for the next process from then on.
        if not leases.take(work, _LEASE, holder, now, timedelta(0)):
            return 0
        last, events = sealing.next_to_seal(work, up_to, _BATCH)
        if events:
            sealing.keep_seals(work, list(seal_all(events, last, now)))
        return len(events)


def check(head: Head | None = None) -> Verdict:
    """The verdict on the whole trail as it is at one moment."""
    with reading(snapshot=True) as connection:
        return verify(sealing.all_seals(connection), sealing.all_events(connection), head)


@dataclass(frozen=True, slots=True)
class Sealing:
    """The last seal, and how many events came after it."""

    last: Seal | None
    waiting: int


def sealing_now() -> Sealing:
    with reading() as connection:
        last = sealing.last_seal(connection)
        return Sealing(last, sealing.count_unsealed(connection, last))
