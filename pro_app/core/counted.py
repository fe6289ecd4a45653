"""The counts of an export: they hold everybody, also patients of whom no row leaves."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from pro_app.core.answer_sets import AnswerSet
from pro_app.core.dictionary import ALL_SITES
from pro_app.core.facts import PatientFacts
from pro_app.core.instrument import Instrument
from pro_app.core.ledger import Entry, ledger, randomised_visits
from pro_app.core.rates import (
    NUMBERS,
    RATES,
    ScaleRates,
    VisitRates,
    by_scale,
    counts_of,
    pooled,
    rates,
)
from pro_app.core.rows import ComplianceRow, ScaleRow
from pro_app.core.study import Study

#: (site of the target day, visit).
Where = tuple[str, str]


class Cut(NamedTuple):
    """What is counted by: the trial, its questionnaire, and the day."""

    study: Study
    instrument: Instrument
    as_of: date

    def entries(self, facts: PatientFacts) -> tuple[Entry, ...]:
        """The patient's entries as of the day."""
        valid_from = self.instrument.valid_from
        return ledger(facts, self.study, valid_from=valid_from, as_of=self.as_of)


@dataclass(frozen=True, slots=True)
class Counted:
    """`entries` are everybody's. `randomised`, by place, holds those without consent too.

    `scored`: (place, scale) → received forms with a value. `withheld`: of N, those of
    whom no row leaves.
    """

    entries: tuple[Entry, ...]
    randomised: Counter[Where]
    scored: Counter[tuple[Where, str]]
    withheld: Counter[Where]


def count(
    people: Iterable[tuple[PatientFacts, tuple[Entry, ...]]],
    forms: Mapping[str, Sequence[AnswerSet]],
    leaving: AbstractSet[str],
    cut: Cut,
) -> Counted:
    """Count everybody; `leaving` are those of whom rows leave."""
    counted = Counted((), Counter(), Counter(), Counter())
    entries: list[Entry] = []
    for facts, found in people:
        entries += found
        for visit, site in randomised_visits(facts, cut.study, cut.as_of):
            counted.randomised[site, visit] += 1
        scores = {f.visit: f.scores for f in forms.get(facts.patient_id, ()) if f.counts}
        for entry in found:
            numbers, where = counts_of(entry), (entry.site, entry.visit)
            if numbers.n and facts.patient_id not in leaving:
                counted.withheld[where] += 1
            if numbers.r:
                values = zip(
                    cut.instrument.scale_codes, scores.get(entry.visit) or (), strict=False
                )
                for code, score in values:
                    counted.scored[where, code] += score.value is not None
    return replace(counted, entries=tuple(entries))


def compliance_rows(counted: Counted, study: Study) -> Iterator[ComplianceRow]:
    """All sites together, then each: a row for each visit, then all of them."""
    for site, of_visits in _by_site(counted, study):
        withheld = {
            visit.code: _sum(counted.withheld, site, visit.code) for visit in study.all_visits
        }
        for row in of_visits:
            yield _compliance_row(site, row, withheld[row.visit])
        yield _compliance_row(site, pooled(of_visits), sum(withheld.values()))


def scale_rows(counted: Counted, study: Study, instrument: Instrument) -> Iterator[ScaleRow]:
    """The same by score: of the received forms, those with a value."""
    for site, of_visits in _by_site(counted, study):
        scored: Counter[tuple[str, str]] = Counter()
        for ((of_site, visit), scale), times in counted.scored.items():
            if site in (ALL_SITES, of_site):
                scored[visit, scale] += times
        for row in by_scale(of_visits, instrument.scale_codes, scored):
            yield _scale_row(site, row)


def _by_site(counted: Counted, study: Study) -> Iterator[tuple[str, tuple[VisitRates, ...]]]:
    by_site: dict[str, list[Entry]] = defaultdict(list)
    for entry in counted.entries:
        by_site[entry.site].append(entry)
    for site in (ALL_SITES, *(site.code for site in study.sites)):
        entries = counted.entries if site == ALL_SITES else by_site[site]
        randomised = {v.code: _sum(counted.randomised, site, v.code) for v in study.all_visits}
        yield site, rates(entries, study, randomised=randomised)


def _sum(numbers: Counter[Where], site: str, visit: str) -> int:
    if site != ALL_SITES:
        return numbers[site, visit]
    return sum(times for (_, of_visit), times in numbers.items() if of_visit == visit)


def _compliance_row(site: str, row: VisitRates, withheld: int) -> ComplianceRow:
    numbers = [getattr(row.counts, name) for name in NUMBERS]
    of_rates = [getattr(row, name) for name in RATES]
    return ComplianceRow._make([site, row.visit, row.month, *numbers, withheld, *of_rates])


def _scale_row(site: str, row: ScaleRates) -> ScaleRow:
    numbers = (row.counts.n, row.counts.e, row.counts.r, row.scored)
    of_rates = (row.scored_of_expected_rate, row.scored_of_all_rate)
    return ScaleRow(site, row.scale, row.visit, row.month, *numbers, *of_rates)
