"""Verify trail and data once a day, and keep in the trail what was found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.instants import RECORDED_AHEAD, is_ahead
from pro_app.core.seals import Finding, Verdict, Wrong
from pro_app.core.witness import Difference, Differs
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import Reader, housekeeping, reading, transaction
from pro_app.store.trail import witnessing
from pro_app.store.trail.trail import last_of

_SUBJECT = "trail"
_VERIFIED = "trail.verified"
#: So long nobody else tries; it takes a minute for a hundred thousand forms.
_TRYING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found, and when. Where both are None, all was as it should be."""

    at: datetime
    sealed: int
    rows: int
    unwitnessed: int
    finding: Finding | None = None
    difference: Difference | None = None

    @property
    def whole(self) -> bool:
        return self.finding is None and self.difference is None


def verify_due(*, holder: str, at: StaffOccasion) -> Verdict | None:
    """The verdict of today's verification, None where it was made before or is being made."""
    with reading() as connection:
        before = last_of(connection, _SUBJECT, _VERIFIED)
    wrong = before and is_ahead(before.at, at.now, at_most=RECORDED_AHEAD)
    if before and not wrong and at.day_of(before.at) >= at.today:
        return None
    with housekeeping() as work:
        if not leases.take(work, "verify data", holder, at.now, _TRYING):
            return None
    with reading(snapshot=True) as connection:
        verdict = witnessing.check(connection, data=True)
    with transaction(at.actor, at.now) as tx:
        changes = {name: (None, value) for name, value in _told(verdict).items()}
        tx.record("trail.verified", _SUBJECT, changes=changes)
    return verdict


def last_verification(connection: Reader) -> Verified | None:
    """What the last verification found; None before the first one."""
    found = last_of(connection, _SUBJECT, _VERIFIED)
    if found is None:
        return None
    told = {name: pair[1] for name, pair in found.changes.items()}
    finding, difference = _read(told.get("found") or {})
    return Verified(
        at=found.at,
        sealed=told["sealed"],
        rows=told["rows"],
        unwitnessed=told["unwitnessed"],
        finding=finding,
        difference=difference,
    )


def _told(verdict: Verdict) -> dict[str, Any]:
    data, found = verdict.data, _found(verdict)
    counts = {
        "sealed": verdict.sealed,
        "rows": data.rows if data else 0,
        "unwitnessed": data.unwitnessed if data else 0,
    }
    return counts | ({"found": found} if found else {})


def _found(verdict: Verdict) -> dict[str, Any] | None:
    if verdict.finding:
        of_trail = verdict.finding
        return {
            "wrong": of_trail.wrong.value,
            "position": of_trail.position,
            "event_id": of_trail.event_id,
        }
    found = verdict.data.difference if verdict.data else None
    if found is None:
        return None
    return {
        "wrong": found.wrong.value,
        "table": found.table,
        "key": list(found.key) if found.key else None,
        "event_id": found.event_id,
        "number": found.number,
        "visit": found.visit,
    }


def _read(found: dict[str, Any]) -> tuple[Finding | None, Difference | None]:
    if "table" in found:
        wrong, key = Differs(found["wrong"]), found["key"]
        return None, Difference(**(found | {"wrong": wrong, "key": tuple(key) if key else None}))
    if found:
        return Finding(**(found | {"wrong": Wrong(found["wrong"])})), None
    return None, None
