"""Seal the trail in batches, verify it, and take words out of it that name somebody."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pro_app.acts.occasion import StaffOccasion
from pro_app.audit.daily import Verified, last_verification
from pro_app.core.seals import Head, Seal, Verdict, seal_all
from pro_app.core.trail_event import digest
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import Tx, asking, housekeeping, reading, transaction
from pro_app.store.trail import redactions, sealing, witnessing

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


def check(head: Head | None = None, *, data: bool = False) -> Verdict:
    """The verdict on the whole trail as it is at one moment; with `data` on the tables too."""
    with reading(snapshot=True) as connection:
        return witnessing.check(connection, head, data=data)


class RedactionProblem(StrEnum):
    """Why nothing was taken out of an event."""

    NO_EVENT = "NO_EVENT"
    NOT_SEALED = "NOT_SEALED"  # it will be within a minute
    ALTERED = "ALTERED"  # it no longer is what was sealed: that must not be covered up
    ALREADY = "ALREADY"  # something was taken out of it before; once is all there is
    NO_FIELD = "NO_FIELD"  # it has no such field, or that field must stay


def redact(
    event_id: int, fields: Sequence[str], *, why: str, at: StaffOccasion
) -> RedactionProblem | None:
    """Take fields out of a sealed event for good; None once that is done.

    The trail keeps who did it, why, which fields, and the digest of what is left.
    """
    with transaction(at.actor, at.now) as tx:
        problem = _redact(tx, event_id, fields, why)
        if problem:
            tx.abandon()
        return problem


def _redact(tx: Tx, event_id: int, fields: Sequence[str], why: str) -> RedactionProblem | None:
    found = redactions.find_sealed(tx, event_id)
    if found is None:
        return RedactionProblem.NO_EVENT
    event, sealed_sha256 = found
    if sealed_sha256 is None:
        return RedactionProblem.NOT_SEALED
    if redactions.is_redacted(tx, event_id):
        return RedactionProblem.ALREADY
    if digest(event) != sealed_sha256:
        return RedactionProblem.ALTERED
    try:
        redactions.redact(tx, event, list(dict.fromkeys(fields)), why)
    except KeyError:
        return RedactionProblem.NO_FIELD
    return None


@dataclass(frozen=True, slots=True)
class Sealing:
    """The last seal, how many events came after it, and what was last found of trail and data."""

    last: Seal | None
    waiting: int
    verified: Verified | None = None


def head_now() -> str | None:
    """The head as it is written down, `1234:9f86d081…`; None while nothing is sealed."""
    with asking() as connection:
        last = sealing.last_seal(connection)
    return f"{last.position}:{last.chain}" if last else None


def sealing_now() -> Sealing:
    with reading() as connection:
        last = sealing.last_seal(connection)
        waiting = sealing.count_unsealed(connection, last)
        return Sealing(last, waiting, last_verification(connection))
