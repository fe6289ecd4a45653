"""Statuses → counts and rates of one visit, or of all together.

Source: science page, section 4; completion and available-data rates are SISAQOL's
(Lancet Oncol 2020; 21: e83–96), received and valid forms apart are Osoba and Zee's
(1998). Denominators follow from dates alone, never from whether a form came: at every
visit V ≤ R ≤ E ≤ A ≤ M ≤ N, as sets too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache

from pro_app.core.ledger import UNANSWERED, Entry, Status
from pro_app.core.study import REASON_PENDING, Study

#: Statuses of a form that counts as handed in.
COUNTED = frozenset({Status.VALID, Status.PARTIAL, Status.EMPTY, Status.OUT_OF_WINDOW})

#: Stands as visit in the row of all visits together.
POOLED = "pooled"


@dataclass(frozen=True, slots=True)
class Counts:
    """Patients at one visit; from `n` to `v` each number is a part of the one before.

    `randomised`: all of them, by the as-of day. `n`: of these, consented by then and
    able to answer. `m`: the window has closed. `a`: did not die before the target day.
    `e`: a form is expected by its dates. `r`: a counted form is in. `v`: a VALID one.
    In no rate: `x`: counted forms of `m` that were not expected. `d`: of `e`, died in
    the window without a counted form. `open`: windows open, of the living.
    `open_received`: counted forms of windows that have not closed.
    """

    randomised: int = 0
    n: int = 0
    m: int = 0
    a: int = 0
    e: int = 0
    r: int = 0
    v: int = 0
    x: int = 0
    d: int = 0
    open: int = 0
    open_received: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """The counts of both, of which no two have a patient in common."""
        return Counts(*(getattr(self, n) + getattr(other, n) for n in NUMBERS))


#: The names of the numbers, in their order.
NUMBERS = tuple(field.name for field in fields(Counts))

#: Rate → the numbers it is made of.
RATES = {
    "completion_rate": ("v", "e"),
    "received_rate": ("r", "e"),
    "alive_rate": ("v", "a"),
    "available_mature_rate": ("v", "m"),
    "available_rate": ("v", "n"),
}


@dataclass(frozen=True, slots=True)
class VisitRates:
    """The counts of one visit, or of all (`visit` is POOLED, `month` None), and its rates."""

    visit: str
    month: int | None
    counts: Counts = Counts()

    def __add__(self, other: "VisitRates") -> "VisitRates":
        """The same visit in both, of patients that no two have in common."""
        return VisitRates(self.visit, self.month, self.counts + other.counts)

    @property
    def completion_rate(self) -> float | None:
        """V / E. It rises when one who doesn't answer dies: never show it alone."""
        return ratio(self.counts.v, self.counts.e)

    @property
    def received_rate(self) -> float | None:
        """R / E: late and partial forms too."""
        return ratio(self.counts.r, self.counts.e)

    @property
    def alive_rate(self) -> float | None:
        """V / A, which no withdrawal can flatter."""
        return ratio(self.counts.v, self.counts.a)

    @property
    def available_mature_rate(self) -> float | None:
        """V / M: available data while follow-up goes on."""
        return ratio(self.counts.v, self.counts.m)

    @property
    def available_rate(self) -> float | None:
        """V / N: available data at the end."""
        return ratio(self.counts.v, self.counts.n)


@dataclass(frozen=True, slots=True)
class ScaleRates:
    """One score at one visit: of the received forms, `scored` have a value of it.

    A VALID form may lack a score, and a PARTIAL one may have seven, since the number of
    items that makes a form VALID is the rule of the total alone.
    """

    visit: str
    month: int | None
    scale: str
    counts: Counts
    scored: int

    @property
    def scored_of_expected_rate(self) -> float | None:
        """Scored / E."""
        return ratio(self.scored, self.counts.e)

    @property
    def scored_of_all_rate(self) -> float | None:
        """Scored / N."""
        return ratio(self.scored, self.counts.n)


def by_scale(
    rows: Iterable[VisitRates], scales: Iterable[str], scored: Mapping[tuple[str, str], int]
) -> tuple[ScaleRates, ...]:
    """For each score its visits in their order, then all together.

    `scored`: (visit, scale) → how many received forms have a value of it.
    """
    visits = tuple(rows)
    found = []
    for scale in scales:
        each = [
            ScaleRates(row.visit, row.month, scale, row.counts, scored.get((row.visit, scale), 0))
            for row in visits
        ]
        whole = pooled(visits)
        total = sum(row.scored for row in each)
        found += [*each, ScaleRates(POOLED, None, scale, whole.counts, total)]
    return tuple(found)


def counts_of(entry: Entry) -> Counts:
    """In which numbers one entry is, 1 or 0 each; `randomised` is told by no entry."""
    if not entry.in_population:
        return _NOWHERE
    return _counts(
        entry.status,
        entry.window_closed,
        entry.alive_at_target,
        entry.asked_for,
        entry.died_in_window,
        entry.window_open,
    )


@cache  # a few dozen kinds of entries, each counted many times
def _counts(
    status: Status, mature: bool, alive: bool, asked_for: bool, died_in_window: bool, open_: bool
) -> Counts:
    counted = status in COUNTED
    expected = mature and alive and asked_for
    received = expected and counted
    return Counts(
        n=1,
        m=int(mature),
        a=int(mature and alive),
        e=int(expected),
        r=int(received),
        v=int(received and status is Status.VALID),
        x=int(mature and counted and not expected),
        d=int(expected and died_in_window and not counted),
        open=int(open_),
        open_received=int(counted and not mature),
    )


def rates(
    entries: Iterable[Entry], study: Study, *, randomised: int | Mapping[str, int]
) -> tuple[VisitRates, ...]:
    """One row per visit of the study, in its order, with or without patients.

    `randomised`: how many patients were, by the same day and of the same group, at every
    visit or at each; those without consent have no entry.
    """
    if isinstance(randomised, int):
        randomised = dict.fromkeys((visit.code for visit in study.all_visits), randomised)
    # Few entries differ in all that counts: each kind is counted once.
    kinds: Counter[tuple[str, Counts]] = Counter((e.visit, counts_of(e)) for e in entries)
    sums = {visit.code: dict.fromkeys(NUMBERS, 0) for visit in study.all_visits}
    for (visit, counts), times in kinds.items():
        if visit in sums:
            for name in NUMBERS:
                sums[visit][name] += times * getattr(counts, name)
    return tuple(
        VisitRates(
            v.code, v.month, Counts(**{**sums[v.code], "randomised": randomised.get(v.code, 0)})
        )
        for v in study.all_visits
    )


def pooled(rows: Iterable[VisitRates]) -> VisitRates:
    """The sums over all visits: its rates are ratios of sums, not means of rates."""
    return VisitRates(POOLED, None, sum((row.counts for row in rows), Counts()))


def reasons(entries: Iterable[Entry]) -> Counter[str]:
    """Reason → how often it stands among the missing and empty forms; it may be pending."""
    found = map(reason_of, entries)
    return Counter(reason for reason in found if reason is not None)


def reason_of(entry: Entry) -> str | None:
    """The reason that is counted of a missing or empty form, of any other entry None."""
    if entry.in_population and entry.status in UNANSWERED:
        return entry.reason or REASON_PENDING
    return None


def ratio(part: int, whole: int) -> float | None:
    """`part` of `whole`, None of nothing."""
    return part / whole if whole else None


_NOWHERE = Counts()
