"""Search the trail page by page, and hand it out as a file that is itself recorded."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from pro_app.acts.occasion import StaffOccasion
from pro_app.clock import day_of
from pro_app.core.cells import safe_text
from pro_app.core.leaving import may_leave, shows_changes
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.patients.leaving import held_back, held_back_of
from pro_app.store.patients.numbers import find_number
from pro_app.store.trail.trail import Line, search_trail, whole_trail
from pro_app.store.trail.trail import Search as Search

PAGE_ROWS = 50
_FIELD = re.compile(r"[A-Za-z0-9_]{1,60}")
_FIRST_DAY = date(1970, 1, 1)  # nothing is older, and no zone leaves the calendar there
COLUMNS = (
    "event_id", "at_utc", "at_local", "actor", "role", "site", "action", "subject", "visit",
    "field", "old", "new", "reason", "seal_position", "seal", "taken_out",
)  # fmt: skip


class AskProblem(StrEnum):
    """What can be wrong in an address."""

    NOT_A_DAY = "NOT_A_DAY"  # not YYYY-MM-DD
    NOT_A_FIELD = "NOT_A_FIELD"  # no name that a field could have
    NOT_A_PAGE = "NOT_A_PAGE"  # the place to go on from is no event's id


class BadAsk(ValueError):
    """An address asks for what can't be had; `value` is what stood there, cut short."""

    def __init__(self, problem: AskProblem, value: str) -> None:
        super().__init__(f"{problem}: {value!r}")
        self.problem = problem
        self.value = value[:40]


@dataclass(frozen=True, slots=True)
class Page:
    """Lines of the trail, the latest first; `before` is where the next page goes on.

    `held_back`: the events of which nothing is shown but that there was one.
    """

    lines: tuple[Line, ...]
    before: int | None
    held_back: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Exported:
    events: int
    rows: int
    sha256: str


def asked(given: dict[str, str], *, patient_steps: bool, at: StaffOccasion) -> Search:
    """The search of an address, within the reader's sites. Errors: BadAsk."""
    zone = ZoneInfo(at.study.time_zone)
    since, until = _day(given["from"]), _day(given["to"])
    if given["field"] and not _FIELD.fullmatch(given["field"]):
        raise BadAsk(AskProblem.NOT_A_FIELD, given["field"])
    return Search(
        number=_meant(given["number"], at),
        visit=given["visit"],
        field=given["field"],
        action=given["action"],
        actor=given["actor"],
        since=_midnight(since, zone) if since else None,
        until=_midnight(until + timedelta(days=1), zone) if until else None,
        sites=at.sites,
        patient_steps=patient_steps,
    )


def _meant(typed: str, at: StaffOccasion) -> str:
    """The patient's number, or what was typed: the trail tells of others than patients, too."""
    if not typed:
        return ""
    with reading() as connection:
        return find_number(connection, typed, sites=at.sites) or typed


def page(search: Search, *, before: str, at: StaffOccasion) -> Page:
    """One page of what fits. Errors: BadAsk."""
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise BadAsk(AskProblem.NOT_A_PAGE, before)
    with reading() as connection:
        start = int(before) if before else None
        lines = search_trail(connection, search, before=start, limit=PAGE_ROWS + 1)
        shown = tuple(lines[:PAGE_ROWS])
        held = held_back_of(connection, (line.event.subject for line in shown))
    return Page(
        shown,
        shown[-1].event.id if len(lines) > PAGE_ROWS else None,
        frozenset(
            event.id
            for event in (line.event for line in shown)
            if not shows_changes(held.get(event.subject), event.action, at.day_of(event.at))
        ),
    )


def export(
    search: Search, target: BinaryIO, *, filters: dict[str, str], at: StaffOccasion
) -> Exported | None:
    """What was written to `target`, recorded in the trail; None where nothing fits.

    Of whoever withdrew consent to further use, only what was recorded by then and may leave.
    Shapes: one row for each field that changed, or one for an event without any.
    """
    made = _write(search, target, at.study.time_zone)
    if not made.events:
        return None
    # Before it is handed over. What was looked for is known to the trail, since it fits.
    counts = {"events": made.events, "rows": made.rows, "sha256": made.sha256}
    told = {name: value for name, value in filters.items() if value} | counts
    if search.number:
        told["number"] = search.number
    with transaction(at.actor, at.now) as tx:
        tx.record("trail.exported", "trail", changes={k: [None, v] for k, v in told.items()})
    return made


def as_text(value: Any) -> str | None:
    """A value of the trail as a cell or a page shows it: words as they are, the rest as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _write(search: Search, target: BinaryIO, time_zone: str) -> Exported:
    digest = hashlib.sha256()
    part = io.StringIO(newline="")
    writer = csv.writer(part, lineterminator="\r\n")

    def hand_on() -> None:
        text = part.getvalue().encode("utf-8")
        digest.update(text)
        target.write(text)
        part.seek(0)
        part.truncate()

    writer.writerow(COLUMNS)
    events = rows = 0
    zone = ZoneInfo(time_zone)
    with reading(snapshot=True) as connection:
        held = held_back(connection)
        for line in whole_trail(connection, search):
            if not may_leave(held, line.event.subject, day_of(line.event.at, time_zone)):
                continue
            events += 1
            for row in _rows(line, zone, search.field):
                writer.writerow(row)
                rows += 1
            if events % 1000 == 0:
                hand_on()
    hand_on()
    return Exported(events, rows, digest.hexdigest())


def _rows(line: Line, zone: ZoneInfo, only: str) -> Iterator[list[Any]]:
    event = line.event
    at_utc = event.at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
    texts = (event.actor, event.role, event.site, event.action, event.subject, event.visit)
    first = [event.id, at_utc, event.at.astimezone(zone).isoformat(), *map(safe_text, texts)]
    gone = line.taken_out
    note = (
        f"{', '.join(gone.fields)}: {gone.by}, {gone.at.isoformat()}: {gone.why}" if gone else None
    )
    last = [safe_text(event.reason), line.position, line.chain, safe_text(note)]
    changes: Any = event.changes.items() if event.changes else [(None, (None, None))]
    for field, pair in changes:
        if only and field != only:
            continue
        old, new = (as_text(value) for value in pair)
        yield [*first, safe_text(field), safe_text(old), safe_text(new), *last]


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadAsk(AskProblem.NOT_A_DAY, text) from None
    if found.isoformat() != text or not _FIRST_DAY <= found < date.max:
        raise BadAsk(AskProblem.NOT_A_DAY, text)
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
