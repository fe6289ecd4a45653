"""Forms from a file: keyed from paper, or answered while the system was down."""

import json
from dataclasses import dataclass

from pro_app.core.facts import Mode, PatientFacts
from pro_app.core.instrument import AnswerState, Instrument
from pro_app.core.submission import (
    AlreadyHad,
    Incoming,
    KnownForm,
    Refused,
    decide,
)
from pro_app.intake.cells import Cells, choices
from pro_app.intake.problems import Remark, Rule
from pro_app.intake.run import Run
from pro_app.security.secrets import submission_id_of
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.intake import FormsIn, close_flags, forms_in, lock_patients, parts
from pro_app.store.patients.patients import Patient
from pro_app.store.statuses.flags import Closed

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
    """A line that could be read: the answer set, and what is said about it."""

    cells: Cells
    incoming: Incoming
    mode: Mode
    language: str


def take(run: Run) -> None:
    """Read the file, decide on each form and write in parts what is new."""
    rows = list(run.lines())
    patients = lock_patients(run.tx, (cells.text("patient_id") for cells in rows))
    had = forms_in(run.tx, [patient.id for patient in patients.values()])
    seen: dict[str, int] = {}
    for part in parts(rows, 2000):
        kept = []
        for cells in part:
            patient = _patient(cells, patients)
            line = _read(run, cells)
            new = _decide(run, line, patient, had, seen) if line and patient else None
            if new and patient:
                kept.append((patient.number, new))
        if run.writes:
            _write(run, kept)


def _patient(cells: Cells, patients: dict[str, Patient]) -> Patient | None:
    patient = patients.get(cells.number("patient_id"))
    if patient is None and not cells.bad:
        cells.refuse("patient_id", Rule.KNOWN_PATIENT)
    return patient


def _read(run: Run, cells: Cells) -> _Line | None:
    visit = cells.one_of("visit", [visit.code for visit in run.study.visits], needed=True)
    answered_on = cells.day("answered_on", needed=True)
    mode = cells.one_of("mode", [mode.value for mode in Mode], needed=True)
    language = cells.one_of("language", run.study.languages, needed=True)
    answers = _answers(cells, run.instrument)
    if cells.bad or not (visit and answered_on and mode and language):
        return None
    incoming = Incoming(
        submission_id=submission_id_of(_content(cells, run.instrument)),
        visit=visit,
        answered_on=answered_on,
        began_on=answered_on,
        answers=answers,
        by_patient=False,
    )
    return _Line(cells, incoming, Mode(mode), language)


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


def _decide(
    run: Run, line: _Line, patient: Patient, had: FormsIn, seen: dict[str, int]
) -> NewForm | None:
    """The form to be kept, or None when it is in already."""
    incoming, number = line.incoming, line.cells.line
    decision = decide(
        incoming,
        facts=_facts(patient),
        known=_bearing(incoming, patient.id, had),
        study=run.study,
        instrument=run.instrument,
        today=run.today,
    )
    if incoming.submission_id in seen:
        run.remark(number, Remark.REPEATED, str(seen[incoming.submission_id]))
    seen[incoming.submission_id] = number
    if isinstance(decision, AlreadyHad):
        run.unchanged += 1
        return None
    if isinstance(decision, Refused):  # the cells were read by the same rules
        raise ValueError(f"line {number}: {decision.reason}")
    stands = (patient.id, incoming.visit) not in had.standing
    had.submissions.add(incoming.submission_id)
    had.standing.setdefault((patient.id, incoming.visit), incoming.submission_id)
    run.added += stands
    run.conflicts += not stands
    _remark(run, line, stands)
    return NewForm(
        submission_id=incoming.submission_id,
        patient_id=patient.id,
        visit=incoming.visit,
        standing=stands,
        answered_on=incoming.answered_on,
        mode=line.mode,
        language=line.language,
        answers=decision.answers,
        entered_by=line.cells.text("entered_by") or None,
        why_not_self=line.cells.text("why_not_self") or None,
    )


def _facts(patient: Patient) -> PatientFacts:
    state = patient.state
    return PatientFacts(
        patient_id=patient.number,
        site=patient.site,
        screened_on=state.screened_on,
        pro_consent_on=state.pro_consent_on,
        randomised_on=state.randomised_on,
        able=state.able,
    )


def _bearing(incoming: Incoming, patient_id: int, had: FormsIn) -> list[KnownForm]:
    """Those of her forms that bear on the decision; all of them may be many."""
    known = []
    if incoming.submission_id in had.submissions:
        known.append(KnownForm(incoming.submission_id, incoming.visit, standing=False))
    stands = had.standing.get((patient_id, incoming.visit))
    if stands:
        known.append(KnownForm(stands, incoming.visit, standing=True))
    return known


def _remark(run: Run, line: _Line, stands: bool) -> None:
    cells = line.cells
    if not stands:
        run.remark(cells.line, Remark.SECOND_FORM, line.incoming.visit)
    if line.mode in _INTERVIEWS and not cells.text("why_not_self"):
        run.remark(cells.line, Remark.NOT_SAID_WHY)
    if not cells.text("entered_by"):
        run.remark(cells.line, Remark.NOBODY_NAMED)
    for box in run.instrument.opt_outs:
        if cells.text(box.code):
            for item in box.items:
                if cells.raw(item).strip():
                    run.remark(cells.line, Remark.ANSWERED_ALL_THE_SAME, box.code, item)


def _write(run: Run, kept: list[tuple[str, NewForm]]) -> None:
    keep_forms(run.tx, [new for _, new in kept], run.instrument)
    close_flags(
        run.tx, {(new.patient_id, new.visit) for _, new in kept if new.standing}, Closed.FORM
    )
    run.tx.record_many(
        run.tx.entry(
            "form.received" if new.standing else "form.conflict",
            number,
            visit=new.visit,
            changes={
                "submission_id": [None, new.submission_id],
                "answered_on": [None, new.answered_on.isoformat()],
                "mode": [None, new.mode.value],
                "entered_by": [None, new.entered_by],
            },
        )
        for number, new in kept
    )
