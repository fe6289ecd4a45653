"""The numbers behind the rates, counted by the database: one statement for any study.

It says the same as `core.rates` does of the same facts; a property test holds the two
against each other. A visit counts for the site of its target day.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
)

from pro_app.core.ledger import Status
from pro_app.core.rates import NUMBERS, Counts, VisitRates
from pro_app.core.sites import Sites
from pro_app.core.study import REASON_PENDING, Study
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.known import known
from pro_app.store.statuses.left import left_to_core
from pro_app.store.statuses.rule import Rule, ends_of_each, is_counted, is_unanswered, joined
from pro_app.store.tables import allocation, patient, patient_version, planned_visit, reason

By = Literal["site", "arm"]


@dataclass(slots=True)
class Counted:
    """Visit → its numbers, and reason → how often it stands, of one group."""

    visits: dict[str, Counts] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def rows(self, study: Study) -> tuple[VisitRates, ...]:
        """One row per visit of the study, in its order."""
        return tuple(
            VisitRates(each.code, each.month, self.visits.get(each.code, Counts()))
            for each in study.all_visits
        )


def counted(
    connection: Connection,
    study: Study,
    *,
    sites: Sites,
    as_of: date,
    valid_from: int,
    by: By | None,
) -> dict[str | None, Counted]:
    """Group → its numbers as of a day, of all patients but those left to the core.

    The group is None where nothing tells them apart, and "" where no arm is recorded.
    """
    each = _letters(study, sites, as_of, valid_from, by).subquery("each")
    sums = [func.sum(each.c[name]) for name in NUMBERS]
    code = case((each.c.unanswered == 1, func.coalesce(each.c.reason, REASON_PENDING)))
    query = select(
        each.c.part, each.c.visit, code.label("code"), func.sum(each.c.unanswered), *sums
    ).group_by(each.c.part, each.c.visit, code)
    found: dict[str | None, Counted] = {}
    for part, visit, why, unanswered, *numbers in connection.execute(query):
        group = found.setdefault(part, Counted())
        group.visits[visit] = group.visits.get(visit, Counts()) + Counts(*map(int, numbers))
        if why is not None:
            group.reasons[why] += int(unanswered)
    return found


def between(
    connection: Connection,
    study: Study,
    *,
    sites: Sites,
    as_of: date,
    valid_from: int,
    by: By | None,
    group: str | None,
    visit: str | None,
    whole: str,
    part: str | None,
) -> list[tuple[int, str]]:
    """(patient id, visit) counted in one number and not in another, by trial number.

    `visit` None: in any visit. `whole` and `part` are names of `Counts`; without `part`
    all who are counted in `whole`.
    """
    each = _letters(study, sites, as_of, valid_from, by, visit).subquery("each")
    query = (
        select(each.c.patient_id, each.c.visit)
        .join(patient, patient.c.id == each.c.patient_id)
        .where(each.c[whole] == 1)
        .order_by(patient.c.number, each.c.target_on)
    )
    if part is not None:
        query = query.where(each.c[part] == 0)
    if group is not None:
        query = query.where(each.c.part == group)
    return [(row.patient_id, row.visit) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class TakenOut:
    """One who was in N until "able to answer" was corrected to no; `part` is their group."""

    number: str
    randomised_on: date
    part: str | None


def taken_out(
    connection: Connection,
    *,
    sites: Sites,
    as_of: date,
    known_at: datetime | None,
    by: By | None,
) -> list[TakenOut]:
    """Who was in N until it was corrected that they were able; by site of today, by number."""
    now, before = patient_version, patient_version.alias("before")
    could = exists().where(
        before.c.patient_id == now.c.patient_id, before.c.id < now.c.id, before.c.able.is_(True)
    )
    part: ColumnElement[Any] = cast(null(), Text)
    source = now.join(patient, patient.c.id == now.c.patient_id)
    if by == "site":
        part = patient.c.site
    elif by == "arm":
        theirs = and_(allocation.c.patient_id == patient.c.id, known(allocation, known_at))
        source = source.outerjoin(allocation, theirs)
        part = func.coalesce(allocation.c.arm, "")
    query = (
        select(patient.c.number, now.c.randomised_on, part.label("part"))
        .select_from(source)
        .where(
            known(now, known_at),
            now.c.randomised_on <= as_of,
            now.c.pro_consent_on <= as_of,
            now.c.able.is_(False),
            could,
            at_sites(patient.c.site, sites),
        )
        .order_by(patient.c.number)
    )
    return [TakenOut(*row) for row in connection.execute(query)]


def _letters(
    study: Study,
    sites: Sites,
    as_of: date,
    valid_from: int,
    by: By | None,
    visit: str | None = None,
) -> Select[Any]:
    """For each visit of the randomised: in which numbers it is, 1 or 0, and the reason."""
    ends, days = ends_of_each(study, as_of)
    rule = Rule(days, as_of=as_of, valid_from=valid_from)
    source = joined(ends, as_of)
    if by == "arm":
        theirs = allocation.c.patient_id == planned_visit.c.patient_id
        source = source.outerjoin(allocation, and_(theirs, known(allocation, None)))
    # In two steps, so that the status is worked out once for each row.
    facts = (
        select(
            planned_visit.c.patient_id,
            planned_visit.c.visit,
            planned_visit.c.target_on,
            _group(by).label("part"),
            reason.c.code.label("reason"),
            rule.status.label("status"),
            rule.in_population.label("in_population"),
            rule.mature.label("mature"),
            rule.alive.label("alive"),
            rule.asked_for.label("asked_for"),
            rule.died_in_window.label("died_in_window"),
            and_(rule.window_open, days.death_on.is_(None)).label("window_open"),
        )
        .select_from(source)
        .where(
            patient_version.c.randomised_on <= as_of,
            planned_visit.c.asked,
            planned_visit.c.patient_id.not_in(left_to_core(as_of)),
            at_sites(planned_visit.c.target_site, sites),
        )
    )
    if visit is not None:
        facts = facts.where(planned_visit.c.visit == visit)
    return _in_numbers(facts)


def _in_numbers(facts: Select[Any]) -> Select[Any]:
    row = facts.subquery("facts").c
    counts, n = is_counted(row.status), row.in_population
    mature = and_(n, row.mature)
    alive = and_(mature, row.alive)
    expected = and_(alive, row.asked_for)
    received = and_(expected, counts)
    numbers = {
        "n": n,
        "m": mature,
        "a": alive,
        "e": expected,
        "r": received,
        "v": and_(received, row.status == Status.VALID.value),
        "x": and_(mature, counts, ~expected),
        "d": and_(expected, row.died_in_window, ~counts),
        "open": and_(n, row.window_open),
        "open_received": and_(n, counts, ~row.mature),
        "unanswered": and_(n, is_unanswered(row.status)),
    }
    return select(
        row.patient_id,
        row.visit,
        row.target_on,
        row.part,
        row.reason,
        literal(1).label("randomised"),
        *(case((condition, 1), else_=0).label(name) for name, condition in numbers.items()),
    )


def _group(by: By | None) -> ColumnElement[Any]:
    if by == "site":
        return planned_visit.c.target_site
    return func.coalesce(allocation.c.arm, "") if by == "arm" else cast(null(), Text)
