"""Take a file into the record: all of it or nothing, and the same file twice once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from pro_app.acts.files import FileIn, record_file
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.facts import EventKind, Mode
from pro_app.core.instrument import Instrument
from pro_app.core.sites import EVERYWHERE
from pro_app.intake import consents, events, forms, patients
from pro_app.intake.cells import Reader
from pro_app.intake.problems import BadOption, CellProblem, Expected, LineRemark, Remark, Rule
from pro_app.intake.run import OPERATOR, Door, Run
from pro_app.intake.table import Table, header_problems
from pro_app.store.engine.state import State, claim, read_state
from pro_app.store.engine.transaction import transaction
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.numbers import lock_numbers, numbers_of


class Kind(StrEnum):
    """What a file holds."""

    PATIENTS = "patients"
    EVENTS = "events"
    FORMS = "forms"
    CONSENTS = "consents"


@dataclass(frozen=True, slots=True)
class Imported:
    """Lines by what became of them, or would on a trial run, and what was noticed.

    `filled`: an empty value was known now. `conflicts`: forms kept beside the one
    that stands for the visit.
    """

    added: int
    filled: int
    conflicts: int
    unchanged: int
    remarks: tuple[LineRemark, ...]

    @property
    def lines(self) -> int:
        return self.added + self.filled + self.conflicts + self.unchanged


@dataclass(frozen=True, slots=True)
class NotImported:
    """Nothing was written; `problems` are all there are, by line."""

    problems: tuple[CellProblem, ...]


@dataclass(frozen=True, slots=True)
class OtherStudy:
    """Nothing was written: the database holds this study."""

    study: str


Outcome = Imported | NotImported | OtherStudy

_TAKE: dict[Kind, Callable[[Run], None]] = {
    Kind.PATIENTS: patients.take,
    Kind.EVENTS: events.take,
    Kind.FORMS: forms.take,
    Kind.CONSENTS: consents.take,
}


def import_table(
    kind: Kind,
    table: Table,
    *,
    trial: bool = False,
    door: Door = OPERATOR,
    by: str = "",
    at: StaffOccasion,
) -> Outcome:
    """What became of the file. The first one ever makes the database the study's.

    `trial`: see what would become of it, and write nothing. `door`: what may come by
    this way. `by`: who brought it, where the trail would else not know. A table without
    the name of a file is a page's own, and no bulk act.
    Errors: BadTable, BadOption.
    """
    refuse_answers(table, _codes(kind, at))
    problems = header_problems(table, *_columns(kind, at.instrument, door))
    if problems:
        return NotImported(tuple(problems))
    with transaction(at.actor, at.now) as tx:
        state = read_state(tx.connection)
        if state is not None and state.study != at.study.id:
            tx.abandon()
            return OtherStudy(state.study)
        numbers = (
            lock_numbers(tx)
            if kind is Kind.PATIENTS
            else numbers_of(tx.connection, sites=EVERYWHERE)
        )
        reader = Reader(table, at.today, numbers, held_back(tx.connection))
        run = Run(reader, tx, at.study, at.instrument, trial, door)
        _TAKE[kind](run)
        if run.problems or trial or not run.changed:
            tx.abandon()
        else:
            if table.source.name:
                file = FileIn(table.source.name, table.source.sha256, by)
                record_file(tx, kind, file, _brought(run))
            if state is None:
                claim(tx, at.study.id, synthetic=False)
                tx.record("study.claimed", at.study.id)
    if run.problems:
        return NotImported(tuple(sorted(run.problems, key=_line)))
    remarks = _about(state) + sorted(run.remarks, key=_line)
    return Imported(run.added, run.filled, run.conflicts, run.unchanged, tuple(remarks))


def refuse_answers(table: Table, codes: Collection[str]) -> None:
    """No code that means a missing value may be a value. Errors: BadOption."""
    for code in sorted(table.reading.missing & set(codes)):
        raise BadOption(CellProblem(None, "missing", code, Expected(Rule.NO_ANSWER)))


def _brought(run: Run) -> dict[str, object]:
    """The counts that are not nothing, and how the file was read where somebody said so."""
    counts = {
        "added": run.added,
        "filled": run.filled,
        "conflicts": run.conflicts,
        "unchanged": run.unchanged,
    }
    table = run.reader.table
    read_as = ", ".join(filter(None, (table.source.encoding, table.reading.told)))
    return {name: count for name, count in counts.items() if count} | {"read_as": read_as}


def _codes(kind: Kind, at: StaffOccasion) -> set[str]:
    """The values of which one of a list stands in a cell of such a file."""
    study = at.study
    sites = {site.code for site in study.sites}
    if kind is Kind.PATIENTS:
        return sites | {arm.code for arm in study.arms} | {*study.languages, *patients.YES_NO}
    if kind is Kind.EVENTS:
        return sites | {each.value for each in EventKind}
    if kind is Kind.CONSENTS:
        return set()
    said = {visit.code for visit in study.all_visits} | {mode.value for mode in Mode}
    boxes = {"1"} if at.instrument.opt_outs else set()
    return said | {*study.languages, *map(str, at.instrument.choices)} | boxes


def _columns(
    kind: Kind, instrument: Instrument, door: Door
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns a file must have, and those it may have."""
    if kind is Kind.PATIENTS:
        return patients.columns(door), patients.OPTIONAL
    if kind is Kind.EVENTS:
        return events.COLUMNS, events.OPTIONAL
    if kind is Kind.CONSENTS:
        return consents.COLUMNS, ()
    return forms.columns(instrument), forms.OPTIONAL


def _about(state: State | None) -> list[LineRemark]:
    return [LineRemark(None, Remark.MADE_UP)] if state and state.synthetic else []


def _line(each: CellProblem | LineRemark) -> int:
    return each.line or 0
