"""The ledger as a grid: patients down, visits across, a page at a time."""

from dataclasses import dataclass
from datetime import date

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.leaving import may_leave, on_pages
from pro_app.core.ledger import Entry, Status
from pro_app.core.study import REASON_PENDING
from pro_app.nurse.filters import PENDING
from pro_app.store.engine.transaction import reading
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.numbers import find_number
from pro_app.store.statuses.facts import Scope, read_facts

#: Patients on a page.
ROWS = 50
#: A rare status is looked for in so many patients at once, and in so many for one page.
_BATCH, _LOOK_THROUGH = 200, 2000


@dataclass(frozen=True, slots=True)
class GridRow:
    """One patient; `entries` maps visits to what became of them, empty without consent."""

    number: str
    site: str
    entries: dict[str, Entry]


@dataclass(frozen=True, slots=True)
class Grid:
    """`next_after`: the number after which the next page begins, None at the end.

    `searched` is how many patients were looked through for a status.
    """

    rows: tuple[GridRow, ...]
    next_after: str | None
    searched: int


def page(
    *,
    as_of: date,
    number_contains: str = "",
    status: Status | str | None = None,
    after: str = "",
    at: StaffOccasion,
) -> Grid:
    """A page of patients by number, of those alone who have a visit in the status."""
    valid_from = at.instrument.valid_from
    batch = ROWS + 1 if status is None else _BATCH
    rows: list[GridRow] = []
    searched = 0
    with reading(snapshot=True) as connection:
        held = held_back(connection)
        meant = (
            find_number(connection, number_contains, sites=at.sites) if number_contains else None
        )
        while True:
            scope = Scope(at.sites, None, number_contains, after, batch, number_meant=meant)
            people = read_facts(connection, scope)
            for person in people:
                facts = person.facts
                if not may_leave(held, facts.patient_id, None):
                    continue
                theirs = held.get(facts.patient_id)
                entries = on_pages(facts, theirs, at.study, valid_from=valid_from, as_of=as_of)
                if status is None or any(_fits(entry, status) for entry in entries):
                    by_visit = {entry.visit: entry for entry in entries}
                    rows.append(GridRow(facts.patient_id, facts.site_on(as_of), by_visit))
            searched += len(people)
            if len(rows) > ROWS:
                return Grid(tuple(rows[:ROWS]), rows[ROWS - 1].number, searched)
            if len(people) < batch:
                return Grid(tuple(rows), None, searched)
            after = people[-1].facts.patient_id
            if searched >= _LOOK_THROUGH:
                return Grid(tuple(rows), after, searched)


def _fits(entry: Entry, status: Status | str) -> bool:
    if status == PENDING:
        return entry.reason == REASON_PENDING
    return entry.status == status
