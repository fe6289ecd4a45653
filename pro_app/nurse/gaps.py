"""Who stands behind a number of the rates, or between two of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NamedTuple

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.leaving import Held, may_leave, on_pages
from pro_app.core.ledger import Entry
from pro_app.core.rates import POOLED, Counts, ScaleRates, by_scale, counts_of
from pro_app.store.engine.transaction import Reader
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.patients import numbers_at
from pro_app.store.statuses import counts
from pro_app.store.statuses.counts import By as By
from pro_app.store.statuses.facts import Known, Scope, read_facts
from pro_app.store.statuses.scales import scored
from pro_app.store.statuses.tallies import Tallies, Tally, tallied

#: A list of who is behind a number shows so many.
SHOWN = 200


class Number(StrEnum):
    """The numbers of a visit as they are named; the first seven are each a part of those before."""

    RANDOMISED = "randomised"
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
NESTED = (Number.RANDOMISED, Number.N, Number.M, Number.A, Number.E, Number.R, Number.V)

#: Those who were in N until it was corrected that they were able to answer.
TakenOut = Literal["taken_out"]
TAKEN_OUT: TakenOut = "taken_out"

#: (visit, in which number, and not in which, if that is asked).
Between = tuple[str, Number, Number | None]


class Line(NamedTuple):
    """A patient behind a number, and the visit, None where it is of no visit.

    `entry` is None where the ledger has no line: without consent to questionnaires.
    """

    number: str
    visit: str | None
    entry: Entry | None
    randomised_on: date | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """The patients of a group who are counted in `whole` and not in `part`, if there is one.

    `whole` may be TAKEN_OUT. `lines` are the first of them by trial number, `total` is how
    many there are: `elsewhere` belong to another site today, whose patients the reader
    does not see, since a visit counts for the site of its target day; of `withheld` no row
    is shown, since they withdrew their consent to further use of data.
    """

    visit: str
    whole: Number | TakenOut
    part: Number | None
    group: str | None
    lines: tuple[Line, ...]
    total: int
    elsewhere: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which occasion, day, instant and grouping the numbers are."""

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

    def taken_out(self, connection: Reader) -> list[counts.TakenOut]:
        return counts.taken_out(
            connection, sites=self.at.sites, as_of=self.as_of, known_at=self.known_at, by=self.by
        )

    def entries(self, person: Known, held: Held | None) -> tuple[Entry, ...]:
        """The lines of a patient's ledger as pages show them."""
        valid_from = self.at.instrument.valid_from
        return on_pages(person.facts, held, self.at.study, valid_from=valid_from, as_of=self.as_of)


def apart(tally: Tally, *, visit: str, whole: Number, part: Number | None) -> list[tuple[str, str]]:
    """(patient, visit) that the core counted in `whole` and not in `part`; `visit` may be POOLED.

    Who was randomised and never consented has no line in the ledger.
    """
    entries = {(entry.patient_id, entry.visit): entry for entry in tally.entries}

    def counts_in(each: tuple[str, str], number: Number) -> bool:
        return number is Number.RANDOMISED or (
            each in entries and bool(number.of(counts_of(entries[each])))
        )

    return [
        each
        for each in (tally.randomised if whole is Number.RANDOMISED else entries)
        if visit in (each[1], POOLED) and counts_in(each, whole)
        if part is None or not counts_in(each, part)
    ]


def gap(
    connection: Reader, asked: Asked, between: Between, group: str | None, tallies: Tallies
) -> Gap:
    """The first of them, of those whom the reader sees; the others are counted alone."""
    visit, whole, part = between
    here = numbers_at(connection, asked.at.sites)
    ids = {number: patient for patient, number in here.items()}
    by_core = apart(tallies.of(group), visit=visit, whole=whole, part=part)
    found = [(here.get(patient), of) for patient, of in _pairs(connection, asked, between, group)]
    found += [(number if number in ids else None, of) for number, of in by_core]
    held = held_back(connection)
    seen = [(number, of) for number, of in found if number is not None]
    shown = [each for each in seen if may_leave(held, each[0], None)]
    first = sorted(shown, key=lambda each: each[0])[:SHOWN]
    scope = Scope(asked.at.sites, ids=tuple({ids[number] for number, _ in first}))
    entries = {
        (entry.patient_id, entry.visit): entry
        for each in read_facts(connection, scope, known_at=asked.known_at)
        for entry in asked.entries(each, held.get(each.facts.patient_id))
    }
    lines = tuple(Line(*each, entries.get(each)) for each in first)
    elsewhere, withheld = len(found) - len(seen), len(seen) - len(shown)
    return Gap(visit, whole, part, group, lines, len(found), elsewhere, withheld)


def gap_taken_out(connection: Reader, people: Iterable[counts.TakenOut], group: str | None) -> Gap:
    """Who was in N until it was corrected that they were able to answer."""
    held = held_back(connection)
    found = sorted((each for each in people if each.part == group), key=lambda each: each.number)
    shown = [each for each in found if may_leave(held, each.number, None)]
    lines = tuple(Line(each.number, None, None, each.randomised_on) for each in shown[:SHOWN])
    withheld = len(found) - len(shown)
    return Gap(POOLED, TAKEN_OUT, None, group, lines, len(found), withheld=withheld)


def _pairs(
    connection: Reader, asked: Asked, between: Between, group: str | None
) -> list[tuple[int, str]]:
    """(patient id, visit) that the database counted; the plan that is stored is that of now."""
    if asked.known_at is not None:
        return []
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
