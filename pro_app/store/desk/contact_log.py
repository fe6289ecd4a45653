"""The contact log: each attempt to reach a patient, and who is not reached at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)

from pro_app.core.contact import Attempt, Channel, Outcome
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.few import few
from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.voided import is_void
from pro_app.store.statuses.cuts import Cut
from pro_app.store.statuses.rule import asked_no_more
from pro_app.store.tables import contact_attempt, form, patient

_ATTEMPT = (
    contact_attempt.c.made_at,
    contact_attempt.c.channel,
    contact_attempt.c.outcome,
    contact_attempt.c.call_back_at,
)


@dataclass(frozen=True, slots=True)
class Logged:
    """An attempt as it stands in the log."""

    id: int
    visit: str | None
    attempt: Attempt
    recorded_by: str


@dataclass(frozen=True, slots=True)
class NotReached:
    """A patient whom nobody has reached since `attempts` tries, the last one then."""

    number: str
    attempts: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class CallBack:
    """A patient who is to be called again at a time that was named."""

    number: str
    visit: str | None
    call_back_at: datetime


def keep_attempt(tx: Tx, patient_id: int, visit: str | None, made: Attempt) -> None:
    """Write an attempt into the log; the trail's record is the caller's."""
    tx.execute(
        insert(contact_attempt),
        {
            "patient_id": patient_id,
            "visit": visit,
            "made_at": made.made_at,
            "channel": made.channel.value,
            "outcome": made.outcome.value,
            "call_back_at": made.call_back_at,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )


def take_back(tx: Tx, attempt_id: int) -> None:
    """It was written down by mistake: it counts no more, and stays as history."""
    tx.execute(
        update(contact_attempt)
        .where(contact_attempt.c.id == attempt_id)
        .values(superseded_at=tx.now)
    )


def log_of(connection: Connection, patient_id: int) -> list[Logged]:
    """The attempts to reach one patient, the latest first."""
    query = (
        select(
            contact_attempt.c.id, contact_attempt.c.visit, contact_attempt.c.recorded_by, *_ATTEMPT
        )
        .where(contact_attempt.c.patient_id == patient_id, known(contact_attempt, None))
        .order_by(contact_attempt.c.made_at.desc(), contact_attempt.c.id.desc())
    )
    return [
        Logged(row.id, row.visit, _attempt(row), row.recorded_by)
        for row in connection.execute(query)
    ]


def latest(
    connection: Connection, numbers: Iterable[str], *, since: datetime
) -> list[tuple[str, str | None, Attempt]]:
    """(number, visit, attempt) since an instant, the latest first."""
    query = (
        select(patient.c.number, contact_attempt.c.visit, *_ATTEMPT)
        .join(patient, patient.c.id == contact_attempt.c.patient_id)
        .where(
            patient.c.number.in_(sorted(set(numbers))),
            contact_attempt.c.made_at >= since,
            known(contact_attempt, None),
        )
        .order_by(contact_attempt.c.made_at.desc(), contact_attempt.c.id.desc())
    )
    return [(row.number, row.visit, _attempt(row)) for row in connection.execute(query)]


def not_reached(
    connection: Connection, *, sites: Sites, since: datetime, tries: int, limit: int
) -> Cut[NotReached]:
    """The patients whom so many tries since an instant did not reach, the longest tried first.

    Reminders are left out: nobody knows whether they were read.
    """
    query = _not_reached(sites, tries, limit)
    rows = list(connection.execute(query, {"since": since}))
    shown = tuple(NotReached(row.number, row.attempts, row.last_at) for row in rows)
    return Cut(shown, rows[0].total if rows else 0)


@built_once
def _not_reached(sites: Sites, tries: int, limit: int) -> Select[Any]:
    recent = _tries_lately()
    return (
        select(
            patient.c.number,
            func.count().label("attempts"),
            func.max(recent.c.made_at).label("last_at"),
            func.count().over().label("total"),
        )
        .join_from(recent, patient, patient.c.id == recent.c.patient_id)
        .where(
            # An expression: by its index SQLite would start from all patients of the site.
            at_sites(patient.c.site + "", sites),
            func.coalesce(recent.c.made_at > recent.c.reached_at, True),
            ~asked_no_more(patient.c.id),
        )
        .group_by(patient.c.number)
        .having(func.count() >= tries)
        .order_by(func.count().desc(), patient.c.number)
        .limit(limit)
    )


def _tries_lately() -> CTE:
    """Attempts but reminders, each beside the last one that reached the same patient."""
    reached = case((contact_attempt.c.outcome == Outcome.REACHED.value, contact_attempt.c.made_at))
    return few(
        select(
            contact_attempt.c.patient_id,
            contact_attempt.c.made_at,
            func.max(reached).over(partition_by=contact_attempt.c.patient_id).label("reached_at"),
        ).where(
            contact_attempt.c.made_at >= bindparam("since"),
            contact_attempt.c.outcome != Outcome.REMINDED.value,
            known(contact_attempt, None),
        ),
        "recent",
    )


def call_backs(
    connection: Connection, *, sites: Sites, since: datetime, until: datetime, limit: int
) -> Cut[CallBack]:
    """Who is to be called again until an instant, and has not been since; the earliest first.

    Nor did the form come since of which the call was: by whatever door, it closes with it.
    """
    query = _call_backs(sites, limit)
    rows = list(connection.execute(query, {"since": since, "until": until}))
    shown = tuple(CallBack(row.number, row.visit, row.call_back_at) for row in rows)
    return Cut(shown, rows[0].total if rows else 0)


@built_once
def _call_backs(sites: Sites, limit: int) -> Select[Any]:
    due = few(
        select(
            contact_attempt.c.patient_id, contact_attempt.c.visit, contact_attempt.c.call_back_at
        ).where(
            contact_attempt.c.made_at >= bindparam("since"),
            contact_attempt.c.call_back_at <= bindparam("until"),
            known(contact_attempt, None),
            ~_called_since(),
            ~_came_since(),
        ),
        "due",
    )
    return (
        select(
            patient.c.number, due.c.visit, due.c.call_back_at, func.count().over().label("total")
        )
        .join_from(due, patient, patient.c.id == due.c.patient_id)
        .where(at_sites(patient.c.site, sites), ~asked_no_more(patient.c.id))
        .order_by(due.c.call_back_at, patient.c.number)
        .limit(limit)
    )


def _called_since() -> ColumnElement[bool]:
    """Whether the patient was called again after an attempt."""
    later = contact_attempt.alias("later")
    return (
        select(later.c.id)
        .where(
            later.c.patient_id == contact_attempt.c.patient_id,
            later.c.superseded_at.is_(None),
            later.c.outcome != Outcome.REMINDED.value,
            (later.c.made_at > contact_attempt.c.made_at)
            | and_(later.c.made_at == contact_attempt.c.made_at, later.c.id > contact_attempt.c.id),
        )
        .exists()
    )


def _came_since() -> ColumnElement[bool]:
    """Whether the form of the visit, of which an attempt was, came after it."""
    return exists().where(
        form.c.patient_id == contact_attempt.c.patient_id,
        form.c.visit == contact_attempt.c.visit,
        form.c.received_at >= contact_attempt.c.made_at,
        ~form.c.proxy,
        ~is_void(),
    )


def _attempt(row: object) -> Attempt:
    made_at, channel, outcome, call_back_at = row[-4:]  # type: ignore[index]
    return Attempt(made_at, Channel(channel), Outcome(outcome), call_back_at)
