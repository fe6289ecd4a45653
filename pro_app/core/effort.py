"""What a site did for its forms: calls, reminders and forms keyed in, beside what came back."""

from collections.abc import Sequence
from dataclasses import dataclass

from pro_app.core.rates import POOLED


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
