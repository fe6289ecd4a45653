"""The numbers behind the rates, counted by the database: one statement for any study.

It says the same as `core.ledger` and `core.rates` do of the same facts; a property test
holds the two against each other. Patients whose forms were corrected or decided on are
few, and left to the core.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from pro_app.core.facts import ENDS_QUESTIONNAIRES, EventKind
from pro_app.core.rates import VisitRates
from pro_app.core.sites import Sites
from pro_app.core.study import REASON_PENDING, Study
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.known import known
from pro_app.store.statuses.facts import standing
from pro_app.store.tables import (
    allocation,
    event,
    form,
    patient,
    patient_version,
    planned_visit,
    reason,
)

By = Literal["site", "arm"]
#: N, M, A, E and V, as `core.rates` names them.
Five = tuple[int, int, int, int, int]


@dataclass(slots=True)
class Counted:
    """Visit → its five numbers, and reason → how often it stands, of one group."""

    visits: dict[str, Five] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def rows(self, study: Study) -> tuple[VisitRates, ...]:
        """One row per visit of the study, in its order."""
        none = (0, 0, 0, 0, 0)
        return tuple(
            VisitRates(each.code, each.month, *self.visits.get(each.code, none))
            for each in study.visits
        )


def counted(
    connection: Connection,
    study: Study,
    *,
    sites: Sites,
    as_of: date,
    valid_from: int,
    by: By | None,
    without: Collection[int],
) -> dict[str | None, Counted]:
    """Group → its numbers as of a day, of all patients but those `without`.

    The group is None where nothing tells them apart, and "" where no arm is recorded.
    """
    flags = _flags(study, as_of, valid_from, by)
    flags = flags.where(at_sites(planned_visit.c.site, sites))
    if without:
        flags = flags.where(planned_visit.c.patient_id.not_in(without))
    each = flags.subquery("each")
    sums = [func.sum(each.c[name]) for name in ("m", "a", "e", "v", "unanswered")]
    code = case((each.c.unanswered == 1, func.coalesce(each.c.reason, REASON_PENDING)))
    query = select(each.c.part, each.c.visit, code.label("code"), func.count(), *sums).group_by(
        each.c.part, each.c.visit, code
    )
    found: dict[str | None, Counted] = {}
    for part, visit, why, n, m, a, e, v, unanswered in connection.execute(query):
        group = found.setdefault(part, Counted())
        before = group.visits.get(visit, (0, 0, 0, 0, 0))
        added = zip(before, (n, m, a, e, v), strict=True)
        group.visits[visit] = tuple(one + other for one, other in added)
        if why is not None:
            group.reasons[why] += unanswered
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
    part: str,
    without: Collection[int],
) -> list[tuple[int, str]]:
    """(patient id, visit) counted in one number and not in another, by trial number.

    `visit` None: in any visit.

    `whole` and `part` are letters of `Five`.
    """
    flags = _flags(study, as_of, valid_from, by)
    flags = flags.where(at_sites(planned_visit.c.site, sites))
    if without:
        flags = flags.where(planned_visit.c.patient_id.not_in(without))
    if visit is not None:
        flags = flags.where(planned_visit.c.visit == visit)
    each = flags.add_columns(planned_visit.c.target_on).subquery("each")
    query = (
        select(each.c.patient_id, each.c.visit)
        .join(patient, patient.c.id == each.c.patient_id)
        .where(each.c[whole.lower()] == 1, each.c[part.lower()] == 0)
        .order_by(patient.c.number, each.c.target_on)
    )
    if group is not None:
        query = query.where(each.c.part == group)
    return [(row.patient_id, row.visit) for row in connection.execute(query)]


def _flags(study: Study, as_of: date, valid_from: int, by: By | None) -> Select[Any]:
    """For each visit of those in the rates: in which numbers she is, 1 or 0, and the reason."""
    plan, ends = planned_visit.c, _first_days(study, as_of)
    on = form.c.answered_on
    came = form.c.id.is_not(None)
    aside = or_(_so(on > ends.c.death_on), _so(on > ends.c.withdrawal_on))
    extra = and_(_so(on > ends.c.stop_on), _so(plan.target_on > ends.c.stop_on))
    counts = and_(came, ~aside, ~extra)
    answers = and_(counts, on.between(plan.opens_on, plan.closes_on))
    past = or_(
        *(_so(each < plan.target_on) for each in (ends.c.death_on, ends.c.withdrawal_on)),
        _so(ends.c.stop_on < plan.target_on),
    )
    closed = plan.closes_on < as_of
    alive = ~_so(ends.c.death_on < plan.target_on)
    missing = and_(~came, closed, ~past)
    empty = and_(answers, form.c.items_answered == 0)
    return select(
        plan.patient_id,
        plan.visit,
        _group(by).label("part"),
        literal(1).label("n"),
        _one(or_(counts, closed)).label("m"),
        _one(or_(counts, and_(closed, alive))).label("a"),
        _one(or_(counts, missing)).label("e"),
        _one(and_(answers, form.c.items_answered >= valid_from)).label("v"),
        _one(or_(missing, empty)).label("unanswered"),
        reason.c.code.label("reason"),
    ).select_from(_joined(ends, as_of, by))


def _joined(ends: FromClause, as_of: date, by: By | None) -> FromClause:
    plan, version = planned_visit.c, patient_version.c

    def of_visit(table: Table) -> ColumnElement[bool]:
        return and_(table.c.patient_id == plan.patient_id, table.c.visit == plan.visit)

    joined = (
        planned_visit.join(
            patient_version,
            and_(
                version.patient_id == plan.patient_id,
                known(patient_version, None),
                version.pro_consent_on <= as_of,
                version.randomised_on <= as_of,
                version.able.is_(True),
            ),
        )
        .outerjoin(form, and_(of_visit(form), standing(), form.c.answered_on <= as_of))
        .outerjoin(ends, ends.c.patient_id == plan.patient_id)
        .outerjoin(reason, and_(of_visit(reason), known(reason, None), reason.c.said_on <= as_of))
    )
    if by == "arm":
        hers = and_(allocation.c.patient_id == plan.patient_id, known(allocation, None))
        return joined.outerjoin(allocation, hers)
    return joined


def _first_days(study: Study, as_of: date) -> FromClause:
    """Patient → the first day of what ends expectation, of each kind apart."""

    def first(*kinds: str) -> ColumnElement[Any]:
        return func.min(case((event.c.kind.in_(kinds), event.c.happened_on)))

    ended = {str(kind) for kind in ENDS_QUESTIONNAIRES}
    stop = first(*study.stop_events) if study.stop_events else cast(null(), Date)
    return (
        select(
            event.c.patient_id,
            first(EventKind.DEATH.value).label("death_on"),
            first(*sorted(ended)).label("withdrawal_on"),
            stop.label("stop_on"),
        )
        .where(known(event, None), event.c.happened_on <= as_of)
        .group_by(event.c.patient_id)
        .subquery("first_days")
    )


def _group(by: By | None) -> ColumnElement[Any]:
    if by == "site":
        return planned_visit.c.site
    return func.coalesce(allocation.c.arm, "") if by == "arm" else cast(null(), Text)


def _so(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether it is so; a day that has not come makes nothing so."""
    return func.coalesce(condition, False)


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
