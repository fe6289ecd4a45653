"""Make what a test needs, through the store's own doors."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.person import Person
from pro_app.core.facts import EventKind, Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.leaving import Ruling
from pro_app.core.sites import EVERYWHERE, Sites, only
from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.forms.wordings import add_pack, add_release, packs
from pro_app.store.patients.events import add_events
from pro_app.store.patients.patients import PatientState, add_patients, find_patient
from pro_app.store.tables import consent_decision, void

ACTOR = Actor("test", "operator")
#: When a patient was screened and consented, unless told otherwise.
ENROLLED = date(2026, 1, 1)
LINA = Actor("staff:lina", "nurse", "LISHUI")


def at_desk(actor: Actor = LINA, sites: Sites = only("LISHUI"), **changes: Any) -> StaffOccasion:  # noqa: B008 - frozen
    """The occasion of a nurse of Lishui, or of whoever is named, at this instant."""
    name = actor.name.removeprefix("staff:")
    at = occasion_of(deployment(), Person(name, actor.role, sites, actor))
    if "now" in changes and "today" not in changes:
        changes["today"] = at.day_of(changes["now"])
    return replace(at, **changes)


def at_server(actor: Actor = ACTOR, **changes: Any) -> StaffOccasion:
    """The occasion of a command or a job, which sees every site, at this instant."""
    return at_desk(actor, EVERYWHERE, **changes)


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


def decide_on_data(patient_id: int, ruling: Ruling, *, now: datetime | None = None) -> None:
    """What the site decided on the data of a patient who withdrew consent to their use."""
    with transaction(ACTOR, now or deployment().now()) as tx:
        current = consent_decision.c.superseded_at.is_(None)
        of_patient = consent_decision.c.patient_id == patient_id
        tx.execute(update(consent_decision).where(of_patient, current).values(superseded_at=tx.now))
        row = {"patient_id": patient_id, "decision": ruling.value, "source": "letter"}
        stamp = {"recorded_at": tx.now, "recorded_by": ACTOR.name}
        tx.execute(insert(consent_decision), row | stamp)
        tx.record("consent.decided", str(patient_id))


def declare_void(kind: str, patient_id: int, *, now: datetime | None = None, **what: Any) -> None:
    """Declare something wrong: `what` names its row, and where it belongs."""
    with transaction(ACTOR, now or deployment().now()) as tx:
        row = {"kind": kind, "patient_id": patient_id, "why": "a slip"} | what
        tx.execute(insert(void), row | {"recorded_at": tx.now, "recorded_by": ACTOR.name})
        tx.record("record.voided", str(patient_id))


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


def add_wording(language: str, sha256: str, licence: str, valid_until: date) -> None:
    """A licensed wording that one person imported and another released."""
    parts = deployment()
    with transaction(ACTOR, parts.now()) as tx:
        added = add_pack(
            tx,
            instrument=parts.instrument.id,
            language=language,
            sha256=sha256,
            texts={},
            licence=licence,
            valid_until=valid_until,
        )
        pack = next(each for each in packs(tx.connection, parts.instrument.id) if each.id == added)
        add_release(tx, pack, replaces=None)


def patient_id_of(number: str) -> int:
    with reading() as connection:
        found = find_patient(connection, number, sites=EVERYWHERE)
    assert found is not None
    return found.id
