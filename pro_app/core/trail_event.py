"""One event of the trail, and the bytes that are sealed of it.

From version 2 on the digest of an event is over one salted commitment for each value that
could name somebody: each entry of `changes`, and the reason. A commitment proves the value
and shows nothing of it, so that one value can be taken out and the rest is still proven.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any

#: The versions of the canonical bytes; docs/trail.md says what they mean.
FORMAT = "pro_app trail 1"
FORMAT_2 = "pro_app trail 2"

#: The action of the event that says what was taken out of another one, and what is left.
REDACTED = "trail.redacted"

#: The salt under which the digests of the rows stand that an event tells of.
ROWS = "data"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the trail; `changes` maps a field to its old and new value.

    `salts`: `reason` or `changes.` and a name → the salt of its commitment; None for an
    event of version 1. `data`: digests of the rows that its transaction wrote, if any.
    """

    id: int
    at: datetime
    actor: str
    role: str
    site: str | None
    action: str
    subject: str
    visit: str | None
    changes: Mapping[str, Sequence[Any]]
    reason: str | None
    salts: Mapping[str, str] | None = None
    data: Mapping[str, Any] | None = None


def instant_text(value: datetime) -> str:
    """2026-03-05T00:00:00.000000Z, always with the six digits that databases keep."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't be sealed")


_WRITER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
)


def sealed_bytes(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no white space, UTF-8; days and instants as texts."""
    # A lone surrogate is no character, yet JSON can carry one; it must not stop the job.
    return _WRITER.encode(value).encode("utf-8", "surrogatepass")


def fields_of(changes: Mapping[str, Any], reason: str | None) -> list[str]:
    """The fields of an event that get a commitment of their own."""
    named = [f"changes.{name}" for name in changes]
    return named if reason is None else [*named, "reason"]


def commitment(salt: str, field: str, value: Any) -> str:
    """What proves a field's value to whoever has the salt, and tells nobody else anything.

    `value`: the old and new value of `changes.NAME`, or the words of `reason`.
    """
    return sha256(sealed_bytes([salt, field, value])).hexdigest()


def canonical(event: Event, kept: Mapping[str, str] | None = None) -> bytes:
    """The bytes that are sealed of an event: the same whatever database it was read from.

    Its id is not among them: the seal holds that, so that a row which was moved is
    known again. `kept`: the commitments of fields that were taken out of it.
    """
    content = {
        "action": event.action,
        "actor": event.actor,
        "at": event.at,
        "changes": dict(event.changes),
        "reason": event.reason,
        "role": event.role,
        "site": event.site,
        "subject": event.subject,
        "visit": event.visit,
    }
    if event.salts is not None:
        sealed = _commitments(event, kept or {})
        content["changes"] = {name: sealed[f"changes.{name}"] for name in event.changes}
        content["reason"] = sealed["reason"]
        content |= {"format": FORMAT_2, "data": event.data}
    return sealed_bytes(content)


def commitments_of(event: Event, fields: Iterable[str]) -> dict[str, str] | None:
    """Field → its commitment; None for an event of version 1, which has none."""
    if event.salts is None:
        return None
    sealed = _commitments(event, {})
    return {field: sealed[field] for field in fields}


def _commitments(event: Event, kept: Mapping[str, str]) -> dict[str, Any]:
    """Field → its commitment; what has no salt as it is: no words, where all is well."""
    salts = event.salts or {}
    values: dict[str, Any] = {f"changes.{name}": pair for name, pair in event.changes.items()}
    values["reason"] = event.reason
    return {
        field: kept.get(field)
        or (commitment(salts[field], field, value) if field in salts else value)
        for field, value in values.items()
    }


def digest(event: Event, kept: Mapping[str, str] | None = None) -> str:
    return sha256(canonical(event, kept)).hexdigest()


def is_empty(event: Event, field: str) -> bool:
    """Whether nothing is left of a field, nor of its salt."""
    if event.salts and field in event.salts:
        return False
    if field == "reason":
        return event.reason is None
    pair = event.changes.get(field.removeprefix("changes."))
    return pair is not None and list(pair) == [None, None]


def without(event: Event, fields: Iterable[str]) -> Event:
    """The event with these fields and their salts gone: `reason`, or `changes.` and a name.

    Errors: KeyError names a field that the event does not have, or that can't be taken.
    """
    fields = list(fields)
    changes, reason = dict(event.changes), event.reason
    for field in fields:
        name = field.removeprefix("changes.")
        if field == "reason" and reason is not None:
            reason = None
        elif name != field and name in changes and event.action != REDACTED:
            changes[name] = (None, None)
        else:
            raise KeyError(field)
    salts = event.salts
    if salts is not None:
        salts = {field: salt for field, salt in salts.items() if field not in fields}
    return replace(event, changes=changes, reason=reason, salts=salts)
