"""One file on its way into the record: what it stands on, and what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from pro_app.core.instrument import Instrument
from pro_app.core.study import Study
from pro_app.intake import cells
from pro_app.intake.cells import Cells
from pro_app.intake.problems import CellProblem, LineRemark, Remark
from pro_app.intake.table import Table
from pro_app.store.transaction import Tx


@dataclass(slots=True)
class Run:
    """An import in its transaction. The counts are of lines, by what became of them.

    Whatever is written while there is a problem, or on a trial run, is rolled back.
    """

    table: Table
    tx: Tx
    study: Study
    instrument: Instrument
    today: date
    trial: bool
    added: int = 0
    filled: int = 0
    conflicts: int = 0
    unchanged: int = 0
    problems: list[CellProblem] = field(default_factory=list)
    remarks: list[LineRemark] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether it is worth writing, as far as is known by now."""
        return not self.trial and not self.problems

    @property
    def changed(self) -> bool:
        return bool(self.added or self.filled or self.conflicts)

    def lines(self) -> Iterator[Cells]:
        return cells.lines(self.table, self.today, self.problems)

    def remark(self, line: int, remark: Remark, *names: str) -> None:
        self.remarks.append(LineRemark(line, remark, names))
