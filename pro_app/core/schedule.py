"""Protocol and anchor day → planned visits, each with its window."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from pro_app.core.study import Visit


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One patient's visit: the target day and its window, both ends included.

    `version` is the number of the protocol's version that it follows. A visit is not
    `asked` for where an amendment took it out, or brought it in after its window had
    closed: nobody expects a form, and one that comes all the same has its place.
    """

    visit: str
    month: int
    opens_on: date
    target_on: date
    closes_on: date
    version: int = 1
    asked: bool = True


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day.

    31 January + 1 month is 28 or 29 February, + 2 months is 31 March again:
    always counted from `day`, so that clipping never adds up.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


# Patients share anchor days and lists ask for thousands of plans at once; 4096
# days are eleven years of randomisations.
@lru_cache(maxsize=4096)
def plan(visits: tuple[Visit, ...], anchor: date) -> tuple[PlannedVisit, ...]:
    """The visits in protocol order, for a patient randomised on `anchor`.

    A late form never moves a target: nothing but the anchor enters.
    """
    planned = []
    for visit in visits:
        target_on = add_months(anchor, visit.month)
        planned.append(
            PlannedVisit(
                visit=visit.code,
                month=visit.month,
                opens_on=target_on - timedelta(days=visit.days_before),
                target_on=target_on,
                closes_on=target_on + timedelta(days=visit.days_after),
            )
        )
    return tuple(planned)
