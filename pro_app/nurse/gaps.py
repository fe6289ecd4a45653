"""Who stands behind a number of the rates, or between two of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.leaving import Held, may_leave, on_pages
from pro_app.core.ledger import Entry
from pro_app.core.rates import POOLED, Counts, ScaleRates, by_scale, counts_of, reason_of
from pro_app.core.study import REASON_HELD_BACK, REASON_PENDING, Study
from pro_app.store.engine.transaction import Reader
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.patients import numbers_at
from pro_app.store.statuses import counts
from pro_app.store.statuses.counts import By as By
from pro_app.store.statuses.facts import Known, Scope, read_facts
from pro_app.store.statuses.scales import with_values
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


class Between(NamedTuple):
    """Of a visit, or POOLED: who is in one number and, if that is asked, not in another."""

    visit: str
    whole: Number
    part: Number | None = None


class Because(NamedTuple):
    """The missing and empty forms of any visit that are counted by these reasons.

    `which`: "reason" of one, which may be pending, or what the page calls them together.
    """

    which: Literal["without_answers", "avoidable", "unavoidable", "reason"]
    reasons: frozenset[str]


class WithValue(NamedTuple):
    """The received forms of a visit, or POOLED, that have a value of a score."""

    visit: str
    scale: str


#: What a number of the page counts, visit by visit.
Listed = Between | Because | WithValue
Behind = Listed | TakenOut


class Line(NamedTuple):
    """A patient behind a number, and the visit, None where it is of no visit.

    `entry` is None where the ledger has no line: without consent to questionnaires.
    """

    number: str
    visit: str | None
    entry: Entry | None
    randomised_on: date | None = None


def because(study: Study) -> dict[str, Because]:
    """What an address calls reasons → them."""
    given = frozenset(each.code for each in study.reasons)
    avoidable = frozenset(each.code for each in study.reasons if each.avoidable)
    # That one is held back is not which it is.
    every = given | {REASON_PENDING, REASON_HELD_BACK}
    together = (
        Because("without_answers", every),
        Because("avoidable", avoidable),
        Because("unavoidable", given - avoidable),
    )
    return {each.which: each for each in together} | {
        f"because.{code}": Because("reason", frozenset({code})) for code in (*given, REASON_PENDING)
    }


@dataclass(frozen=True, slots=True)
class Gap:
    """The patients of a group who stand behind a number, or between two.

    `lines` are the first of them by trial number, `total` is how many there are:
    `elsewhere` belong to another site today, whose patients the reader does not see, since
    a visit counts for the site of its target day; of `withheld` no row is shown, since
    they withdrew their consent to further use of data.
    """

    behind: Behind
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
        values = Counter((visit, scale) for _, visit, scale in self.values(connection, found))
        return by_scale(found.of(None).rows, self.at.instrument.scale_codes, values)

    def values(self, connection: Reader, found: Tallies) -> list[tuple[str, str, str]]:
        """(trial number, visit, scale) of all together."""
        return with_values(
            connection,
            self.at.study,
            self.at.instrument,
            found,
            sites=self.at.sites,
            as_of=self.as_of,
            known_at=self.known_at,
        )

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
    connection: Reader, asked: Asked, listed: Listed, group: str | None, tallies: Tallies
) -> Gap:
    """The first of them, of those whom the reader sees; the others are counted alone."""
    here = numbers_at(connection, asked.at.sites)
    ids = {number: patient for patient, number in here.items()}
    by_database = _by_database(connection, asked, listed, group)
    by_core = _by_core(connection, asked, listed, group, tallies)
    found = [(here.get(patient), of) for patient, of in by_database]
    found += [(number if number in ids else None, of) for number, of in by_core]
    held = held_back(connection)
    seen = sorted((number, of) for number, of in found if number is not None)
    parted = {ids[number] for number, _ in seen if number in held}
    entries = _entries(connection, asked, held, parted)
    shown = [
        each
        for each in seen
        if may_leave(held, each[0], None)
        if each[0] not in held or _tells(entries.get(each), listed)
    ]
    first = shown[:SHOWN]
    entries |= _entries(connection, asked, held, {ids[number] for number, _ in first} - parted)
    lines = tuple(Line(*each, entries.get(each)) for each in first)
    elsewhere, withheld = len(found) - len(seen), len(seen) - len(shown)
    return Gap(listed, group, lines, len(found), elsewhere, withheld)


def gap_taken_out(connection: Reader, people: Iterable[counts.TakenOut], group: str | None) -> Gap:
    """Who was in N until it was corrected that they were able to answer."""
    held = held_back(connection)
    found = sorted((each for each in people if each.part == group), key=lambda each: each.number)
    shown = [each for each in found if may_leave(held, each.number, None)]
    lines = tuple(Line(each.number, None, None, each.randomised_on) for each in shown[:SHOWN])
    return Gap(TAKEN_OUT, group, lines, len(found), withheld=len(found) - len(shown))


def _tells(entry: Entry | None, listed: Listed) -> bool:
    """Whether to be in the list tells no more than the patient's own page does."""
    if isinstance(listed, Because):
        return entry is not None and reason_of(entry) in listed.reasons
    if isinstance(listed, WithValue):
        return entry is not None and not entry.held_back
    return True


def _entries(
    connection: Reader, asked: Asked, held: Mapping[str, Held], patient_ids: Collection[int]
) -> dict[tuple[str, str], Entry]:
    """(trial number, visit) → the line of the ledger, as pages show it."""
    scope = Scope(asked.at.sites, ids=tuple(sorted(patient_ids)))
    return {
        (entry.patient_id, entry.visit): entry
        for each in read_facts(connection, scope, known_at=asked.known_at)
        for entry in asked.entries(each, held.get(each.facts.patient_id))
    }


def _by_core(
    connection: Reader, asked: Asked, listed: Listed, group: str | None, tallies: Tallies
) -> list[tuple[str, str]]:
    """(trial number, visit) that the core counted; it alone knows of the values of scores."""
    tally = tallies.of(group)
    if isinstance(listed, WithValue):
        return [
            (number, visit)
            for number, visit, scale in asked.values(connection, tallies)
            if scale == listed.scale and listed.visit in (visit, POOLED)
        ]
    if isinstance(listed, Because):
        entries = [each for each in tally.entries if reason_of(each) in listed.reasons]
        return [(each.patient_id, each.visit) for each in entries]
    return apart(tally, visit=listed.visit, whole=listed.whole, part=listed.part)


def _by_database(
    connection: Reader, asked: Asked, listed: Listed, group: str | None
) -> list[tuple[int, str]]:
    """(patient id, visit) that the database counted; the plan that is stored is that of now."""
    if asked.known_at is not None or isinstance(listed, WithValue):
        return []
    of_group: Any = {
        "sites": asked.at.sites,
        "as_of": asked.as_of,
        "valid_from": asked.at.instrument.valid_from,
        "by": asked.by,
        "group": group,
    }
    if isinstance(listed, Because):
        return counts.without_answers(
            connection, asked.at.study, reasons=listed.reasons, **of_group
        )
    return counts.between(
        connection,
        asked.at.study,
        visit=None if listed.visit == POOLED else listed.visit,
        whole=listed.whole.lower(),
        part=listed.part and listed.part.lower(),
        **of_group,
    )
