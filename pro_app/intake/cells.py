"""The cells of one line → values, gathering what is wrong with them."""

import re
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from pro_app.acts.entered import day_of, time_of, trimmed
from pro_app.core import identifiers
from pro_app.core.identifiers import Fault, Numbers
from pro_app.core.study import Site
from pro_app.intake.problems import CellProblem, Expected, Rule
from pro_app.intake.table import Reading, Row, Table

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

#: What is said of these names what is recorded.
_NAME_RECORDED = frozenset(
    {
        Rule.AS_KNOWN,
        Rule.FROM_SCREENING,
        Rule.DEATH_AFTER_RANDOMISATION,
        Rule.ONE_DEATH,
        Rule.ONE_TRANSFER,
        Rule.BEFORE_EVENTS,
        Rule.ALIVE,
        Rule.CONSENTED_FIRST,
        Rule.FIRST_CONSENT,
        Rule.FIRST_VERSION,
        Rule.ABLE_CORRECTED,
    }
)
_DECIMAL = re.compile(r"([0-9]+)[.,]0+")


@dataclass(frozen=True, slots=True)
class Reader:
    """What all lines of a file are read with. `numbers`: those that patients have.

    `held`: the numbers of whom nothing that is recorded may be told.
    """

    table: Table
    today: date
    numbers: Numbers
    held: Container[str] = frozenset()
    problems: list[CellProblem] = field(default_factory=list)

    def lines(self) -> Iterator["Cells"]:
        """The lines with anything on them; those of a wrong width are noted and left out."""
        nameless = [*self.table.nameless]
        for row in self.table.rows():
            misfit = self.table.misfit(row)
            if misfit:
                self.problems.append(misfit)
            elif any(cell.strip() for cell in row.cells):  # Excel saves emptied rows as commas
                for place in self.table.nameless:
                    if place in nameless and self.table.cell(row, place):
                        nameless.remove(place)  # said once
                        expected = Expected(Rule.NAMELESS, (str(place + 1),))
                        self.problems.append(CellProblem(row.line, "", row.cells[place], expected))
                yield Cells(row, self)


class Cells:
    """The cells of a line by column name; each reading returns a value or notes a problem.

    In the column of the trial number stands the one that was meant, where a patient has it.
    """

    __slots__ = ("_reader", "_row", "_typed", "bad", "held", "known", "line", "several")

    def __init__(self, row: Row, reader: Reader) -> None:
        self.line = row.line
        self.bad = False  # whether anything was wrong so far
        self._row = row
        self._reader = reader
        self._typed = self.text(NUMBER)
        known = reader.numbers.find(self._typed)
        self.known = known is not None  # whether a patient has this number
        self.held = known in reader.held  # whether what is recorded of them may not be told
        self.several = known is None and reader.numbers.several(self._typed)
        if known is not None:
            self._row = Row(row.line, [*row.cells])
            self._row.cells[reader.table.places[NUMBER]] = known

    def raw(self, column: str) -> str:
        """The cell as it stands; empty when the file lacks an optional column."""
        place = self._reader.table.places.get(column)
        return "" if place is None else self._row.cells[place]

    def text(self, column: str) -> str:
        """What the cell says, see Table.cell."""
        place = self._reader.table.places.get(column)
        return "" if place is None else self._reader.table.cell(self._row, place)

    def refuse(self, column: str, rule: Rule, among: tuple[str, ...] = ()) -> None:
        """Note that this cell should have been something else."""
        found = self._typed if column == NUMBER else self.text(column)
        if rule is Rule.NOT_PERSONAL:
            found = f"{found[:3]}…"  # messages are kept in logs
        if self.held and rule in _NAME_RECORDED:
            rule, among = Rule.HELD_BACK, ()
        self.bad = True
        self._reader.problems.append(CellProblem(self.line, column, found, Expected(rule, among)))

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
        elif day > self._reader.today:
            self.refuse(column, Rule.NOT_AHEAD, (self._reader.today.isoformat(),))
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

    def answer(self, column: str, choices: "Choices") -> int | None:
        """The value of an item or a box, None where it is blank."""
        value = choices[self.raw(column)]
        if value is BAD:
            self.refuse(column, Rule.ONE_OF_OR_EMPTY, choices.named)
            return None
        return value


#: What Choices gives for a cell that is none of them.
BAD = -1


class Choices(dict[str, int | None]):
    """What may stand in a cell → its value, None where there is no answer, BAD for all else."""

    def __init__(self, values: Iterable[int], asked: Reading) -> None:
        self.named = tuple(str(value) for value in values)
        super().__init__({"": None} | {name: int(name) for name in self.named})
        self._asked = asked

    def __missing__(self, cell: str) -> int | None:
        """The value of a cell as nobody wrote it so far: the next one like it is looked up."""
        found = trimmed(cell)
        decimal = _DECIMAL.fullmatch(found) if self._asked.decimals else None
        if decimal:
            found = decimal[1]
        value = None if found in self._asked.missing else self.get(found, BAD)
        if value is not BAD:
            self[cell] = value
        return value
