"""Forms from a file: keyed from paper, or answered while the system was down."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pro_app.acts.filled import Filled
from pro_app.acts.forms import Kept, apply, judge, made
from pro_app.core.facts import Mode, PatientFacts
from pro_app.core.instrument import AnswerState, Instrument
from pro_app.core.oddities import oddities
from pro_app.core.refused import Refused
from pro_app.core.sites import EVERYWHERE
from pro_app.core.submission import AlreadyHad, KnownForm
from pro_app.intake.cells import Cells, choices
from pro_app.intake.problems import Remark, Rule
from pro_app.intake.run import Run
from pro_app.security.secrets import submission_id_of
from pro_app.store.forms.aftermath import NOTHING, loose_of
from pro_app.store.forms.forms import NewForm
from pro_app.store.patients.intake import FormsIn, forms_in, lock_patients, parts
from pro_app.store.patients.patients import Patient
from pro_app.store.statuses.facts import Scope, read_facts

_ABOUT = ("patient_id", "visit", "answered_on", "mode", "language", "entered_by")
OPTIONAL = ("why_not_self",)

_INTERVIEWS = frozenset({Mode.INTERVIEW_SITE, Mode.INTERVIEW_PHONE})
_TICKED = "1"


def columns(instrument: Instrument) -> tuple[str, ...]:
    """The columns that a file of forms must have."""
    boxes = tuple(box.code for box in instrument.opt_outs)
    return (*_ABOUT, *instrument.item_codes, *boxes)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that could be read: the form, and the cells that it was read from."""

    cells: Cells
    filled: Filled
    mode: Mode


@dataclass(slots=True)
class _Ground:
    """What the lines are decided on: what was known before, and what came in lines above."""

    patients: dict[str, Patient]
    had: FormsIn
    facts: dict[int, PatientFacts]
    seen: dict[str, int] = field(default_factory=dict)


def take(run: Run) -> None:
    """Read the file, decide on each form and write in parts what is new."""
    rows = list(run.lines())
    patients = lock_patients(run.tx, (cells.text("patient_id") for cells in rows))
    ids = [patient.id for patient in patients.values()]
    ground = _Ground(patients, forms_in(run.tx, ids), _facts(run, ids))
    for part in parts(rows, 2000):
        kept = []
        for cells in part:
            patient = _patient(cells, patients)
            line = _read(run, cells)
            new = _decide(run, line, patient, ground) if line and patient else None
            if new and patient:
                kept.append(Kept(patient.number, new))
        if run.writes:
            loose = loose_of(run.tx, {each.place for each in kept})
            with_loose = [replace(each, loose=loose.get(each.place, NOTHING)) for each in kept]
            apply(run.tx, with_loose, run.instrument)


def _facts(run: Run, ids: Sequence[int]) -> dict[int, PatientFacts]:
    scope = Scope(EVERYWHERE, ids=tuple(ids))
    return {known.id: known.facts for known in read_facts(run.tx.connection, scope)}


def _patient(cells: Cells, patients: dict[str, Patient]) -> Patient | None:
    patient = patients.get(cells.number("patient_id"))
    if patient is None and not cells.bad:
        cells.refuse("patient_id", Rule.KNOWN_PATIENT)
    return patient


def _read(run: Run, cells: Cells) -> _Line | None:
    visit = cells.one_of("visit", [visit.code for visit in run.study.all_visits], needed=True)
    answered_on = cells.day("answered_on", needed=True)
    mode = cells.one_of("mode", [mode.value for mode in Mode], needed=True)
    language = cells.one_of("language", run.study.languages, needed=True)
    answers = _answers(cells, run.instrument)
    if cells.bad or not (visit and answered_on and mode and language):
        return None
    filled = Filled(
        submission_id=submission_id_of(_content(cells, run.instrument)),
        visit=visit,
        answers=answers,
        language=language,
        answered_on=answered_on,
        by_patient=False,
        mode=Mode(mode),
        printed=False,
        entered_by=cells.text("entered_by") or None,
        why_not_self=cells.text("why_not_self") or None,
    )
    return _Line(cells, filled, Mode(mode))


def _answers(cells: Cells, instrument: Instrument) -> dict[str, object]:
    """Item → value, or the kind of blank: a blank on paper was left so by the patient."""
    meaning = choices(instrument)
    blank: dict[str, AnswerState] = {}
    for box in instrument.opt_outs:
        if cells.one_of(box.code, (_TICKED,)):
            blank |= dict.fromkeys(box.items, AnswerState.PREFER_NOT)
    answers: dict[str, object] = {}
    for code in instrument.item_codes:
        found = cells.raw(code)
        value = meaning.get(found)
        if value is None:
            answers[code] = blank.get(code, AnswerState.SKIPPED)
            if found.strip():
                among = tuple(choice for choice in meaning if choice)
                cells.refuse(code, Rule.ONE_OF_OR_EMPTY, among)
        else:
            answers[code] = value
    return answers


def _content(cells: Cells, instrument: Instrument) -> str:
    """What a line says, whatever the order of its columns: its identity."""
    names = (*columns(instrument), *OPTIONAL)
    return json.dumps([cells.text(name) for name in names], ensure_ascii=False)


def _decide(run: Run, line: _Line, patient: Patient, ground: _Ground) -> NewForm | None:
    """The form to be kept, or None when it is in already."""
    filled, number = line.filled, line.cells.line
    facts = ground.facts[patient.id]
    decision = judge(
        filled,
        facts,
        _bearing(filled, patient.id, ground.had),
        run.study,
        run.instrument,
        today=run.today,
    )
    if filled.submission_id in ground.seen:
        run.remark(number, Remark.REPEATED, str(ground.seen[filled.submission_id]))
    ground.seen[filled.submission_id] = number
    if isinstance(decision, AlreadyHad):
        run.unchanged += 1
        return None
    if isinstance(decision, Refused):  # the cells were read by the same rules
        raise ValueError(f"line {number}: {decision.why}")
    new = made(patient.id, filled, decision, mode=line.mode, today=run.today)
    run.added += new.standing
    run.conflicts += not new.standing
    _remark(run, line, new, facts, ground.had)
    ground.had.add(new)
    return new


def _bearing(filled: Filled, patient_id: int, had: FormsIn) -> list[KnownForm]:
    """Those of the patient's forms that bear on the decision; all of them may be many."""
    known = []
    if filled.submission_id in had.submissions:
        known.append(KnownForm(filled.submission_id, filled.visit, standing=False))
    stands = had.standing.get((patient_id, filled.visit))
    if stands:
        known.append(KnownForm(stands, filled.visit, standing=True))
    return known


def _remark(run: Run, line: _Line, new: NewForm, facts: PatientFacts, had: FormsIn) -> None:
    cells = line.cells
    if not new.standing:
        blank = (new.patient_id, new.visit) in had.blank and new.items_answered > 0
        said = Remark.SECOND_COUNTS if blank else Remark.SECOND_FORM
        run.remark(cells.line, said, new.visit)
    for odd in oddities(
        new.visit, new.answered_on, new.items_answered, facts=facts, study=run.study
    ):
        days = [day.isoformat() if day else "" for day in (odd.on, odd.until)]
        run.remark(cells.line, Remark.ODD, odd.what.value, *days)
    if line.mode in _INTERVIEWS and not cells.text("why_not_self"):
        run.remark(cells.line, Remark.NOT_SAID_WHY)
    if not cells.text("entered_by"):
        run.remark(cells.line, Remark.NOBODY_NAMED)
    for box in run.instrument.opt_outs:
        if cells.text(box.code):
            for item in box.items:
                if cells.raw(item).strip():
                    run.remark(cells.line, Remark.ANSWERED_ALL_THE_SAME, box.code, item)
