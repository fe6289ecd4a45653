"""All that is known of one patient: visits, what happened, scores, trail."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pro_app.acts.occasion import StaffOccasion
from pro_app.clock import day_of
from pro_app.core.charts import Frame, ScoreChart, score_chart
from pro_app.core.course import NEVER, consent_withdrawn_on, ended_by
from pro_app.core.facts import EventFact
from pro_app.core.instrument import Difference, Instrument, Scale
from pro_app.core.leaving import Held, on_pages, shows_changes
from pro_app.core.ledger import Entry
from pro_app.core.reach import Reach
from pro_app.core.study import REASON_HELD_BACK
from pro_app.core.timeline import Timeline, timeline
from pro_app.store.desk.contact_log import Logged, log_of
from pro_app.store.desk.tasks import Task, open_tasks_of
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.scored import ScoredForm, scored_forms
from pro_app.store.patients.consents import (
    Consent,
    Decision,
    consents_of,
    decision_of,
)
from pro_app.store.patients.events import Event, events_of
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.numbers import find_number
from pro_app.store.patients.patients import Patient, find_patient
from pro_app.store.patients.pauses import Pause, pauses_of
from pro_app.store.patients.reasons import GivenReason, reasons_of
from pro_app.store.patients.state_versions import StateVersion, versions_of
from pro_app.store.patients.voids import Void, voids_of
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.reach import reach_of
from pro_app.store.trail.trail import Recorded, last_of, trail_of

_TRAIL_ROWS = 30
#: Each step of filling in is in the trail; it is the patient's own until the form is handed in.
_PATIENTS_OWN = ("draft.begun", "draft.saved", "draft.asked", "draft.discarded")
#: Field → what is said of its day.
_STATE_DAYS = {
    "screened_on": "screened",
    "pro_consent_on": "consented",
    "randomised_on": "randomised",
}
_WIDE = Frame(680, 300, left=40, right=64, top=16, bottom=44)
_SMALL = Frame(220, 104, left=8, right=8, top=8, bottom=18)
_LINE = Frame(1160, 170, left=16, right=24, top=56, bottom=26)
_MARKS_APART = 170


@dataclass(frozen=True, slots=True)
class PatientPage:
    patient: Patient
    entries: tuple[Entry, ...]
    reasons: dict[str, GivenReason]
    events: tuple[Event, ...]
    forms: tuple[ScoredForm, ...]
    trail: tuple[Recorded, ...]
    tasks: tuple[Task, ...]
    pauses: tuple[Pause, ...]
    calls: tuple[Logged, ...]
    versions: tuple[StateVersion, ...]
    reach: Reach
    voids: tuple[Void, ...]
    consents: tuple[Consent, ...]  # the later versions
    withdrawn_on: date | None  # when consent to further use was, and not given again
    decision: Decision | None
    held: Held | None  # what of their data may not leave, nor is shown
    shared: Recorded | None  # when another patient's phone was last found to be theirs too

    @property
    def withheld(self) -> bool:
        """Whether no row of theirs is shown until the site decides, or ever."""
        return self.held is not None and self.held.until is None

    @property
    def ended_by(self) -> EventFact | None:
        """The death or the lasting withdrawal after which nobody asks for a form."""
        return ended_by([event.fact for event in self.events], NEVER)

    def held_by(self, today: date) -> Pause | None:
        """The pause that holds messages to the patient today."""
        return next((pause for pause in self.pauses if pause.fact.holds(today)), None)

    @property
    def counted(self) -> dict[str, ScoredForm]:
        """Visit → the form that stands for it; none that is held back."""
        return {form.visit: form for form in self.forms if form.counts and not form.held_back}


@dataclass(frozen=True, slots=True)
class Happening:
    """A dated line of the history, who recorded it and when.

    `what` is the kind of an event or a pause, a name of `_STATE_DAYS`, "form" or
    "call"; what it is about stands in one of the last four. `recorded_on` is the
    day of the trial on which the trail has it.
    """

    on: date
    what: str
    recorded_at: datetime
    recorded_on: date
    recorded_by: str | None
    note: str | None = None
    form: ScoredForm | None = None
    event: Event | None = None
    pause: Pause | None = None
    call: Logged | None = None


def find(number: str, *, at: StaffOccasion) -> Patient | None:
    """The patient, None when there is no such number at these sites."""
    with reading() as connection:
        return find_patient(connection, number, sites=at.sites)


def meant(typed: str, *, at: StaffOccasion) -> str | None:
    """The number that was meant by what stands in an address, None where there is none."""
    with reading() as connection:
        return find_number(connection, typed, sites=at.sites)


def page(*, number: str, at: StaffOccasion) -> PatientPage | None:
    """All of one patient as known now, None when there is no such number at these sites."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return None
        facts = read_facts(connection, Scope(at.sites, ids=(patient.id,)))[0].facts
        held = held_back(connection, patient_ids=[patient.id]).get(number)
        valid_from = at.instrument.valid_from
        found = PatientPage(
            patient=patient,
            entries=on_pages(facts, held, at.study, valid_from=valid_from, as_of=at.today),
            reasons=reasons_of(connection, patient.id),
            events=tuple(events_of(connection, [patient.id]).get(patient.id, [])),
            forms=tuple(scored_forms(connection, patient.id, at.instrument.scoring_version)),
            voids=tuple(voids_of(connection, patient.id)),
            consents=tuple(consents_of(connection, [patient.id]).get(patient.id, ())),
            withdrawn_on=consent_withdrawn_on(facts.events),
            decision=decision_of(connection, patient.id),
            held=held,
            trail=tuple(trail_of(connection, number, limit=_TRAIL_ROWS, without=_PATIENTS_OWN)),
            tasks=tuple(open_tasks_of(connection, patient.id)),
            pauses=tuple(pauses_of(connection, patient.id)),
            calls=tuple(log_of(connection, patient.id)),
            versions=tuple(versions_of(connection, patient.id)),
            reach=reach_of(connection, at.study, [number], today=at.today)[number],
            shared=last_of(connection, number, "patient.signed_in_shared"),
        )
    return found if held is None else _without_what_is_held_back(found, held, at.study.time_zone)


def _without_what_is_held_back(found: PatientPage, held: Held, time_zone: str) -> PatientPage:
    """The page as it may be shown: of what came after the withdrawal the day and the fact."""
    shows = held.may_leave

    def told(each: Recorded) -> bool:
        return shows_changes(held, each.action, day_of(each.at, time_zone))

    return replace(
        found,
        forms=tuple(
            each
            if shows(each.answered_on)
            else replace(each, items_answered=0, scores={}, held_back=True)
            for each in (found.forms if held.until else ())
        ),
        reasons={
            visit: each
            if shows(each.said_on)
            else replace(each, code=REASON_HELD_BACK, said_by="", text=None)
            for visit, each in found.reasons.items()
        },
        events=tuple(e if shows(e.on) else replace(e, note=None) for e in found.events),
        pauses=tuple(p if shows(p.fact.from_on) else replace(p, note=None) for p in found.pauses),
        trail=tuple(e if told(e) else replace(e, changes={}, reason=None) for e in found.trail),
    )


def history(found: PatientPage, *, time_zone: str) -> list[Happening]:
    """What happened, the latest first: entry into the trial, events, forms, calls."""

    def line(on: date, what: str, at: datetime, by: str | None, **more: Any) -> Happening:
        return Happening(on, what, at, day_of(at, time_zone), by, **more)

    lines = [line(on, what, *_since(found, name)) for on, what, name in _state_days(found)]
    for event in found.events:
        said = (event.recorded_at, event.recorded_by)
        lines.append(line(event.on, event.kind, *said, note=event.note, event=event))
    for pause in found.pauses:
        said, fact = (pause.recorded_at, pause.recorded_by), pause.fact
        lines.append(line(fact.from_on, fact.kind, *said, note=pause.note, pause=pause))
    for form in found.forms:
        lines.append(line(form.answered_on, "form", form.received_at, form.entered_by, form=form))
    for call in found.calls:
        at = call.attempt.made_at
        lines.append(line(day_of(at, time_zone), "call", at, call.recorded_by, call=call))
    return sorted(lines, key=lambda each: (each.on, each.recorded_at), reverse=True)


def _state_days(found: PatientPage) -> list[tuple[date, str, str]]:
    """(day, what, field) of the entry into the trial."""
    state = found.patient.state
    days = [(getattr(state, name), what, name) for name, what in _STATE_DAYS.items()]
    return [each for each in days if each[0] is not None]


def _since(found: PatientPage, name: str) -> tuple[datetime, str]:
    """When and by whom the present value of a field was recorded."""
    now = getattr(found.patient.state, name)
    since = found.versions[-1]
    for version in reversed(found.versions):
        if getattr(version.state, name) != now:
            break
        since = version
    return since.recorded_at, since.recorded_by


def time_line(found: PatientPage, *, today: date, time_zone: str) -> Timeline | None:
    """Windows, events, pauses, forms and calls on one axis, None before randomisation."""
    state = found.patient.state
    happened = [(event.on, str(event.kind)) for event in found.events]
    if state.randomised_on is not None:
        happened.append((state.randomised_on, "randomised"))
    return timeline(
        found.entries,
        sorted(happened),
        [(form.answered_on, form.visit) for form in found.forms],
        today=today,
        frame=_LINE,
        apart=_MARKS_APART,
        spans=[(p.fact.from_on, p.fact.until_on, str(p.fact.kind)) for p in found.pauses],
        calls=[
            (day_of(call.attempt.made_at, time_zone), str(call.attempt.outcome))
            for call in reversed(found.calls)
        ],
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
