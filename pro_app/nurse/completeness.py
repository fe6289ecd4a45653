"""How complete the forms are: the rates by visit, and who stands between two numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pro_app.core.instrument import Instrument
from pro_app.core.ledger import UNANSWERED, Entry, ledger
from pro_app.core.rates import POOLED, VisitRates, pooled, rates
from pro_app.core.study import REASON_PENDING, Study
from pro_app.store.facts import Scope, read_facts
from pro_app.store.patients import arms_of
from pro_app.store.transaction import reading

By = Literal["site", "arm"]


class Number(StrEnum):
    """The five numbers of a visit; each counts a part of those before it."""

    N = "N"
    M = "M"
    A = "A"
    E = "E"
    V = "V"


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often a reason stands among the missing and empty forms; the code may be pending."""

    code: str
    times: int


def entries_by_group(
    study: Study,
    instrument: Instrument,
    *,
    sites: tuple[str, ...] | None,
    as_of: date,
    known_at: datetime | None = None,
    by: By | None = None,
) -> dict[str | None, list[Entry]]:
    """Group → its entries; every site or arm of the study in scope has its place.

    Without `by` the one group is None. A patient whose arm is not recorded is in "".
    """
    with reading(snapshot=True) as connection:
        people = read_facts(connection, Scope(sites=sites), known_at=known_at)
        arms = arms_of(connection) if by == "arm" else {}
    groups: dict[str | None, list[Entry]] = {group: [] for group in _groups(study, sites, by)}
    for person in people:
        site = person.facts.site
        group = {None: None, "site": site, "arm": arms.get(person.id, "")}[by]
        entries = ledger(person.facts, study, valid_from=instrument.valid_from, as_of=as_of)
        groups.setdefault(group, []).extend(entries)
    return groups


def compliance(
    study: Study,
    instrument: Instrument,
    *,
    sites: tuple[str, ...] | None,
    as_of: date,
    known_at: datetime | None = None,
    by: By | None = None,
) -> list[tuple[str | None, VisitRates]]:
    """(group, row): for each group its visits in protocol order, then the pooled row."""
    groups = entries_by_group(study, instrument, sites=sites, as_of=as_of, known_at=known_at, by=by)
    return [
        (group, row) for group, entries in groups.items() for row in with_pooled(entries, study)
    ]


def with_pooled(entries: Iterable[Entry], study: Study) -> tuple[VisitRates, ...]:
    """The visits' rows in protocol order, then the pooled one."""
    rows = rates(entries, study)
    return (*rows, pooled(rows))


def gap(
    study: Study,
    instrument: Instrument,
    *,
    visit: str,
    whole: Number,
    part: Number,
    sites: tuple[str, ...] | None,
    as_of: date,
    known_at: datetime | None = None,
    by: By | None = None,
    group: str | None = None,
) -> list[Entry]:
    """Who is counted in `whole` and not in `part`; `visit` may be the pooled one."""
    groups = entries_by_group(study, instrument, sites=sites, as_of=as_of, known_at=known_at, by=by)
    return apart(groups.get(group, []), study, visit=visit, whole=whole, part=part)


def apart(
    entries: Iterable[Entry], study: Study, *, visit: str, whole: Number, part: Number
) -> list[Entry]:
    """Of these entries, those counted in `whole` and not in `part`."""
    found = []
    for entry in entries:
        if visit in (entry.visit, POOLED):
            # Counted alone an entry says itself in which numbers it is: no second rule.
            numbers = _numbers(pooled(rates((entry,), study)))
            if numbers[whole] and not numbers[part]:
                found.append(entry)
    return found


@dataclass(frozen=True, slots=True)
class Group:
    """One site or arm, or everybody (None): the rates by visit, and why forms are missing."""

    name: str | None
    rows: tuple[VisitRates, ...]
    reasons: tuple[ReasonCount, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """The patients of a group who are counted in `whole` and not in `part`."""

    visit: str
    whole: Number
    part: Number
    group: str | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    groups: tuple[Group, ...]
    gap: Gap | None


def overview(
    study: Study,
    instrument: Instrument,
    *,
    sites: tuple[str, ...] | None,
    as_of: date,
    by: By | None,
    between: tuple[str, Number, Number] | None,
    group: str | None,
) -> Overview:
    """Rates, reasons and, if asked for, who stands between two numbers: read once."""
    found = entries_by_group(study, instrument, sites=sites, as_of=as_of, by=by)
    groups = [
        Group(name, with_pooled(entries, study), tuple(reason_counts(entries)))
        for name, entries in found.items()
    ]
    if between is None or group not in found:
        return Overview(tuple(groups), None)
    visit, whole, part = between
    who = apart(found[group], study, visit=visit, whole=whole, part=part)
    return Overview(tuple(groups), Gap(visit, whole, part, group, tuple(who)))


def groupings(*, arms: bool) -> tuple[By, ...]:
    """By what a reader may tell the rates apart; by arm only who may see the arms."""
    return ("site", "arm") if arms else ("site",)


def reason_counts(entries: Iterable[Entry]) -> list[ReasonCount]:
    """The reasons of missing and empty forms in the rates, the most frequent first."""
    times = Counter(
        entry.reason or REASON_PENDING
        for entry in entries
        if entry.in_population and entry.status in UNANSWERED
    )
    return [ReasonCount(code, times[code]) for code in sorted(times, key=lambda c: (-times[c], c))]


def _numbers(row: VisitRates) -> dict[Number, int]:
    return dict(zip(Number, (row.n, row.m, row.a, row.e, row.v), strict=True))


def _groups(study: Study, sites: Sequence[str] | None, by: By | None) -> list[str | None]:
    if by is None:
        return [None]
    if by == "arm":
        return [arm.code for arm in study.arms]
    return [site.code for site in study.sites if sites is None or site.code in sites]
