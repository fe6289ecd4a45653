"""The numbers behind the rates, counted by the database: one statement for any study.

It says the same as `core.rates` does of the same facts; a property test holds the two
against each other. A visit counts for the site of its target day.
"""

from collections import Counter
from collections.abc import Collection, Iterable
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
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from pro_app.core.ledger import UNANSWERED, Status
from pro_app.core.rates import COUNTED, NUMBERS, Counts, VisitRates
from pro_app.core.sites import Sites
from pro_app.core.study import REASON_PENDING, Study
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.known import known
from pro_app.store.statuses.left import left_to_core
from pro_app.store.statuses.rule import Rule, ends_of_each, joined
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
    each = _in_numbers(_alike(_facts(study, sites, as_of, valid_from, by))).subquery("each")
    sums = [func.sum(each.c[name] * each.c.times) for name in ("unanswered", *NUMBERS)]
    code = case((each.c.unanswered == 1, func.coalesce(each.c.reason, REASON_PENDING)))
    query = select(each.c.part, each.c.visit, code.label("code"), *sums).group_by(
        each.c.part, each.c.visit, code
    )
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
    each = _in_numbers(_facts(study, sites, as_of, valid_from, by, visit).offset(0))
    row = each.subquery("each").c
    inside = [row[whole] == 1] if part is None else [row[whole] == 1, row[part] == 0]
    return _who(connection, row, group, inside)


def without_answers(
    connection: Connection,
    study: Study,
    *,
    sites: Sites,
    as_of: date,
    valid_from: int,
    by: By | None,
    group: str | None,
    reasons: Collection[str],
) -> list[tuple[int, str]]:
    """(patient id, visit) of the missing and empty forms that are counted by these reasons."""
    each = _in_numbers(_facts(study, sites, as_of, valid_from, by).offset(0))
    row = each.subquery("each").c
    why = func.coalesce(row.reason, REASON_PENDING)
    return _who(connection, row, group, [row.unanswered == 1, why.in_(sorted(reasons))])


def _who(
    connection: Connection,
    row: ReadOnlyColumnCollection[str, Any],
    group: str | None,
    conditions: Iterable[ColumnElement[bool]],
) -> list[tuple[int, str]]:
    query = (
        select(row.patient_id, row.visit)
        .join(patient, patient.c.id == row.patient_id)
        .where(*conditions)
        .order_by(patient.c.number, row.target_on)
    )
    if group is not None:
        query = query.where(row.part == group)
    return [(each.patient_id, each.visit) for each in connection.execute(query)]


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


def _facts(
    study: Study,
    sites: Sites,
    as_of: date,
    valid_from: int,
    by: By | None,
    visit: str | None = None,
) -> Select[Any]:
    """Each visit of the randomised, with the reason, the status and what is true of it."""
    ends, days = ends_of_each(study, as_of)
    rule = Rule(days, as_of=as_of, valid_from=valid_from)
    source = joined(ends, as_of)
    if by == "arm":
        theirs = allocation.c.patient_id == planned_visit.c.patient_id
        source = source.outerjoin(allocation, and_(theirs, known(allocation, None)))
    flags = {
        # The rest of the population is asked below, of all rows.
        "in_population": and_(rule.consented, patient_version.c.able.is_(True)),
        "mature": rule.mature,
        "alive": rule.alive,
        "asked_for": rule.asked_for,
        "died_in_window": rule.died_in_window,
        "window_open": and_(rule.window_open, days.death_on.is_(None)),
    }
    facts = (
        select(
            planned_visit.c.patient_id,
            planned_visit.c.visit,
            planned_visit.c.target_on,
            _group(by).label("part"),
            reason.c.code.label("reason"),
            rule.status_as(_PLACES.__getitem__).label("status"),
            literal(1).label("times"),
            *(flags[name].label(name) for name in _FLAGS),
        )
        .select_from(source)
        .where(
            patient_version.c.randomised_on <= as_of,
            planned_visit.c.asked,
            planned_visit.c.patient_id.not_in(left_to_core(as_of)),
            at_sites(planned_visit.c.target_site, sites),
        )
    )
    return facts if visit is None else facts.where(planned_visit.c.visit == visit)


_FLAGS = ("in_population", "mature", "alive", "asked_for", "died_in_window", "window_open")
#: Statuses as numbers, of which a sort has less to compare; 0: the ledger has no entry.
_PLACES = {status: place for place, status in enumerate(Status, 1)}


def _alike(facts: Select[Any]) -> Select[Any]:
    """Those facts of which all is the same as one row, with how many `times` they stand.

    A few hundred rows of any number of visits: what a number is made of is worked out for
    these alone. All flags and the status are one number.
    """
    row = facts.offset(0).subquery("facts").c
    flags: ColumnElement[Any] = func.coalesce(row.status, 0) * (1 << len(_FLAGS))
    for place, name in enumerate(_FLAGS):
        flags = flags + case((row[name], 1 << place), else_=0)
    same = (row.visit, flags.label("flags"), row.reason, row.part)
    alike = select(*same, func.count().label("times")).group_by(*same).subquery("alike").c
    return select(
        *(alike.part, alike.visit, alike.reason, alike.times),
        alike.flags.bitwise_rshift(len(_FLAGS)).label("status"),
        null().label("patient_id"),
        null().label("target_on"),
        *(
            (alike.flags.bitwise_and(1 << place) > 0).label(name)
            for place, name in enumerate(_FLAGS)
        ),
    )


def _in_numbers(facts: Select[Any]) -> Select[Any]:
    """In which numbers a row of facts is, 1 or 0.

    The facts come with OFFSET 0, which no database merges into what is around it: else
    each of the numbers would work out the status again.
    """
    row = facts.subquery("facts").c
    counts, n = _is_one_of(row.status, COUNTED), row.in_population
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
        "v": and_(received, _is_one_of(row.status, [Status.VALID])),
        "x": and_(mature, counts, ~expected),
        "d": and_(expected, row.died_in_window, ~counts),
        "open": and_(n, row.window_open),
        "open_received": and_(n, counts, ~row.mature),
        "unanswered": and_(n, _is_one_of(row.status, UNANSWERED)),
    }
    return select(
        row.patient_id,
        row.visit,
        row.target_on,
        row.part,
        row.reason,
        row.times,
        literal(1).label("randomised"),
        *(case((condition, 1), else_=0).label(name) for name, condition in numbers.items()),
    )


def _is_one_of(place: ColumnElement[Any], statuses: Iterable[Status]) -> ColumnElement[bool]:
    """Whether it is the place of one of these; never NULL."""
    return func.coalesce(place.in_(sorted(_PLACES[each] for each in statuses)), False)


def _group(by: By | None) -> ColumnElement[Any]:
    if by == "site":
        return planned_visit.c.target_site
    return func.coalesce(allocation.c.arm, "") if by == "arm" else cast(null(), Text)
