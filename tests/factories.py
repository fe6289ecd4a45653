"""Make what a test needs, through the store's own doors."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.person import Person
from pro_app.core.facts import EventKind, Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.sites import EVERYWHERE, Sites, only
from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.events import add_events
from pro_app.store.patients.patients import PatientState, add_patients, find_patient

ACTOR = Actor("test", "operator")
LINA = Actor("staff:lina", "nurse", "LISHUI")


def at_desk(actor: Actor = LINA, sites: Sites = only("LISHUI"), **changes: Any) -> StaffOccasion:  # noqa: B008 - frozen
    """The occasion of a nurse of Lishui, or of whoever is named, at this instant."""
    name = actor.name.removeprefix("staff:")
    at = occasion_of(deployment(), Person(name, actor.role, sites, actor))
    if "now" in changes and "today" not in changes:
        changes["today"] = at.day_of(changes["now"])
    return replace(at, **changes)


#: The day of screening and consent, unless told otherwise.
ENROLLED = date(2026, 1, 1)


def add_patient(
    number: str = "LISHUI-001",
    site: str = "LISHUI",
    *,
    screened_on: date | None = ENROLLED,
    pro_consent_on: date | None = ENROLLED,
    randomised_on: date | None = date(2026, 1, 5),
    able: bool | None = True,
    language: str | None = "zh",
    arm: str | None = None,
    now: datetime | None = None,
) -> int:
    """The id of a new patient: consented, able and randomised unless told otherwise.

    One who was randomised earlier had consented before the baseline's window, too.
    """
    parts = deployment()
    if randomised_on and randomised_on <= ENROLLED:
        early = randomised_on - timedelta(14)
        screened_on = early if screened_on == ENROLLED else screened_on
        pro_consent_on = early if pro_consent_on == ENROLLED else pro_consent_on
    state = PatientState(language, screened_on, pro_consent_on, randomised_on, able)
    with transaction(ACTOR, now or parts.now()) as tx:
        ids = add_patients(tx, [(number, site, state, arm)], parts.study)
        tx.record("patient.added", number)
    return ids[number]


def add_event(
    patient_id: int, kind: EventKind | str, on: date, *, now: datetime | None = None
) -> None:
    with transaction(ACTOR, now or deployment().now()) as tx:
        add_events(tx, [(patient_id, EventKind(kind), on, None)])
        tx.record("event.added", str(patient_id))


def all_answered(value: int = 2) -> dict[str, Answer]:
    """Every item of the study's instrument answered with the same value."""
    codes = deployment().instrument.item_codes
    return {code: Answer(AnswerState.ANSWERED, value) for code in codes}


def add_form(
    patient_id: int,
    visit: str,
    answered_on: date,
    *,
    answers: Mapping[str, Answer] | None = None,
    standing: bool = True,
    mode: Mode = Mode.PAPER,
    now: datetime | None = None,
    submission_id: str | None = None,
    item_times: Mapping[str, list[int | None]] | None = None,
) -> str:
    """The submission id of a form put straight into the store."""
    parts = deployment()
    answers = answers if answers is not None else all_answered()
    new = NewForm(
        submission_id=submission_id or secrets.new_submission_id(),
        patient_id=patient_id,
        visit=visit,
        standing=standing,
        answered_on=answered_on,
        mode=mode,
        language="zh",
        answers=answers,
        item_times=item_times,
    )
    with transaction(ACTOR, now or parts.now()) as tx:
        keep_forms(tx, [new], parts.instrument)
        tx.record("form.received", str(patient_id), visit=visit)
    return new.submission_id


def patient_id_of(number: str) -> int:
    with reading() as connection:
        found = find_patient(connection, number, sites=EVERYWHERE)
    assert found is not None
    return found.id
