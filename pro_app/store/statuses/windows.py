"""The windows that are open without a form: one list per bound of days, then the rest.

The statements walk the index by site and day, so that a page costs what it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    exists,
    literal,
    or_,
    select,
    union_all,
)

from pro_app.core.course import NEVER, course
from pro_app.core.facts import PatientFacts
from pro_app.core.ledger import Status, ledger
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.core.study import Study
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.known import known
from pro_app.store.statuses.cuts import Cut, cut, gather
from pro_app.store.statuses.facts import Scope, read_facts, standing
from pro_app.store.statuses.left import left_to_core
from pro_app.store.statuses.rule import Rule, asked_no_more, ends_of_the_asked
from pro_app.store.tables import form, patient, patient_version, planned_visit, reason


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window in which a form may still come; `closes_on` None until randomisation.

    `reason` is the code of why it may not come, if somebody has said so already;
    `language` is the one in which the patient is written to.
    """

    number: str
    visit: str
    opens_on: date
    closes_on: date | None
    reason: str | None
    site: str
    language: str | None


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
    few = _left_to_core(connection, study, sites, today)
    query = _cut_windows(
        study, sites, today, new_since, tuple(within_days), limit, counted, few.ids
    )
    parts = gather(connection.execute(query), OpenWindow)
    cuts = [parts.get(n, Cut()) for n in range(len(within_days) + 1)]
    for n, bounds in enumerate(pairwise([-1, *within_days, None])):
        more = few.between(today, *bounds)
        cuts[n] = _with(cuts[n], more, new_since=new_since, limit=limit)
    return tuple(replace(each, more=each.total >= counted) for each in cuts)


@built_once
def _cut_windows(
    study: Study,
    sites: Sites,
    today: date,
    new_since: date,
    within_days: tuple[int, ...],
    limit: int,
    counted: int,
    without: tuple[int, ...],
) -> Select[Any]:
    waiting = _waiting_windows(study, sites, today, counted)
    if without:
        waiting = waiting.where(planned_visit.c.patient_id.not_in(without))
    found = _by_list(waiting, study, today, within_days)
    soonest = (found.c.closes_on.asc().nulls_last(), found.c.patient_id, found.c.visit)
    first = cut(found, found.c.opens_on >= new_since, soonest, limit)
    return (
        select(first, patient.c.number, reason.c.code.label("reason"))
        .join(patient, patient.c.id == first.c.patient_id)
        .outerjoin(
            reason,
            and_(
                reason.c.patient_id == first.c.patient_id,
                reason.c.visit == first.c.visit,
                known(reason, None),
            ),
        )
        .order_by(first.c.closes_on.asc().nulls_last(), patient.c.number)
    )


def _with(
    few: Cut[OpenWindow], more: Sequence[OpenWindow], *, new_since: date, limit: int
) -> Cut[OpenWindow]:
    """A list with some more windows in their places."""
    if not more:
        return few
    rows = sorted((*few.rows, *more), key=lambda row: (row.closes_on or date.max, row.number))
    new = sum(row.opens_on >= new_since for row in more)
    return Cut(tuple(rows[:limit]), few.total + len(more), few.new + new)


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
            _still_asked(study, today),
            # Not an outer join, of which PostgreSQL expects that hardly a row is left: it
            # would find and sort them all where the first hundred by the index will do.
            ~exists().where(
                form.c.patient_id == plan.patient_id, form.c.visit == plan.visit, standing()
            ),
        )
        .limit(counted)
    )


@dataclass(frozen=True, slots=True)
class _Few:
    """Who is left to the core, of those with a window here; and what the core says is open."""

    ids: tuple[int, ...]
    open: tuple[OpenWindow, ...] = ()

    def between(self, today: date, after: int | None, until: int | None) -> list[OpenWindow]:
        """Those that close more than `after` days from today, and in `until` at the latest."""

        def days(row: OpenWindow) -> int | None:
            return (row.closes_on - today).days if row.closes_on else None

        return [
            row
            for row in self.open
            if ((left := days(row)) is None and until is None)
            or (
                left is not None
                and left > (after if after is not None else -1)
                and (until is None or left <= until)
            )
        ]


@built_once
def _open_of_few(sites: Sites, today: date) -> Select[Any]:
    plan, version = planned_visit.c, patient_version.c
    return (
        select(
            *(plan.patient_id, patient.c.number, plan.visit, plan.opens_on, plan.closes_on),
            *(reason.c.code.label("reason"), plan.site, version.language),
        )
        .join(patient, patient.c.id == plan.patient_id)
        .join(
            patient_version,
            and_(version.patient_id == plan.patient_id, known(patient_version, None)),
        )
        .outerjoin(
            reason,
            and_(
                reason.c.patient_id == plan.patient_id,
                reason.c.visit == plan.visit,
                known(reason, None),
            ),
        )
        .where(
            plan.patient_id.in_(left_to_core(today)),
            at_sites(plan.site, sites),
            plan.opens_on <= today,
            or_(plan.closes_on >= today, plan.closes_on.is_(None)),
        )
    )


def _left_to_core(connection: Connection, study: Study, sites: Sites, today: date) -> _Few:
    rows = connection.execute(_open_of_few(sites, today)).all()
    if not rows:
        return _Few(())
    ids = tuple(sorted({row.patient_id for row in rows}))
    waits = {
        (person.id, visit)
        for person in read_facts(connection, Scope(EVERYWHERE, ids=ids))
        for visit in still_asked_for(person.facts, study, today)
    }
    found = (OpenWindow(*row[1:]) for row in rows if (row.patient_id, row.visit) in waits)
    return _Few(ids, tuple(found))


def still_asked_for(facts: PatientFacts, study: Study, today: date) -> list[str]:
    """The visits whose windows are open without a form, of one who can still be asked."""
    days = course(facts, study.stop_events, today)
    if facts.able is False or days.death < NEVER or days.withdrawal_lasts:
        return []
    entries = ledger(facts, study, valid_from=1, as_of=today)
    return [e.visit for e in entries if e.status is Status.WINDOW_OPEN and e.answered_on is None]


def _by_list(query: Select[Any], study: Study, today: date, within_days: Sequence[int]) -> Subquery:
    """The windows with the list they belong to, `part`.

    A range of the index for each list, not one condition with OR, for which SQLite
    walks the whole site; the last end spares the windows that lie ahead.
    """
    closes_on = planned_visit.c.closes_on
    visits = [v for version in study.plans for v in version.visits] or study.visits
    longest = max(v.days_before + v.days_after for v in visits)
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


def _still_asked(study: Study, today: date) -> ColumnElement[bool]:
    """Whether a form is expected, and the patient can still be asked for it."""
    # How many answers make a form VALID doesn't matter where none came.
    rule = Rule(ends_of_the_asked(study, today), as_of=today, valid_from=1)
    able = patient_version.c.able.is_not(False)
    return and_(rule.waits, able, ~asked_no_more(planned_visit.c.patient_id))
