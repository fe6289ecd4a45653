"""Forms from a file: keyed from paper, or answered while the system was down."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pro_app.acts.filled import Filled
from pro_app.acts.forms import Kept, apply, judge, made
from pro_app.core.facts import FormFact, Mode, PatientFacts
from pro_app.core.instrument import AnswerState, Instrument
from pro_app.core.ledger import ledger
from pro_app.core.oddities import oddities
from pro_app.core.refused import Refused
from pro_app.core.sites import EVERYWHERE
from pro_app.core.submission import AlreadyHad, KnownForm
from pro_app.intake.cells import Cells, Choices
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
_TICKED = 1

#: Item or box → its value as read, None where it is blank.
_Values = dict[str, int | None]


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


@dataclass(frozen=True, slots=True)
class _Choices:
    """What may stand in the cells of items, and of opt-out boxes."""

    items: Choices
    boxes: Choices


def take(run: Run) -> None:
    """Read the file, decide on each form and write in parts what is new."""
    rows = list(run.lines())
    asked = run.reader.table.reading
    choices = _Choices(Choices(run.instrument.choices, asked), Choices((_TICKED,), asked))
    patients = lock_patients(run.tx, (cells.text("patient_id") for cells in rows))
    ids = [patient.id for patient in patients.values()]
    ground = _Ground(patients, forms_in(run.tx, ids), _facts(run, ids))
    for part in parts(rows, 2000):
        kept = []
        for cells in part:
            patient = _patient(cells, patients)
            line = _read(run, cells, choices)
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


def _read(run: Run, cells: Cells, choices: _Choices) -> _Line | None:
    visit = cells.one_of("visit", [visit.code for visit in run.study.all_visits], needed=True)
    answered_on = cells.day("answered_on", needed=True)
    mode = cells.one_of("mode", [mode.value for mode in Mode], needed=True)
    language = cells.one_of("language", run.study.languages, needed=True)
    values = _values(cells, run.instrument, choices)
    if cells.bad or not (visit and answered_on and mode and language):
        return None
    filled = Filled(
        submission_id=submission_id_of(_content(cells, answered_on, values)),
        visit=visit,
        answers=_answers(values, run.instrument),
        language=language,
        answered_on=answered_on,
        by_patient=False,
        mode=Mode(mode),
        printed=False,
        entered_by=cells.text("entered_by") or None,
        why_not_self=cells.text("why_not_self") or None,
    )
    return _Line(cells, filled, Mode(mode))


def _values(cells: Cells, instrument: Instrument, choices: _Choices) -> _Values:
    """In the order of `columns`."""
    items = {code: cells.answer(code, choices.items) for code in instrument.item_codes}
    return items | {box.code: cells.answer(box.code, choices.boxes) for box in instrument.opt_outs}


def _answers(values: _Values, instrument: Instrument) -> dict[str, object]:
    """Item → value, or the kind of blank: a blank on paper was left so by the patient."""
    blank: dict[str, AnswerState] = {}
    for box in instrument.opt_outs:
        if values[box.code] == _TICKED:
            blank |= dict.fromkeys(box.items, AnswerState.PREFER_NOT)
    answers: dict[str, object] = {}
    for code in instrument.item_codes:
        value = values[code]
        answers[code] = blank.get(code, AnswerState.SKIPPED) if value is None else value
    return answers


def _content(cells: Cells, answered_on: date, values: _Values) -> str:
    """What a line says, however it is written and whatever the order of its columns: its identity.

    Forms that are in already have it: it may not change.
    """
    about = [cells.text(name) for name in _ABOUT]
    about[_ABOUT.index("answered_on")] = answered_on.isoformat()
    said = ["" if value is None else str(value) for value in values.values()]
    optional = [cells.text(name) for name in OPTIONAL]
    return json.dumps([*about, *said, *optional], ensure_ascii=False)


def _decide(run: Run, line: _Line, patient: Patient, ground: _Ground) -> NewForm | None:
    """The form to be kept, or None when it is in already."""
    filled, cells = line.filled, line.cells
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
        run.remark(cells, Remark.REPEATED, str(ground.seen[filled.submission_id]))
    ground.seen[filled.submission_id] = cells.line
    if isinstance(decision, AlreadyHad):
        run.unchanged += 1
        return None
    if isinstance(decision, Refused):  # the cells were read by the same rules
        raise ValueError(f"line {cells.line}: {decision.why}")
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
        run.remark(cells, said, new.visit)
    _remark_on_day(run, line, new, facts)
    if line.mode in _INTERVIEWS and not cells.text("why_not_self"):
        run.remark(cells, Remark.NOT_SAID_WHY)
    if not cells.text("entered_by"):
        run.remark(cells, Remark.NOBODY_NAMED)
    for box in run.instrument.opt_outs:
        if cells.text(box.code):
            for item in box.items:
                if isinstance(line.filled.answers[item], int):
                    run.remark(cells, Remark.ANSWERED_ALL_THE_SAME, box.code, item)


def _remark_on_day(run: Run, line: _Line, new: NewForm, facts: PatientFacts) -> None:
    """What is odd about the form, and the status that it gets all the same."""
    found = oddities(new.visit, new.answered_on, new.items_answered, facts=facts, study=run.study)
    for odd in found:
        days = [day.isoformat() if day else "" for day in (odd.on, odd.until)]
        run.remark(line.cells, Remark.ODD, odd.what.value, *days, odd.visit)
    if found and new.standing:
        form = FormFact(new.visit, new.answered_on, new.items_answered)
        others = [each for each in facts.forms if each.visit != new.visit]
        entries = ledger(
            replace(facts, forms=(*others, form)),
            run.study,
            valid_from=run.instrument.valid_from,
            as_of=run.today,
        )
        for entry in entries:
            if entry.visit == new.visit:
                run.remark(line.cells, Remark.STANDS_AS, entry.visit, entry.status.value)
