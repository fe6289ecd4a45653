"""Write a made-up study as if it had been lived: each fact at the instant it was recorded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pro_app.core.contact import Attempt
from pro_app.core.facts import Mode
from pro_app.core.instrument import Instrument
from pro_app.core.study import Study
from pro_app.demo.people import DemoStudy, Event, Form, Patient, Reason, nurse_of
from pro_app.instruments import demonstration_if_any
from pro_app.security import secrets
from pro_app.security.patients import patient_actor
from pro_app.store.desk.contact_log import keep_attempt
from pro_app.store.engine.transaction import Actor, Tx
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients import patients
from pro_app.store.patients.events import NewEvent, add_events
from pro_app.store.patients.patients import PatientState
from pro_app.store.patients.reasons import keep_reason

#: Something that was recorded: when, by whom, and what it writes and enters in the trail.
_Act = tuple[datetime, Actor, Callable[[Tx], dict[str, Any]]]


#: What the made-up patients signed.
_CONSENT = "1.0"


def write(tx: Tx, demo: DemoStudy, study: Study, instrument: Instrument) -> None:
    """Write all patients in the order in which they were recorded, with the trail.

    No instant is after that of `tx`, even where the day is young.
    """
    scribe = _Scribe(demo, study, instrument)
    acts = [act for each in demo.patients for act in scribe.acts(each)]
    acts.sort(key=lambda act: act[0])
    tx.record_many([apply(tx.at(min(at, tx.now), actor)) for at, actor, apply in acts])


@dataclass(frozen=True)
class _Scribe:
    demo: DemoStudy
    study: Study
    instrument: Instrument
    # Of the patients written so far:
    ids: dict[str, int] = field(default_factory=dict)
    states: dict[str, PatientState] = field(default_factory=dict)

    def acts(self, patient: Patient) -> Iterator[_Act]:
        """All that was ever recorded of a patient."""
        nurse = self._nurse(patient, patient.screened_at)
        yield patient.screened_at, nurse, lambda tx: self._screened(tx, patient)
        yield patient.randomised_at, nurse, lambda tx: self._randomised(tx, patient)
        if _signed_later(patient):
            yield patient.consented_at, nurse, lambda tx: self._consented(tx, patient)
        for event in patient.person.events:
            yield (
                event.recorded_at,
                self._nurse(patient, event.recorded_at),
                self._event(patient, event),
            )
        for form in patient.forms:
            at = form.received_at
            actor = self._nurse(patient, at)
            if form.mode is Mode.PHONE_SELF:
                actor = patient_actor(patient.number, self._site(patient, at))
            yield at, actor, self._form(patient, form)
        for reason in patient.reasons:
            nurse = self._nurse(patient, reason.recorded_at)
            for made in reason.attempts:
                yield made.made_at, nurse, self._attempt(patient, reason.visit, made)
            yield reason.recorded_at, nurse, self._reason(patient, reason)

    def _site(self, patient: Patient, at: datetime) -> str:
        """Where the patient belongs at an instant."""
        zone = ZoneInfo(self.study.time_zone)
        return patient.person.site_on(at.astimezone(zone).date())

    def _nurse(self, patient: Patient, at: datetime) -> Actor:
        site = self._site(patient, at)
        return Actor(f"staff:{nurse_of(site)}", "nurse", site)

    def _screened(self, tx: Tx, patient: Patient) -> dict[str, Any]:
        person = patient.person
        state = self.states[patient.number] = _state_at_screening(patient)
        row = (patient.number, person.site, state, None)
        self.ids.update(patients.add_patients(tx, [row], self.study))
        changes = {
            "site": (None, person.site),
            "language": (None, person.language),
            "screened_on": (None, person.screened_on.isoformat()),
            "able": (None, person.able),
        }
        if not _signed_later(patient):
            changes |= _consent_changes(patient)
        return tx.entry("patient.added", patient.number, changes=changes)

    def _randomised(self, tx: Tx, patient: Patient) -> dict[str, Any]:
        person = patient.person
        self._change(tx, patient, randomised_on=person.randomised_on)
        patients.allocate(tx, self.ids[patient.number], self.study.arms[person.arm].code)
        changes = {
            "randomised_on": (None, person.randomised_on.isoformat()),
            "arm": (None, "recorded"),  # the trail is read by people who may not know it
        }
        return tx.entry("patient.filled", patient.number, changes=changes)

    def _consented(self, tx: Tx, patient: Patient) -> dict[str, Any]:
        signed_on = patient.person.consented_on
        self._change(tx, patient, pro_consent_on=signed_on, consent_version=_CONSENT)
        return tx.entry("patient.filled", patient.number, changes=_consent_changes(patient))

    def _change(self, tx: Tx, patient: Patient, **what: Any) -> None:
        row = self._row(patient)
        after = self.states[patient.number] = replace(row.state, **what)
        patients.change_state(tx, row, after, self.study)

    def _row(self, patient: Patient) -> patients.Patient:
        """The patient as stored until a transfer."""
        number, site = patient.number, patient.person.site
        return patients.Patient(self.ids[number], number, site, self.states[number], site)

    def _event(self, patient: Patient, event: Event) -> Callable[[Tx], dict[str, Any]]:
        def apply(tx: Tx) -> dict[str, Any]:
            new = NewEvent(self.ids[patient.number], event.kind, event.on, None, event.to_site)
            add_events(tx, [new])
            changes = {"event": (None, event.kind.value), "on": (None, event.on.isoformat())}
            if event.to_site:
                patients.settle_sites(tx, [self._row(patient)], self.study)
                changes["to_site"] = (None, event.to_site)
            return tx.entry("event.added", patient.number, changes=changes)

        return apply

    def _form(self, patient: Patient, form: Form) -> Callable[[Tx], dict[str, Any]]:
        def apply(tx: Tx) -> dict[str, Any]:
            new = self._new_form(patient, _moved_before(form, tx.now))
            keep_forms(tx, [new], self.instrument)
            changes = {
                "submission_id": (None, new.submission_id),
                "answered_on": (None, form.answered_on.isoformat()),
                "mode": (None, form.mode.value),
                "entered_by": (None, new.entered_by),
            }
            return tx.entry(
                "form.received" if form.standing else "form.conflict",
                patient.number,
                visit=form.visit,
                changes=changes,
            )

        return apply

    def _new_form(self, patient: Patient, form: Form) -> NewForm:
        demo, on_paper = self.demo, form.mode is Mode.PAPER
        name = f"{self.study.id} {demo.as_of} {demo.seed} {patient.number} {form.visit}"
        words = None
        if not on_paper:
            words = demonstration_if_any(self.study.instrument, form.language)
        alone = form.mode in (Mode.PHONE_SELF, Mode.SITE_TABLET)
        return NewForm(
            submission_id=secrets.submission_id_of(f"{name} {form.standing}"),
            patient_id=self.ids[patient.number],
            visit=form.visit,
            standing=form.standing,
            answered_on=form.answered_on,
            mode=form.mode,
            language=form.language,
            answers=form.answers,
            wording_sha256=words.sha256 if words else None,
            entered_by=None if alone else nurse_of(self._site(patient, form.received_at)),
            why_not_self=form.why_not_self,
            started_at=form.started_at,
            device_at=form.device_at,
            device_offset_minutes=form.device_offset_minutes,
        )

    def _attempt(
        self, patient: Patient, visit: str, made: Attempt
    ) -> Callable[[Tx], dict[str, Any]]:
        def apply(tx: Tx) -> dict[str, Any]:
            keep_attempt(tx, self.ids[patient.number], visit, made)
            changes = {"channel": (None, made.channel), "outcome": (None, made.outcome)}
            return tx.entry("contact.tried", patient.number, visit=visit, changes=changes)

        return apply

    def _reason(self, patient: Patient, reason: Reason) -> Callable[[Tx], dict[str, Any]]:
        def apply(tx: Tx) -> dict[str, Any]:
            keep_reason(
                tx,
                self.ids[patient.number],
                visit=reason.visit,
                code=reason.code,
                said_by=reason.said_by,
                said_on=reason.said_on,
                text=reason.text,
            )
            changes = {
                "code": (None, reason.code),
                "said_by": (None, "recorded"),
                "said_on": (None, reason.said_on.isoformat()),
            }
            return tx.entry("reason.given", patient.number, visit=reason.visit, changes=changes)

        return apply


def _signed_later(patient: Patient) -> bool:
    """Whether the consent was signed on a day after the screening."""
    return patient.person.consented_on > patient.person.screened_on


def _consent_changes(patient: Patient) -> dict[str, Any]:
    signed_on = patient.person.consented_on.isoformat()
    return {"pro_consent_on": (None, signed_on), "consent_version": (None, _CONSENT)}


def _state_at_screening(patient: Patient) -> PatientState:
    person, later = patient.person, _signed_later(patient)
    return PatientState(
        language=person.language,
        screened_on=person.screened_on,
        pro_consent_on=None if later else person.consented_on,
        consent_version=None if later else _CONSENT,
        randomised_on=None,
        able=person.able,
    )


def _moved_before(form: Form, received_at: datetime) -> Form:
    """The form as it is when it came earlier: its other instants move along."""
    early = form.received_at - received_at
    if form.started_at is None or form.device_at is None:
        return form
    return replace(form, started_at=form.started_at - early, device_at=form.device_at - early)
