"""One file on its way into the record: what it stands on, and what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from pro_app.core.instrument import Instrument
from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.core.study import Study
from pro_app.intake.cells import Cells, Reader
from pro_app.intake.problems import CellProblem, LineRemark, Remark
from pro_app.store.engine.transaction import Tx

#: Remarks that tell what is recorded.
TELL_RECORDED = frozenset(
    {
        Remark.SCREENED_LATE,
        Remark.CONSENT_EARLY,
        Remark.SECOND_FORM,
        Remark.SECOND_COUNTS,
        Remark.ODD,
        Remark.STANDS_AS,
    }
)


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

    reader: Reader
    tx: Tx
    study: Study
    instrument: Instrument
    trial: bool
    door: Door = OPERATOR
    added: int = 0
    filled: int = 0
    conflicts: int = 0
    unchanged: int = 0
    remarks: list[LineRemark] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.reader.today

    @property
    def problems(self) -> list[CellProblem]:
        return self.reader.problems

    @property
    def writes(self) -> bool:
        """Whether it is worth writing, as far as is known by now."""
        return not self.trial and not self.problems

    @property
    def changed(self) -> bool:
        return bool(self.added or self.filled or self.conflicts)

    def lines(self) -> Iterator[Cells]:
        return self.reader.lines()

    def remark(self, cells: Cells, remark: Remark, *names: str) -> None:
        """Note what is worth a word; of whom nothing may be told, only that there is something."""
        if cells.held and remark in TELL_RECORDED:
            remark, names = Remark.HELD_BACK, ()
        noted = LineRemark(cells.line, remark, names)
        if noted not in self.remarks[-1:]:
            self.remarks.append(noted)
