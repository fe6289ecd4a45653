"""The rates of each site or arm: the database counts, the core where forms were corrected."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from pro_app.core.instrument import Instrument
from pro_app.core.ledger import Entry, ledger
from pro_app.core.rates import VisitRates, rates, reasons
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.store.forms.amended import read_amended
from pro_app.store.patients.patients import arms_of
from pro_app.store.statuses.counts import By, Counted, counted
from pro_app.store.statuses.facts import Scope, read_facts


@dataclass(frozen=True, slots=True)
class Tally:
    """One group: `rows` by visit in protocol order, and how often each reason stands.

    `amended` are the entries of those whose forms were corrected or decided on: few, and
    counted by the core.
    """

    rows: tuple[VisitRates, ...]
    reasons: Counter[str]
    amended: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Tallies:
    """Group → its tally, for each group that has a patient; `amended` are patients' ids."""

    groups: dict[str | None, Tally]
    amended: frozenset[int]
    nobody: Tally

    def of(self, group: str | None) -> Tally:
        """The tally of a group; of one without patients every number is zero."""
        return self.groups.get(group, self.nobody)


def tallied(
    connection: Connection,
    study: Study,
    instrument: Instrument,
    *,
    sites: Sites,
    as_of: date,
    by: By | None,
) -> Tallies:
    """The rates as of a day; without `by` the one group is None.

    A patient whose arm is not recorded is in "".
    """
    patients = read_amended(connection).patients
    numbers = counted(
        connection,
        study,
        sites=sites,
        as_of=as_of,
        valid_from=instrument.valid_from,
        by=by,
        without=patients,
    )
    scope = Scope(sites=sites, ids=tuple(patients))
    few = entries_of(connection, study, instrument, scope, as_of=as_of, by=by) if patients else {}

    def tally(group: str | None) -> Tally:
        many, entries = numbers.get(group, Counted()), tuple(few.get(group, ()))
        rows = zip(many.rows(study), rates(entries, study), strict=True)
        return Tally(
            tuple(one + other for one, other in rows), many.reasons + reasons(entries), entries
        )

    groups = {group: tally(group) for group in dict.fromkeys([*numbers, *few])}
    return Tallies(groups, patients, Tally(Counted().rows(study), Counter(), ()))


def entries_of(
    connection: Connection,
    study: Study,
    instrument: Instrument,
    scope: Scope,
    *,
    as_of: date,
    known_at: datetime | None = None,
    by: By | None,
) -> dict[str | None, list[Entry]]:
    """Group → the entries of its patients in scope, for each group that has one."""
    arms = arms_of(connection, scope.ids) if by == "arm" else {}
    found: dict[str | None, list[Entry]] = {}
    for person in read_facts(connection, scope, known_at=known_at):
        group = {None: None, "site": person.facts.site, "arm": arms.get(person.id, "")}[by]
        entries = ledger(person.facts, study, valid_from=instrument.valid_from, as_of=as_of)
        found.setdefault(group, []).extend(entries)
    return found
