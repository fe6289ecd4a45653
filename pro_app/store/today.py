"""What a site has to look at today: open windows, flagged entries, forms that came in.

Each list is cut at a number of rows and knows its true length. The statements
walk the indexes by site and day, so that a page costs what it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)

from pro_app.core.facts import ENDS_QUESTIONNAIRES, EventKind
from pro_app.core.study import Study
from pro_app.store import expected as rule
from pro_app.store.known import known
from pro_app.store.tables import event, form, missing_flag, patient, planned_visit, reason

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window in which her form may still come; `closes_on` None until she is randomised.

    `reason` is the code of why it may not come, if somebody has said so already.
    """

    number: str
    visit: str
    opens_on: date
    closes_on: date | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Flagged:
    """An expected form whose window closed without it, and nobody has said why."""

    number: str
    visit: str
    closed_window_on: date
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class CameIn:
    """A form that was received; one that does not stand is kept beside the first."""

    number: str
    visit: str
    answered_on: date
    received_at: datetime
    mode: str
    items_answered: int
    standing: bool
    proxy: bool


@dataclass(frozen=True, slots=True)
class Cut(Generic[RowT]):
    """The first rows of a list, how many there are in all, and how many of these are new."""

    rows: tuple[RowT, ...] = ()
    total: int = 0
    new: int = 0


def open_windows(
    connection: Connection,
    study: Study,
    *,
    sites: Sequence[str],
    today: date,
    new_since: date,
    within_days: Sequence[int],
    limit: int,
) -> tuple[Cut[OpenWindow], ...]:
    """The open windows without a form, soonest first: one list per bound, then the rest.

    `within_days` (3, 7) makes three lists: closing in 0–3 days, in 4–7, and later.
    Patients who died or withdrew are left out, since nobody asks them any more,
    though the visit may stay expected.
    """
    closes_on = planned_visit.c.closes_on
    bounds = [(closes_on <= today + timedelta(days), n) for n, days in enumerate(within_days)]
    found = (
        select(
            patient.c.number,
            planned_visit.c.visit,
            planned_visit.c.opens_on,
            closes_on,
            reason.c.code.label("reason"),
            case(*bounds, else_=len(bounds)).label("part"),
        )
        .select_from(rule.joined().join(patient, patient.c.id == planned_visit.c.patient_id))
        .where(
            planned_visit.c.site.in_(sites),
            _can_be_open(study, today),
            rule.window_open(today),
            rule.without_form(),
            _still_asked(study),
        )
        .subquery("found")
    )
    parts = _cut(
        connection,
        found,
        OpenWindow,
        is_new=found.c.opens_on >= new_since,
        order=(found.c.closes_on.asc().nulls_last(), found.c.number),
        limit=limit,
    )
    return tuple(parts.get(n, Cut()) for n in range(len(bounds) + 1))


def flagged(
    connection: Connection, *, sites: Sequence[str], new_since: datetime, limit: int
) -> Cut[Flagged]:
    """The flags that wait for a reason, the latest closed window first."""
    found = (
        select(
            patient.c.number,
            missing_flag.c.visit,
            missing_flag.c.closed_window_on,
            missing_flag.c.opened_at,
            literal(0).label("part"),
        )
        .join(patient, patient.c.id == missing_flag.c.patient_id)
        .where(missing_flag.c.site.in_(sites), missing_flag.c.closed_at.is_(None))
        .subquery("found")
    )
    parts = _cut(
        connection,
        found,
        Flagged,
        is_new=found.c.opened_at >= new_since,
        order=(found.c.closed_window_on.desc(), found.c.number),
        limit=limit,
    )
    return parts.get(0, Cut())


def came_in(
    connection: Connection, *, sites: Sequence[str], since: datetime, limit: int
) -> Cut[CameIn]:
    """The forms received since an instant, the latest first."""
    found = (
        select(
            patient.c.number,
            form.c.visit,
            form.c.answered_on,
            form.c.received_at,
            form.c.mode,
            form.c.items_answered,
            form.c.standing,
            form.c.proxy,
            literal(0).label("part"),
        )
        .join(patient, patient.c.id == form.c.patient_id)
        .where(form.c.received_at >= since, patient.c.site.in_(sites))
        .subquery("found")
    )
    parts = _cut(
        connection,
        found,
        CameIn,
        is_new=found.c.received_at >= since,
        order=(found.c.received_at.desc(), found.c.number, found.c.visit),
        limit=limit,
    )
    return parts.get(0, Cut())


def _can_be_open(study: Study, today: date) -> ColumnElement[bool]:
    """Whether the close lies within the longest window from today: a range of the index.

    Without it a patient's whole future is walked, to find that it has not begun.
    """
    longest = max(visit.days_before + visit.days_after for visit in study.visits)
    closes_on = planned_visit.c.closes_on
    return or_(closes_on.is_(None), closes_on.between(today, today + timedelta(longest)))


def _still_asked(study: Study) -> ColumnElement[bool]:
    """Whether the form is expected, and she can still be asked for it."""
    ended = exists().where(
        event.c.patient_id == planned_visit.c.patient_id,
        known(event, None),
        event.c.kind.in_(sorted({EventKind.DEATH, *ENDS_QUESTIONNAIRES})),
    )
    return and_(rule.expected(rule.first_end_of_this(study)), ~ended)


def _cut(
    connection: Connection,
    found: Subquery,
    kind: type[RowT],
    *,
    is_new: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]],
    limit: int,
) -> dict[int, Cut[RowT]]:
    """Part → its first rows in order, with counts of all its rows: in one statement."""
    part = found.c.part
    ranked = select(
        found,
        func.count().over(partition_by=part).label("total"),
        func.sum(case((is_new, 1), else_=0)).over(partition_by=part).label("new"),
        func.row_number().over(partition_by=part, order_by=order).label("place"),
    ).subquery("ranked")
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    query = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.part, ranked.c.place)
    cuts: dict[int, Cut[RowT]] = {}
    for row in connection.execute(query):
        made = kind(*(getattr(row, name) for name in names))
        earlier = cuts.get(row.part, Cut())
        cuts[row.part] = Cut((*earlier.rows, made), row.total, int(row.new))
    return cuts
