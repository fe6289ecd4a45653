"""How complete the forms are: the rates by visit, and who stands between two numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.effort import VisitEffort
from pro_app.core.ledger import Entry, ledger
from pro_app.core.rates import (
    POOLED,
    Counts,
    ScaleRates,
    VisitRates,
    by_scale,
    counts_of,
    pooled,
)
from pro_app.store.engine.transaction import Reader, reading
from pro_app.store.patients.consents import withheld
from pro_app.store.patients.patients import numbers_at
from pro_app.store.statuses import counts
from pro_app.store.statuses.counts import By as By
from pro_app.store.statuses.effort import effort_by_visit
from pro_app.store.statuses.facts import Known, Scope, read_facts
from pro_app.store.statuses.scales import scored
from pro_app.store.statuses.tallies import Tallies, Tally, tallied

#: A list of who is in a gap shows so many.
SHOWN = 200


class Number(StrEnum):
    """The numbers of a visit as they are named; the first six are each a part of those before."""

    N = "N"
    M = "M"
    A = "A"
    E = "E"
    R = "R"
    V = "V"
    X = "X"
    D = "D"
    OPEN = "open"
    OPEN_RECEIVED = "open_received"

    def of(self, counts: Counts) -> int:
        """How many are counted in it."""
        return int(getattr(counts, self.value.lower()))


#: Each a part of the one before.
NESTED = (Number.N, Number.M, Number.A, Number.E, Number.R, Number.V)


#: (visit, in which number, and not in which, if that is asked).
Between = tuple[str, Number, Number | None]


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
        found = _Asked(at, as_of, known_at, by).tallies(connection)
    return [
        (group, row)
        for group in dict.fromkeys([*_groups(by, at), *found.groups])
        for row in with_pooled(found.of(group).rows)
    ]


def with_pooled(rows: tuple[VisitRates, ...]) -> tuple[VisitRates, ...]:
    """The visits' rows, then the pooled one."""
    return (*rows, pooled(rows))


def apart(
    entries: Iterable[Entry], *, visit: str, whole: Number, part: Number | None
) -> list[Entry]:
    """Of these entries, those counted in `whole` and not in `part`; `visit` may be POOLED."""
    found = []
    for entry in entries:
        if visit in (entry.visit, POOLED):
            counts = counts_of(entry)
            if whole.of(counts) and not (part and part.of(counts)):
                found.append(entry)
    return found


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
class Gap:
    """The patients of a group who are counted in `whole` and not in `part`, if there is one.

    `elsewhere`: so many more belong to another site today, whose patients the reader does
    not see; they count for the site of the target day.

    `entries` are the first of them by trial number, `total` is how many there are.
    """

    visit: str
    whole: Number
    part: Number | None
    group: str | None
    entries: tuple[Entry, ...]
    total: int
    elsewhere: int = 0


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
    between: Between | None,
    group: str | None,
    with_effort: bool = False,
    with_scales: bool = False,
    at: StaffOccasion,
) -> Overview:
    """Rates, reasons and, if asked for, who stands between two numbers."""
    asked = _Asked(at, as_of, known_at, by)
    with reading(snapshot=True) as connection:
        found = asked.tallies(connection)
        out = counts.taken_out(connection, sites=at.sites, as_of=as_of, known_at=known_at, by=by)
        groups = [
            _group(name, found.of(name), out.get(name, 0))
            for name in dict.fromkeys([*_groups(by, at), *found.groups])
        ]
        scales: tuple[ScaleRates, ...] = ()
        between_two, effort = None, {}
        if between and group in [each.name for each in groups]:
            between_two = _gap(connection, asked, between, group, found)
        if with_effort:
            effort = effort_by_visit(connection, at.study, sites=at.sites, as_of=as_of, by=by)
        if with_scales:
            scales = asked.scales(connection, found)
    return Overview(tuple(groups), between_two, effort, scales)


def compliance_by_scale(
    *, as_of: date, known_at: datetime | None = None, at: StaffOccasion
) -> tuple[ScaleRates, ...]:
    """For each score its visits in protocol order, then all together."""
    asked = _Asked(at, as_of, known_at, None)
    with reading(snapshot=True) as connection:
        return asked.scales(connection, asked.tallies(connection))


@dataclass(frozen=True, slots=True)
class _Asked:
    at: StaffOccasion
    as_of: date
    known_at: datetime | None
    by: By | None

    def tallies(self, connection: Reader) -> Tallies:
        return tallied(
            connection,
            self.at.study,
            self.at.instrument,
            sites=self.at.sites,
            as_of=self.as_of,
            known_at=self.known_at,
            by=self.by,
        )

    def scales(self, connection: Reader, found: Tallies) -> tuple[ScaleRates, ...]:
        """Of all together."""
        values = scored(
            connection,
            self.at.study,
            self.at.instrument,
            found,
            sites=self.at.sites,
            as_of=self.as_of,
            known_at=self.known_at,
        )
        return by_scale(found.of(None).rows, self.at.instrument.scale_codes, values)

    def entries(self, person: Known) -> tuple[Entry, ...]:
        valid_from = self.at.instrument.valid_from
        return ledger(person.facts, self.at.study, valid_from=valid_from, as_of=self.as_of)


def _group(name: str | None, tally: Tally, out: int) -> Group:
    times = sorted(tally.reasons.items(), key=lambda each: (-each[1], each[0]))
    reasons = tuple(ReasonCount(code, often) for code, often in times)
    return Group(name, with_pooled(tally.rows), reasons, out)


def _gap(
    connection: Reader, asked: _Asked, between: Between, group: str | None, tallies: Tallies
) -> Gap:
    """The first of them, of those whom the reader sees; the others are counted alone."""
    visit, whole, part = between
    pairs = _pairs(connection, asked, between, group) if asked.known_at is None else []
    here = numbers_at(connection, asked.at.sites)
    shown = set([pair for pair in pairs if pair[0] in here][:SHOWN])
    people = read_facts(
        connection, Scope(asked.at.sites, ids=tuple({patient for patient, _ in shown}))
    )
    entries = [
        entry for each in people for entry in asked.entries(each) if (each.id, entry.visit) in shown
    ]
    others = apart(tallies.of(group).entries, visit=visit, whole=whole, part=part)
    numbers = set(here.values()) - set(withheld(connection).values())
    seen = [entry for entry in others if entry.patient_id in numbers]
    elsewhere = sum(patient not in here for patient, _ in pairs) + len(others) - len(seen)
    by_number = sorted([*entries, *seen], key=lambda entry: entry.patient_id)
    total = len(pairs) + len(others)
    return Gap(visit, whole, part, group, tuple(by_number[:SHOWN]), total, elsewhere)


def _pairs(
    connection: Reader, asked: _Asked, between: Between, group: str | None
) -> list[tuple[int, str]]:
    visit, whole, part = between
    return counts.between(
        connection,
        asked.at.study,
        sites=asked.at.sites,
        as_of=asked.as_of,
        valid_from=asked.at.instrument.valid_from,
        by=asked.by,
        group=group,
        visit=None if visit == POOLED else visit,
        whole=whole.lower(),
        part=part and part.lower(),
    )


def groupings(*, arms: bool) -> tuple[By, ...]:
    """By what a reader may tell the rates apart; by arm only who may see the arms."""
    return ("site", "arm") if arms else ("site",)


def _groups(by: By | None, at: StaffOccasion) -> list[str | None]:
    if by is None:
        return [None]
    if by == "arm":
        return [arm.code for arm in at.study.arms]
    return [site.code for site in at.study.sites if site.code in at.sites]
