"""The rates of each site or arm: the database counts, the core where it has to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from pro_app.core.facts import PatientFacts
from pro_app.core.instrument import Instrument
from pro_app.core.ledger import Entry, ledger, randomised_visits
from pro_app.core.rates import VisitRates, rates, reasons
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.core.study import Study
from pro_app.store.patients.patients import arms_of
from pro_app.store.statuses.counts import By, Counted, counted
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.left import ids_left_to_core


@dataclass(frozen=True, slots=True)
class Tally:
    """One group: `rows` by visit in protocol order, and how often each reason stands.

    `entries` are those that the core counted: of a few patients, or of all where the
    question is what was known earlier; `randomised`: (patient, visit) of the same patients,
    with or without consent.
    """

    rows: tuple[VisitRates, ...]
    reasons: Counter[str]
    entries: tuple[Entry, ...]
    randomised: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Tallies:
    """Group → its tally, for each group that has a patient."""

    groups: dict[str | None, Tally]
    nobody: Tally

    def of(self, group: str | None) -> Tally:
        """The tally of a group; of one without patients every number is zero."""
        return self.groups.get(group, self.nobody)


@dataclass(slots=True)
class _Part:
    """What the core says of one group; `randomised`: (patient, visit)."""

    entries: list[Entry] = field(default_factory=list)
    randomised: list[tuple[str, str]] = field(default_factory=list)


def tallied(
    connection: Connection,
    study: Study,
    instrument: Instrument,
    *,
    sites: Sites,
    as_of: date,
    known_at: datetime | None = None,
    by: By | None,
) -> Tallies:
    """The rates as of a day; without `by` the one group is None.

    A patient whose arm is not recorded is in "". With `known_at` the core counts all,
    since the plan that is stored is that of now.
    """
    numbers: dict[str | None, Counted] = {}
    ids: frozenset[int] | None = None
    if known_at is None:
        valid_from = instrument.valid_from
        numbers = counted(connection, study, sites=sites, as_of=as_of, valid_from=valid_from, by=by)
        ids = ids_left_to_core(connection, as_of)
    few: dict[str | None, _Part] = {}
    if ids is None or ids:
        scope = Scope(EVERYWHERE, ids=None if ids is None else tuple(sorted(ids)))
        people = [
            (each.id, each.facts) for each in read_facts(connection, scope, known_at=known_at)
        ]
        arms = arms_of(connection, scope.ids, known_at=known_at) if by == "arm" else {}
        few = _parts(people, study, instrument, arms, sites=sites, as_of=as_of, by=by)
    groups = {
        group: _tally(study, numbers.get(group, Counted()), few.get(group, _Part()))
        for group in dict.fromkeys([*numbers, *few])
    }
    return Tallies(groups, _tally(study, Counted(), _Part()))


def _tally(study: Study, many: Counted, few: _Part) -> Tally:
    randomised = Counter(visit for _, visit in few.randomised)
    of_few = rates(few.entries, study, randomised=randomised)
    rows = tuple(one + other for one, other in zip(many.rows(study), of_few, strict=True))
    whole = many.reasons + reasons(few.entries)
    return Tally(rows, whole, tuple(few.entries), tuple(few.randomised))


def _parts(
    people: Iterable[tuple[int, PatientFacts]],
    study: Study,
    instrument: Instrument,
    arms: dict[int, str],
    *,
    sites: Sites,
    as_of: date,
    by: By | None,
) -> dict[str | None, _Part]:
    """Group → the entries of its patients; a visit belongs to the site of its target day."""
    found: dict[str | None, _Part] = {}

    def part(patient_id: int, site: str) -> _Part:
        group = {None: None, "site": site, "arm": arms.get(patient_id, "")}[by]
        return found.setdefault(group, _Part())

    for patient_id, facts in people:
        for visit, site in randomised_visits(facts, study, as_of):
            if site in sites:
                part(patient_id, site).randomised.append((facts.patient_id, visit))
        for entry in ledger(facts, study, valid_from=instrument.valid_from, as_of=as_of):
            if entry.site in sites:
                part(patient_id, entry.site).entries.append(entry)
    return found
