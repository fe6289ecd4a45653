"""The cells of one line → values, gathering what is wrong with them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, time

from pro_app.acts.entered import day_of, time_of
from pro_app.core import identifiers
from pro_app.core.identifiers import Fault, Numbers
from pro_app.core.instrument import Instrument
from pro_app.core.study import Site
from pro_app.intake.problems import CellProblem, Expected, Rule
from pro_app.intake.table import Row, Table

#: The column with a patient's trial number, in every file that knows patients.
NUMBER = "patient_id"

_FAULTS = {
    Fault.EMPTY: Rule.FILLED,
    Fault.NO_NUMBER: Rule.A_NUMBER,
    Fault.PERSONAL: Rule.NOT_PERSONAL,
    Fault.SIGNS: Rule.TRIAL_NUMBER,
    Fault.PATTERN: Rule.PATTERN,
    Fault.OTHER_SITE: Rule.OTHER_SITE,
}


class Cells:
    """The cells of a line by column name; each reading returns a value or notes a problem.

    In the column of the trial number stands the one that was meant, where a patient has it.
    """

    __slots__ = (
        "_cells",
        "_places",
        "_problems",
        "_today",
        "_typed",
        "bad",
        "known",
        "line",
        "several",
    )

    def __init__(
        self,
        row: Row,
        places: dict[str, int],
        today: date,
        problems: list[CellProblem],
        numbers: Numbers,
    ) -> None:
        self.line = row.line
        self.bad = False  # whether anything was wrong so far
        self._cells = row.cells
        self._places = places
        self._today = today
        self._problems = problems
        self._typed = self.text(NUMBER)
        known = numbers.find(self._typed)
        self.known = known is not None  # whether a patient has this number
        self.several = known is None and numbers.several(self._typed)
        if known is not None:
            self._cells = [*row.cells]
            self._cells[places[NUMBER]] = known

    def raw(self, column: str) -> str:
        """The cell as it stands; empty when the file lacks an optional column."""
        place = self._places.get(column)
        return "" if place is None else self._cells[place]

    def text(self, column: str) -> str:
        return self.raw(column).strip()

    def refuse(self, column: str, rule: Rule, among: tuple[str, ...] = ()) -> None:
        """Note that this cell should have been something else."""
        found = self._typed if column == NUMBER else self.text(column)
        if rule is Rule.NOT_PERSONAL:
            found = f"{found[:3]}…"  # messages are kept in logs
        self.bad = True
        self._problems.append(CellProblem(self.line, column, found, Expected(rule, among)))

    def number(self, column: str) -> str:
        """A trial number. It is a pseudonym: nothing by which a person is known elsewhere."""
        found = self.text(column)
        fault = None if self.known else identifiers.fault_of(found)
        if self.several:
            self.refuse(column, Rule.AS_RECORDED)
        elif fault:
            self.refuse(column, _FAULTS[fault])
        return found

    def new_number(self, column: str, site: str, sites: Sequence[Site]) -> str:
        """A trial number as this site gives them: in its normal form, which it is kept in."""
        if self.several:
            return self.number(column)
        found = identifiers.read(self._typed, site, sites)
        if isinstance(found, str):
            return found
        rule, pattern = _FAULTS[found.fault], found.pattern
        if pattern and rule is Rule.A_NUMBER:
            rule = Rule.PATTERN  # which says more than that it is none
        self.refuse(column, rule, (pattern, identifiers.example(pattern)) if pattern else ())
        return self._typed

    def day(self, column: str, *, needed: bool = False) -> date | None:
        """A day that has come, None where the cell is empty."""
        found = self.text(column)
        if not found:
            if needed:
                self.refuse(column, Rule.FILLED)
            return None
        day = day_of(found)
        if day is None:
            self.refuse(column, Rule.DAY)
        elif day > self._today:
            self.refuse(column, Rule.NOT_AHEAD, (self._today.isoformat(),))
        return day

    def time_of_day(self, column: str) -> time | None:
        """A time of day, None where the cell is empty."""
        found = self.text(column)
        at = time_of(found)
        if found and at is None:
            self.refuse(column, Rule.TIME)
        return at

    def one_of(self, column: str, codes: Collection[str], *, needed: bool = False) -> str | None:
        """One of the codes, None where the cell is empty."""
        found = self.text(column)
        if found in codes:
            return found
        if found or needed:
            self.refuse(column, Rule.ONE_OF if needed else Rule.ONE_OF_OR_EMPTY, tuple(codes))
        return None


def lines(
    table: Table, today: date, problems: list[CellProblem], numbers: Numbers
) -> Iterator[Cells]:
    """The lines with anything on them; those of a wrong width are noted and left out.

    `numbers`: those that patients have.
    """
    places = {name: place for place, name in enumerate(table.header)}
    for row in table.rows():
        misfit = table.misfit(row)
        if misfit:
            problems.append(misfit)
        elif any(cell.strip() for cell in row.cells):  # Excel saves emptied rows as commas
            yield Cells(row, places, today, problems, numbers)


def choices(instrument: Instrument) -> dict[str, int | None]:
    """What may stand in an item's cell → its value; the empty cell is no answer."""
    values = instrument.choices
    return {"": None} | {str(value): value for value in values}
