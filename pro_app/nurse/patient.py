"""All that is known of one patient: her visits, what happened, her scores, her trail."""

from dataclasses import dataclass
from datetime import date

from pro_app.core.charts import Frame, ScoreChart, Timeline, score_chart, timeline
from pro_app.core.instrument import Difference, Instrument, Scale
from pro_app.core.ledger import Entry, ledger
from pro_app.core.study import Study
from pro_app.store.events import Event, events_of
from pro_app.store.facts import Scope, read_facts
from pro_app.store.patients import Patient, find_patient
from pro_app.store.reasons import GivenReason, reasons_of
from pro_app.store.scored import ScoredForm, scored_forms
from pro_app.store.tasks import Task, open_tasks_of
from pro_app.store.trail import Recorded, trail_of
from pro_app.store.transaction import reading

_TRAIL_ROWS = 30
#: Each step of filling in is in the trail; it is hers until she hands the form in.
_HER_OWN = ("draft.begun", "draft.saved", "draft.asked", "draft.discarded")
_WIDE = Frame(680, 300, left=40, right=64, top=16, bottom=44)
_SMALL = Frame(220, 104, left=8, right=8, top=8, bottom=18)
_LINE = Frame(1160, 170, left=16, right=24, top=56, bottom=26)
_MARKS_APART = 96


@dataclass(frozen=True, slots=True)
class PatientPage:
    patient: Patient
    entries: tuple[Entry, ...]
    reasons: dict[str, GivenReason]
    events: tuple[Event, ...]
    forms: tuple[ScoredForm, ...]
    trail: tuple[Recorded, ...]
    tasks: tuple[Task, ...]

    @property
    def counted(self) -> dict[str, ScoredForm]:
        """Visit → the form that stands for it."""
        return {form.visit: form for form in self.forms if form.counts}


@dataclass(frozen=True, slots=True)
class Happening:
    """A dated line of her history; `what` is an event's kind or a name of `_STATE_DAYS`."""

    on: date
    what: str
    form: ScoredForm | None = None
    note: str | None = None


def find(number: str, *, sites: tuple[str, ...] | None) -> Patient | None:
    """The patient, None when there is no such number at these sites."""
    with reading() as connection:
        return find_patient(connection, number, sites=sites)


def page(
    study: Study,
    instrument: Instrument,
    *,
    number: str,
    sites: tuple[str, ...] | None,
    today: date,
) -> PatientPage | None:
    """All of one patient as known now, None when there is no such number at these sites."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=sites)
        if patient is None:
            return None
        facts = read_facts(connection, Scope(ids=(patient.id,)))[0].facts
        return PatientPage(
            patient=patient,
            entries=ledger(facts, study, valid_from=instrument.valid_from, as_of=today),
            reasons=reasons_of(connection, patient.id),
            events=tuple(events_of(connection, [patient.id]).get(patient.id, [])),
            forms=tuple(scored_forms(connection, patient.id, instrument.scoring_version)),
            trail=tuple(trail_of(connection, number, limit=_TRAIL_ROWS, without=_HER_OWN)),
            tasks=tuple(open_tasks_of(connection, patient.id)),
        )


def history(found: PatientPage) -> list[Happening]:
    """What happened to her, by day: entry into the trial, events, forms."""
    lines = [Happening(on, what) for on, what in _state_days(found)]
    lines += [Happening(event.on, event.kind, note=event.note) for event in found.events]
    lines += [Happening(form.answered_on, "form", form=form) for form in found.forms]
    return sorted(lines, key=lambda line: line.on)


def _state_days(found: PatientPage) -> list[tuple[date, str]]:
    state = found.patient.state
    days = (
        (state.screened_on, "screened"),
        (state.pro_consent_on, "consented"),
        (state.randomised_on, "randomised"),
    )
    return [(on, what) for on, what in days if on is not None]


def time_line(found: PatientPage, *, today: date) -> Timeline | None:
    """Her windows, events and forms on one axis, None before she is randomised."""
    state = found.patient.state
    happened = [(event.on, str(event.kind)) for event in found.events]
    if state.randomised_on is not None:
        happened.append((state.randomised_on, "randomised"))
    forms = [(form.answered_on, form.visit) for form in found.forms]
    return timeline(
        found.entries, sorted(happened), forms, today=today, frame=_LINE, apart=_MARKS_APART
    )


def chart(
    found: PatientPage, instrument: Instrument, scale: Scale, *, small: bool = False
) -> ScoreChart:
    """One scale's course over all visits."""
    scores = {
        visit: form.scores[scale.code].value
        for visit, form in found.counted.items()
        if scale.code in form.scores
    }
    frame = _SMALL if small else _WIDE
    return score_chart(scale, found.entries, scores, _difference(instrument, scale), frame)


def _difference(instrument: Instrument, scale: Scale) -> Difference | None:
    return next((each for each in instrument.differences if each.scale == scale.code), None)


def overall(instrument: Instrument) -> Scale:
    """The scale that is shown first: the one made of the most items."""
    return max(instrument.scales, key=lambda scale: len(scale.items))
