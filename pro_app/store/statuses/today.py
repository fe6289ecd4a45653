"""What a site has to look at today: open windows, flagged entries, forms that came in.

Each list is cut at a number of rows and counted up to another, beyond which nobody
plans a day. The statements walk the indexes by site and day, so that a page costs
what it shows, however large the study.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    union_all,
)

from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.known import known
from pro_app.store.statuses import expected as rule
from pro_app.store.statuses.facts import standing
from pro_app.store.tables import (
    form,
    missing_flag,
    patient,
    patient_version,
    planned_visit,
    reason,
)

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window in which her form may still come; `closes_on` None until she is randomised.

    `reason` is the code of why it may not come, if somebody has said so already;
    `language` is hers, in which she is written to.
    """

    number: str
    visit: str
    opens_on: date
    closes_on: date | None
    reason: str | None
    site: str
    language: str | None


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
    """The first rows of a list, how many there are in all, and how many of these are new.

    `more`: they were counted no further; there are at least so many.
    """

    rows: tuple[RowT, ...] = ()
    total: int = 0
    new: int = 0
    more: bool = False


def open_windows(
    connection: Connection,
    study: Study,
    *,
    sites: Sites,
    today: date,
    new_since: date,
    within_days: Sequence[int],
    limit: int,
    counted: int,
) -> tuple[Cut[OpenWindow], ...]:
    """The open windows without a form, soonest first: one list per bound, then the rest.

    `within_days` (3, 7) makes three lists: closing in 0–3 days, in 4–7, and later.
    Patients who died or withdrew are left out, since nobody asks them any more,
    though the visit may stay expected.
    """
    found = _by_list(_waiting_windows(study, sites, today, counted), study, today, within_days)
    soonest = (found.c.closes_on.asc().nulls_last(), found.c.patient_id, found.c.visit)
    cut = _cut(found, found.c.opens_on >= new_since, soonest, limit)
    rows = (
        select(cut, patient.c.number, reason.c.code.label("reason"))
        .join(patient, patient.c.id == cut.c.patient_id)
        .outerjoin(
            reason,
            and_(
                reason.c.patient_id == cut.c.patient_id,
                reason.c.visit == cut.c.visit,
                known(reason, None),
            ),
        )
        .order_by(cut.c.closes_on.asc().nulls_last(), patient.c.number)
    )
    parts = _gather(connection.execute(rows), OpenWindow)
    cuts = [parts.get(n, Cut()) for n in range(len(within_days) + 1)]
    return tuple(replace(cut, more=cut.total >= counted) for cut in cuts)


def _waiting_windows(study: Study, sites: Sites, today: date, counted: int) -> Select[Any]:
    """Windows that have opened and have no form, of patients who can still be asked."""
    plan = planned_visit.c
    version = and_(patient_version.c.patient_id == plan.patient_id, known(patient_version, None))
    return (
        select(
            *(plan.patient_id, plan.visit, plan.opens_on, plan.closes_on, plan.site),
            patient_version.c.language,
        )
        .join(patient_version, version)
        .where(
            at_sites(plan.site, sites),
            plan.opens_on <= today,
            _still_asked(study),
            # Not an outer join, of which PostgreSQL expects that hardly a row is left: it
            # would find and sort them all where the first hundred by the index will do.
            ~exists().where(
                form.c.patient_id == plan.patient_id, form.c.visit == plan.visit, standing()
            ),
        )
        .limit(counted)
    )


def _by_list(query: Select[Any], study: Study, today: date, within_days: Sequence[int]) -> Subquery:
    """The windows with the list they belong to, `part`.

    A range of the index for each list, not one condition with OR, for which SQLite
    walks the whole site; the last end spares the windows that lie ahead.
    """
    closes_on = planned_visit.c.closes_on
    longest = max(v.days_before + v.days_after for v in study.visits)
    ranges = [
        closes_on.between(today + timedelta(after + 1), today + timedelta(until))
        for after, until in pairwise([-1, *within_days, longest])
    ]
    ranges.append(closes_on.is_(None))  # not randomised yet: with the last ones
    lists = [
        select(
            query.where(each).order_by(closes_on).subquery(f"list_{n}"),
            literal(min(n, len(within_days))).label("part"),
        )
        for n, each in enumerate(ranges)
    ]
    return union_all(*lists).subquery("found")


def flagged(
    connection: Connection, *, sites: Sites, new_since: datetime, limit: int, counted: int
) -> Cut[Flagged]:
    """The flags that wait for a reason, the latest closed window first."""
    flag = missing_flag.c
    waiting = (at_sites(flag.site, sites), flag.closed_at.is_(None))
    # Two statements: the index has the first rows in order, and counts without sorting.
    rows = (
        select(patient.c.number, flag.visit, flag.closed_window_on, flag.opened_at)
        .join(patient, patient.c.id == flag.patient_id)
        .where(*waiting)
        .order_by(flag.closed_window_on.desc(), patient.c.number, flag.visit)
        .limit(limit)
    )
    looked_at = (
        select(flag.opened_at)
        .where(*waiting)
        .order_by(flag.closed_window_on.desc())
        .limit(counted)
        .subquery("looked_at")
    )
    is_new = case((looked_at.c.opened_at >= new_since, 1), else_=0)
    count = select(func.count(), func.coalesce(func.sum(is_new), 0)).select_from(looked_at)
    total, new = connection.execute(count).one()
    shown = tuple(Flagged(*row) for row in connection.execute(rows))
    return Cut(shown, total, int(new), more=total >= counted)


def came_in(connection: Connection, *, sites: Sites, since: datetime, limit: int) -> Cut[CameIn]:
    """The forms received since an instant, the latest first."""
    # Materialised, so that the few recent forms are found by their index, which has all
    # that is needed to count them; SQLite would otherwise look through every patient of
    # the site. The rows themselves are wide, and read for those that are shown.
    recent = (
        select(form.c.id, form.c.patient_id, form.c.received_at)
        .where(form.c.received_at >= since)
        .cte("recent")
        .prefix_with("MATERIALIZED")
    )
    found = (
        select(recent, patient.c.number, literal(0).label("part"))
        .join(patient, patient.c.id == recent.c.patient_id)
        .where(at_sites(patient.c.site, sites))
        .subquery("found")
    )
    newest = (found.c.received_at.desc(), found.c.number, found.c.id)
    cut = _cut(found, found.c.received_at >= since, newest, limit)
    rows = (
        select(
            cut,
            form.c.visit,
            form.c.answered_on,
            form.c.mode,
            form.c.items_answered,
            form.c.standing,
            form.c.proxy,
        )
        .join(form, form.c.id == cut.c.id)
        .order_by(cut.c.received_at.desc(), cut.c.number, cut.c.id)
    )
    return _gather(connection.execute(rows), CameIn).get(0, Cut())


def _still_asked(study: Study) -> ColumnElement[bool]:
    """Whether the form is expected, and she can still be asked for it."""
    asked = ~rule.asked_no_more(planned_visit.c.patient_id)
    if not study.stop_events:
        return and_(rule.may_answer(), asked)
    return and_(rule.expected(rule.first_end_of_this(study)), asked)


def _cut(
    found: Subquery, is_new: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int
) -> Subquery:
    """The first rows of each `part`, beside the counts of all its rows.

    What is only shown (numbers, reasons) is joined to these few rows, not counted.
    """
    part = found.c.part
    ranked = select(
        found,
        func.count().over(partition_by=part).label("total"),
        func.sum(case((is_new, 1), else_=0)).over(partition_by=part).label("new"),
        func.row_number().over(partition_by=part, order_by=order).label("place"),
    ).subquery("ranked")
    return select(ranked).where(ranked.c.place <= limit).subquery("cut")


def _gather(rows: Iterable[Row[Any]], kind: type[RowT]) -> dict[int, Cut[RowT]]:
    """Part → its rows as values, with its counts."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    found: dict[int, list[RowT]] = {}
    counts: dict[int, tuple[int, int]] = {}
    for row in rows:
        found.setdefault(row.part, []).append(kind(*(getattr(row, name) for name in names)))
        counts[row.part] = (row.total, int(row.new))
    return {part: Cut(tuple(made), *counts[part]) for part, made in found.items()}
