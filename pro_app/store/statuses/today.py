"""What a site has to look at today: flagged entries, and forms that came in.

Each list is cut at a number of rows and counted up to another, beyond which nobody
plans a day. The statements walk the indexes by site and day, so that a page costs
what it shows, however large the study.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, literal, select

from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.statuses.cuts import Cut, cut, gather
from pro_app.store.tables import form, missing_flag, patient


@dataclass(frozen=True, slots=True)
class Flagged:
    """An expected form that did not come before its window closed, and nobody has said why."""

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


def flagged(
    connection: Connection, *, sites: Sites, new_since: datetime, limit: int, counted: int
) -> Cut[Flagged]:
    """The flags that wait for a reason, the latest closed window first."""
    rows, count = _flagged(sites, new_since, limit, counted)
    total, new = connection.execute(count).one()
    shown = tuple(Flagged(*row) for row in connection.execute(rows))
    return Cut(shown, total, int(new), more=total >= counted)


@built_once
def _flagged(
    sites: Sites, new_since: datetime, limit: int, counted: int
) -> tuple[Select[Any], Select[Any]]:
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
    return rows, select(func.count(), func.coalesce(func.sum(is_new), 0)).select_from(looked_at)


def came_in(connection: Connection, *, sites: Sites, since: datetime, limit: int) -> Cut[CameIn]:
    """The forms received since an instant, the latest first."""
    rows = connection.execute(_came_in(sites, since, limit))
    return gather(rows, CameIn).get(0, Cut())


@built_once
def _came_in(sites: Sites, since: datetime, limit: int) -> Select[Any]:
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
    first = cut(found, found.c.received_at >= since, newest, limit)
    return (
        select(
            first,
            form.c.visit,
            form.c.answered_on,
            form.c.mode,
            form.c.items_answered,
            form.c.standing,
            form.c.proxy,
        )
        .join(form, form.c.id == first.c.id)
        .order_by(first.c.received_at.desc(), first.c.number, first.c.id)
    )
