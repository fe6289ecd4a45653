"""How complete the forms are: the rates by visit, and who stands between two numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.effort import VisitEffort
from pro_app.core.rates import ScaleRates, VisitRates, pooled
from pro_app.nurse.gaps import TAKEN_OUT, Asked, Behind, Gap, gap, gap_taken_out
from pro_app.store.engine.transaction import reading
from pro_app.store.statuses.counts import By as By
from pro_app.store.statuses.effort import effort_by_visit
from pro_app.store.statuses.tallies import Tally


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often a reason stands among the missing and empty forms; the code may be pending."""

    code: str
    times: int


def compliance(
    *,
    as_of: date,
    known_at: datetime | None = None,
    by: By | None = None,
    at: StaffOccasion,
) -> list[tuple[str | None, VisitRates]]:
    """(group, row): for each group its visits in protocol order, then the pooled row.

    Every site or arm of the study in scope has its place. Without `by` the one group is
    None. A patient whose arm is not recorded is in "".
    """
    with reading(snapshot=True) as connection:
        found = Asked(at, as_of, known_at, by).tallies(connection)
    return [
        (group, row)
        for group in dict.fromkeys([*_groups(by, at), *found.groups])
        for row in with_pooled(found.of(group).rows)
    ]


def with_pooled(rows: tuple[VisitRates, ...]) -> tuple[VisitRates, ...]:
    """The visits' rows, then the pooled one."""
    return (*rows, pooled(rows))


@dataclass(frozen=True, slots=True)
class Group:
    """One site or arm, or everybody (None): the rates by visit, and why forms are missing.

    `taken_out`: in N until it was corrected that they were able to answer.
    """

    name: str | None
    rows: tuple[VisitRates, ...]
    reasons: tuple[ReasonCount, ...]
    taken_out: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """`effort`: group → what was done for its forms, empty where nobody asked.

    `scales`: each score at each visit, of all together, where it was asked for.
    """

    groups: tuple[Group, ...]
    gap: Gap | None
    effort: Mapping[str | None, tuple[VisitEffort, ...]]
    scales: tuple[ScaleRates, ...] = ()


def overview(
    *,
    as_of: date,
    known_at: datetime | None = None,
    by: By | None,
    behind: Behind | None,
    group: str | None,
    with_effort: bool = False,
    with_scales: bool = False,
    at: StaffOccasion,
) -> Overview:
    """Rates, reasons and, if asked for, who stands behind a number or between two."""
    asked = Asked(at, as_of, known_at, by)
    with reading(snapshot=True) as connection:
        found = asked.tallies(connection)
        out = asked.taken_out(connection)
        times = Counter(each.part for each in out)
        groups = [
            _group(name, found.of(name), times[name])
            for name in dict.fromkeys([*_groups(by, at), *found.groups])
        ]
        scales: tuple[ScaleRates, ...] = ()
        listed, effort = None, {}
        if behind and group in [each.name for each in groups]:
            if behind == TAKEN_OUT:
                listed = gap_taken_out(connection, out, group)
            else:
                listed = gap(connection, asked, behind, group, found)
        if with_effort:
            effort = effort_by_visit(connection, at.study, sites=at.sites, as_of=as_of, by=by)
        if with_scales:
            scales = asked.scales(connection, found)
    return Overview(tuple(groups), listed, effort, scales)


def compliance_by_scale(
    *, as_of: date, known_at: datetime | None = None, at: StaffOccasion
) -> tuple[ScaleRates, ...]:
    """For each score its visits in protocol order, then all together."""
    asked = Asked(at, as_of, known_at, None)
    with reading(snapshot=True) as connection:
        return asked.scales(connection, asked.tallies(connection))


def _group(name: str | None, tally: Tally, out: int) -> Group:
    times = sorted(tally.reasons.items(), key=lambda each: (-each[1], each[0]))
    reasons = tuple(ReasonCount(code, often) for code, often in times)
    return Group(name, with_pooled(tally.rows), reasons, out)


def groupings(*, arms: bool) -> tuple[By, ...]:
    """By what a reader may tell the rates apart; by arm only who may see the arms."""
    return ("site", "arm") if arms else ("site",)


def _groups(by: By | None, at: StaffOccasion) -> list[str | None]:
    if by is None:
        return [None]
    if by == "arm":
        return [arm.code for arm in at.study.arms]
    return [site.code for site in at.study.sites if site.code in at.sites]
