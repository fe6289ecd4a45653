"""One file on its way into the record: what it stands on, and what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from pro_app.core.identifiers import Numbers
from pro_app.core.instrument import Instrument
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.core.study import Study
from pro_app.intake import cells
from pro_app.intake.cells import Cells
from pro_app.intake.problems import CellProblem, LineRemark, Remark
from pro_app.intake.table import Table
from pro_app.store.engine.transaction import Tx


@dataclass(frozen=True, slots=True)
class Door:
    """By which way a file comes, and what may come by it.

    `sites`: whose patients. `arms`: whether it may say who has which arm.
    `only_new`: nobody who is in the record already. `versions`: a day of consent
    needs its version.
    """

    sites: Sites
    arms: bool = True
    only_new: bool = False
    versions: bool = False


#: The operator at the command line, who has the files of the whole trial.
OPERATOR = Door(EVERYWHERE)


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
    numbers: Numbers
    door: Door = OPERATOR
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
        return cells.lines(self.table, self.today, self.problems, self.numbers)

    def remark(self, line: int, remark: Remark, *names: str) -> None:
        self.remarks.append(LineRemark(line, remark, names))
