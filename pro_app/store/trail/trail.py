"""Read the audit trail: of one subject, or what fits a search, within the reader's sites."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from pro_app.core.seals import Event
from pro_app.core.sites import Everywhere, Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.tables import audit_event, audit_seal, form, patient, redaction
from pro_app.store.trail.sealing import EVENT

#: How a patient filled in a form. It is theirs until they hand the form in.
PATIENT_STEPS = ("draft.begun", "draft.saved", "draft.asked", "draft.discarded")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event of the trail; `changes` maps a field to its old and new value."""

    at: datetime
    actor: str
    role: str
    action: str
    visit: str | None
    changes: Mapping[str, Sequence[Any]]
    reason: str | None


def trail_of(
    connection: Connection, subject: str, *, limit: int, without: Sequence[str] = ()
) -> list[Recorded]:
    """What was recorded of a subject (a patient by the trial number), the latest first.

    `without` names actions to be left out.
    """
    query = (
        select(
            audit_event.c.at,
            audit_event.c.actor,
            audit_event.c.role,
            audit_event.c.action,
            audit_event.c.visit,
            audit_event.c.changes,
            audit_event.c.reason,
        )
        .where(audit_event.c.subject == subject, audit_event.c.action.not_in(without))
        .order_by(audit_event.c.id.desc())
        .limit(limit)
    )
    return [Recorded(*row) for row in connection.execute(query)]


def last_of(connection: Connection, subject: str, action: str) -> Recorded | None:
    """The latest event of this kind about a subject."""
    event = audit_event.c
    row = connection.execute(
        select(
            event.at,
            event.actor,
            event.role,
            event.action,
            event.visit,
            event.changes,
            event.reason,
        )
        .where(event.subject == subject, event.action == action)
        .order_by(event.id.desc())
        .limit(1)
    ).one_or_none()
    return Recorded(*row) if row else None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty fields fit everything.

    `sites`: only what concerns these and their patients; everywhere, also what concerns
    nobody. `field`: only what changed this one. `patient_steps`: with how forms were filled
    in, once they are handed in.
    `until` is the first instant that no longer fits.
    """

    sites: Sites
    number: str = ""
    visit: str = ""
    field: str = ""
    action: str = ""
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None
    patient_steps: bool = False


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What was taken out of an event: its fields, by whom, when and why."""

    fields: Sequence[str]
    why: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Line:
    """An event with its seal's position and chain, None while it waits for one."""

    event: Event
    position: int | None
    chain: str | None
    taken_out: TakenOut | None = None


#: Events with their seals and what was taken out of them.
LINES: Select[Any] = (
    select(
        *EVENT,
        audit_seal.c.position,
        audit_seal.c.chain,
        redaction.c.fields,
        redaction.c.why,
        redaction.c.redacted_at,
        redaction.c.redacted_by,
    )
    .outerjoin(audit_seal, audit_seal.c.event_id == audit_event.c.id)
    .outerjoin(redaction, redaction.c.event_id == audit_event.c.id)
)


def search_trail(
    connection: Connection, search: Search, *, before: int | None, limit: int
) -> list[Line]:
    """The events that fit, the latest first, `before` an event's id."""
    query = _fitting(search).order_by(audit_event.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_event.c.id < before)
    return [line_of(row) for row in connection.execute(query)]


def whole_trail(connection: Connection, search: Search) -> Iterator[Line]:
    """All events that fit, in their order, without holding them all."""
    query = _fitting(search).order_by(audit_event.c.id)
    with connection.execution_options(yield_per=2000).execute(query) as rows:
        for row in rows:
            yield line_of(row)


def _fitting(search: Search) -> Select[Any]:
    event = audit_event.c
    conditions: list[ColumnElement[bool]] = [_readable_steps(search.patient_steps)]
    if search.number:
        conditions.append(event.subject == search.number)
    if search.visit:
        conditions.append(event.visit == search.visit)
    if search.field:
        conditions.append(event.changes[search.field].as_string().is_not(None))
    if search.action:
        conditions.append(event.action == search.action)
    if search.actor:
        names = (search.actor, f"staff:{search.actor}", f"patient:{search.actor}")
        conditions.append(event.actor.in_(names))
    if search.since:
        conditions.append(event.at >= search.since)
    if search.until:
        conditions.append(event.at < search.until)
    if not isinstance(search.sites, Everywhere):
        # Not EXISTS, which PostgreSQL makes a join of the whole trail, sorted for one page.
        site = select(patient.c.site).where(patient.c.number == event.subject)
        of_patient = at_sites(site.scalar_subquery(), search.sites)
        conditions.append(or_(of_patient, event.subject.in_([f"site:{s}" for s in search.sites])))
    return LINES.where(*conditions)


def _readable_steps(patient_steps: bool) -> ColumnElement[bool]:
    event = audit_event.c
    others = event.action.not_in(PATIENT_STEPS)
    if not patient_steps:
        return others
    handed_in = and_(
        patient.c.number == event.subject,
        form.c.patient_id == patient.c.id,
        form.c.visit == event.visit,
        form.c.received_at >= event.at,
    )
    return or_(others, exists().where(handed_in))


def line_of(row: Sequence[Any]) -> Line:
    """A row of `LINES`."""
    taken_out = TakenOut(*row[-4:]) if row[-4] is not None else None
    return Line(Event(*row[:-6]), row[-6], row[-5], taken_out)
