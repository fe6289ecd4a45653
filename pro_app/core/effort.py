"""What a site did for its forms: calls, reminders and forms keyed in, beside what came back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pro_app.core.contact import Outcome
from pro_app.core.dataset import Dataset
from pro_app.core.rates import COUNTED, POOLED
from pro_app.core.rows import EffortRow


@dataclass(frozen=True, slots=True)
class VisitEffort:
    """What was done for a visit's forms, and how many of them are in.

    `visit` is None for attempts that were about no visit, POOLED for all together.
    `calls` are attempts of every kind but reminders; `keyed` are forms that staff
    entered for patients, whether they stand or not.
    """

    visit: str | None
    calls: int
    reminders: int
    keyed: int
    forms: int

    @property
    def deeds(self) -> int:
        return self.calls + self.reminders + self.keyed

    @property
    def per_form(self) -> float | None:
        """How many deeds each form cost."""
        return self.deeds / self.forms if self.forms else None


def with_pooled(rows: Sequence[VisitEffort]) -> tuple[VisitEffort, ...]:
    """The rows, then all of them together."""
    sums = (sum(getattr(row, name) for row in rows) for name in _COUNTS)
    return (*rows, VisitEffort(POOLED, *sums))


_COUNTS = ("calls", "reminders", "keyed", "forms")


def effort_rows(dataset: Dataset) -> Iterator[EffortRow]:
    """A row for each visit of the ledger; after them what was about no visit, by patient."""
    in_ledger = {(entry.patient_id, entry.visit) for entry in dataset.entries}
    made: Counter[tuple[str, str | None, str]] = Counter()
    for each in dataset.extras.attempts:
        visit = each.visit if (each.patient_id, each.visit) in in_ledger else None
        made[each.patient_id, visit, _kind(each.outcome)] += 1
        if each.outcome is Outcome.REACHED:
            made[each.patient_id, visit, "reached"] += 1
    keyed = Counter((f.patient_id, f.visit) for f in dataset.forms if f.entered_by_staff)

    def row(patient: str, site: str, visit: str | None, form_in: bool) -> EffortRow:
        return EffortRow(
            patient_id=patient,
            site=site,
            visit=visit,
            calls=made[patient, visit, "calls"],
            reached=made[patient, visit, "reached"],
            reminders=made[patient, visit, "reminders"],
            keyed=keyed[patient, visit] if visit else 0,
            form_in=form_in,
        )

    for entry in dataset.entries:
        yield row(entry.patient_id, entry.site, entry.visit, entry.status in COUNTED)
    for subject in dataset.subjects:
        facts = subject.facts
        if any(made[facts.patient_id, None, kind] for kind in ("calls", "reminders")):
            yield row(facts.patient_id, facts.site_on(dataset.as_of), None, False)


def _kind(outcome: Outcome) -> str:
    return "reminders" if outcome is Outcome.REMINDED else "calls"
