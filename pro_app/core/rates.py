"""Statuses → denominators and rates of one visit, or of all together.

Source: science page, section 4; the first two rates are SISAQOL's (Lancet Oncol
2020; 21: e83–96). At every visit V ≤ E ≤ A ≤ M ≤ N.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pro_app.core.ledger import UNANSWERED, Entry, Status
from pro_app.core.study import REASON_PENDING, Study

#: Statuses of a form that counts as handed in.
COUNTED = frozenset({Status.VALID, Status.PARTIAL, Status.EMPTY, Status.OUT_OF_WINDOW})
#: Statuses of a visit at which a form was expected.
EXPECTED = COUNTED | {Status.MISSING}

#: Stands as visit in the row of all visits together.
POOLED = "pooled"


@dataclass(frozen=True, slots=True)
class VisitRates:
    """Patients at one visit, each number a part of the one before.

    `n`: randomised, consented and able. `m`: of these, the window has closed or a
    counted form is in. `a`: of these, alive at the target day or with a counted
    form. `e`: a form was expected. `v`: a VALID form is in.
    """

    visit: str
    month: int | None
    n: int
    m: int
    a: int
    e: int
    v: int

    def __add__(self, other: "VisitRates") -> "VisitRates":
        """The same visit in both, of patients that no two have in common."""
        return VisitRates(
            self.visit,
            self.month,
            self.n + other.n,
            self.m + other.m,
            self.a + other.a,
            self.e + other.e,
            self.v + other.v,
        )

    @property
    def completion_rate(self) -> float | None:
        """V / E. It rises when one who doesn't answer dies: never show it alone."""
        return _ratio(self.v, self.e)

    @property
    def alive_rate(self) -> float | None:
        """V / A, which no withdrawal can flatter."""
        return _ratio(self.v, self.a)

    @property
    def available_mature_rate(self) -> float | None:
        """V / M: available data while follow-up goes on."""
        return _ratio(self.v, self.m)

    @property
    def available_rate(self) -> float | None:
        """V / N: available data at the end."""
        return _ratio(self.v, self.n)


def rates(entries: Iterable[Entry], study: Study) -> tuple[VisitRates, ...]:
    """One row per visit of the study, in its order, with or without patients."""
    n: Counter[str] = Counter()
    m: Counter[str] = Counter()
    a: Counter[str] = Counter()
    e: Counter[str] = Counter()
    v: Counter[str] = Counter()
    for entry in entries:
        if not entry.in_population:
            continue
        n[entry.visit] += 1
        counted = entry.status in COUNTED
        if counted or entry.window_closed:
            m[entry.visit] += 1
            if counted or entry.alive_at_target:
                a[entry.visit] += 1
        if entry.status in EXPECTED:
            e[entry.visit] += 1
        if entry.status is Status.VALID:
            v[entry.visit] += 1
    return tuple(
        VisitRates(
            each.code,
            each.month,
            n[each.code],
            m[each.code],
            a[each.code],
            e[each.code],
            v[each.code],
        )
        for each in study.visits
    )


def pooled(rows: Iterable[VisitRates]) -> VisitRates:
    """The sums over all visits: its rates are ratios of sums, not means of rates."""
    rows = tuple(rows)
    return VisitRates(
        visit=POOLED,
        month=None,
        n=sum(row.n for row in rows),
        m=sum(row.m for row in rows),
        a=sum(row.a for row in rows),
        e=sum(row.e for row in rows),
        v=sum(row.v for row in rows),
    )


def reasons(entries: Iterable[Entry]) -> Counter[str]:
    """Reason → how often it stands among the missing and empty forms; it may be pending."""
    return Counter(
        entry.reason or REASON_PENDING
        for entry in entries
        if entry.in_population and entry.status in UNANSWERED
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
