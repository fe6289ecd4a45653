"""The seal of the trail: events in a hash chain, so that a change of any of them shows.

Each event is written as canonical bytes and hashed; each seal hashes the seal before
it together with its own place, event, digest and instant. Events are sealed in the
order of their ids and never otherwise, so that a row among them that has no seal can
only have been put there later. Of a sealed event words may be taken out that name
somebody: its seal stays, and a later event, itself sealed, says what is left of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from pro_app.core.trail_event import (
    FORMAT,
    FORMAT_2,
    REDACTED,
    Event,
    canonical,
    digest,
    instant_text,
    is_empty,
    without,
)
from pro_app.core.witness import DataVerdict

__all__ = ["Event", "canonical", "digest", "without"]

#: What the first seal follows.
START = sha256(FORMAT.encode("utf-8")).hexdigest()

_HEAD = re.compile(r"(?:([1-9][0-9]{0,17}):)?([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal of one event. `position` counts from 1 without a gap."""

    position: int
    event_id: int
    event_sha256: str
    sealed_at: datetime
    chain: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was taken out of a sealed event: its digest as it was sealed, and of what is left.

    `commitments`: field → what was sealed of it; None for an event of version 1, of which
    the fields that were not named can't be proven.
    """

    event_id: int
    event_sha256: str
    left_sha256: str
    fields: tuple[str, ...] = ()
    commitments: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The last seal as somebody wrote it down: where the chain then ended, if that was kept."""

    chain: str
    position: int | None = None


class Wrong(StrEnum):
    """What is wrong with the first row that is."""

    ALTERED = "ALTERED"  # the event says something else than when it was sealed
    DELETED = "DELETED"  # the event is gone, its seal is there
    INSERTED = "INSERTED"  # an event among the sealed ones that has no seal
    REORDERED = "REORDERED"  # another event or seal stands in this one's place
    SEAL_ALTERED = "SEAL_ALTERED"  # the seal does not follow from the one before it
    SEAL_DELETED = "SEAL_DELETED"  # the chain has a gap
    CUT = "CUT"  # the chain ends before the head that was kept outside
    REPLACED = "REPLACED"  # the head that was kept outside is nowhere in the chain


@dataclass(frozen=True, slots=True)
class Finding:
    """The first row that is wrong: its place in the chain, and its event where one is known."""

    wrong: Wrong
    position: int
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found; `waiting` events are not sealed yet.

    `redacted`: of so many sealed events words were taken out, as later events say. Where
    `finding` is not None the rest was not looked at, and the counts end there.
    `unproven` of the redacted are of version 1: what is left of them can't be proven.
    """

    sealed: int
    waiting: int
    head: Seal | None
    finding: Finding | None = None
    redacted: int = 0
    unproven: int = 0
    data: DataVerdict | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong, as far as was looked."""
        return self.finding is None and (self.data is None or self.data.difference is None)

    def with_data(self, data: DataVerdict) -> "Verdict":
        """The verdict with that on the tables, which were compared with this trail."""
        return replace(self, data=data)


def seal_all(events: Iterable[Event], last: Seal | None, now: datetime) -> Iterator[Seal]:
    """The seals of the events, in their order, each following the one before."""
    position, before = (last.position, last.chain) if last else (0, START)
    for event in events:
        position += 1
        event_sha256 = digest(event)
        before = _link(before, position, event.id, event_sha256, now, _version(event))
        yield Seal(position, event.id, event_sha256, now, before)


def read_head(text: str) -> Head | None:
    """A head as `1234:HEX` or HEX alone; None where it is neither."""
    found = _HEAD.fullmatch(text.strip().lower())
    return Head(found[2], int(found[1]) if found[1] else None) if found else None


def verify(
    seals: Iterable[Seal],
    events: Iterable[Event],
    head: Head | None = None,
    redactions: Mapping[int, Redaction] | None = None,
) -> Verdict:
    """The verdict on a chain and its trail; with a head kept outside also on the chain's end.

    Shapes: seals by position, events by id, all of them; redactions by event.
    """
    seals, events = iter(seals), iter(events)
    told = redactions or {}
    last: Seal | None = None
    event = next(events, None)
    seen = head is None
    unsaid: dict[int, int] = {}  # redacted event → its position, until a later event says so
    redacted = unproven = 0
    for seal in seals:
        version = _version_of(seal, last)
        finding = _seal_finding(seal, version, last, event) or _event_finding(
            seal, version, event, seals, told
        )
        if finding:
            return Verdict(last.position if last else 0, 0, last, finding, redacted, unproven)
        if event and event.id in told:
            unsaid[event.id] = seal.position
            redacted += 1
            unproven += event.salts is None
        _hear(event, told, unsaid)
        last, event = seal, next(events, None)
        seen = seen or (head is not None and _is_head(seal, head))
    sealed = last.position if last else 0
    waiting = 0
    while event is not None:
        waiting += 1
        _hear(event, told, unsaid)
        event = next(events, None)
    end = None if seen else _end_finding(sealed, head)
    if unsaid:  # in their order: the first is the lowest
        event_id, position = next(iter(unsaid.items()))
        end = Finding(Wrong.ALTERED, position, event_id)
    return Verdict(sealed, waiting, last, end, redacted, unproven)


def _hear(event: Event | None, told: Mapping[int, Redaction], unsaid: dict[int, int]) -> None:
    """Strike out the redacted event of which this one says what is left."""
    if event is None or event.action != REDACTED:
        return
    said = {name: pair[-1] for name, pair in event.changes.items() if pair}
    event_id = said.get("event_id")
    if event_id not in unsaid or told[event_id].left_sha256 != said.get("left_sha256"):
        return
    if list(told[event_id].fields) == (said.get("fields") or []):
        del unsaid[event_id]


def _seal_finding(
    seal: Seal, version: int | None, last: Seal | None, event: Event | None
) -> Finding | None:
    """What is wrong with the seal itself, given the one before and the next event."""
    position = last.position + 1 if last else 1
    if seal.position > position:
        unsealed = event is not None and event.id < seal.event_id
        return Finding(Wrong.SEAL_DELETED, position, event.id if event and unsealed else None)
    out_of_order = last is not None and seal.event_id <= last.event_id
    unlinked = version is None and not out_of_order
    if seal.position < position or unlinked:
        later = event is not None and event.id < seal.event_id
        wrong = Wrong.REORDERED if later else Wrong.SEAL_ALTERED
        return Finding(wrong, seal.position, seal.event_id)
    return Finding(Wrong.REORDERED, position, seal.event_id) if out_of_order else None


def _event_finding(
    seal: Seal,
    version: int | None,
    event: Event | None,
    later: Iterable[Seal],
    told: Mapping[int, Redaction],
) -> Finding | None:
    """What is wrong with the event that a sound seal stands for."""
    if event is None or event.id > seal.event_id:
        return Finding(Wrong.DELETED, seal.position, seal.event_id)
    if event.id < seal.event_id:
        return Finding(Wrong.INSERTED, seal.position, event.id)
    found = digest(event)
    if _version(event) == version:
        redaction = told.get(event.id)
        if found == seal.event_sha256 or (redaction and _is_what_is_left(event, redaction, seal)):
            return None
    moved = any(each.event_sha256 == found for each in later)
    return Finding(Wrong.REORDERED if moved else Wrong.ALTERED, seal.position, event.id)


def _is_what_is_left(event: Event, redaction: Redaction, seal: Seal) -> bool:
    """Whether the event is the sealed one without the fields that were taken out of it."""
    if redaction.event_sha256 != seal.event_sha256 or redaction.left_sha256 != digest(event):
        return False
    # Else a field could say something else behind the commitment of what it was.
    if not all(is_empty(event, field) for field in redaction.fields):
        return False
    if event.salts is None:
        return True
    kept = redaction.commitments or {}
    return set(kept) == set(redaction.fields) and digest(event, kept) == seal.event_sha256


def _end_finding(sealed: int, head: Head | None) -> Finding:
    if head and head.position and head.position > sealed:
        return Finding(Wrong.CUT, sealed + 1)
    return Finding(Wrong.REPLACED, (head and head.position) or sealed)


def _is_head(seal: Seal, head: Head) -> bool:
    return seal.chain == head.chain and head.position in (None, seal.position)


def _version(event: Event) -> int:
    return 1 if event.salts is None else 2


def _version_of(seal: Seal, last: Seal | None) -> int | None:
    """The version of the event that was sealed; None where the seal follows from nothing.

    It is part of the seal, so that no event passes later for one of version 1.
    """
    before = last.chain if last else START
    sealed = (before, seal.position, seal.event_id, seal.event_sha256, seal.sealed_at)
    return next((n for n in (2, 1) if _link(*sealed, n) == seal.chain), None)


def _link(
    before: str,
    position: int,
    event_id: int,
    event_sha256: str,
    sealed_at: datetime,
    version: int,
) -> str:
    text = f"{before}\n{position}\n{event_id}\n{event_sha256}\n{instant_text(sealed_at)}\n"
    if version > 1:
        text += f"{FORMAT_2}\n"
    return sha256(text.encode("ascii")).hexdigest()
