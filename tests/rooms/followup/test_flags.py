"""Missing-entry flags: opened once, closed when there is nothing left to ask."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from pro_app.core.facts import EventKind
from pro_app.deployment import deployment
from pro_app.followup import service
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import CLI, WORKER, housekeeping, reading, transaction
from pro_app.store.patients.events import events_of, supersede_event
from pro_app.store.patients.patients import PatientState, change_state, lock_patient
from pro_app.store.statuses.flags import Closed, Counts, close_flag
from pro_app.store.tables import audit_event, missing_flag, reason
from tests import factories

pytestmark = pytest.mark.usefixtures("in_app")

TODAY = date(2026, 3, 5)
RANDOMISED = date(2025, 11, 1)  # V0 closed on the day, V1 (target 1 Feb) on 15 Feb


def run(today: date = TODAY) -> Counts:
    return service.synchronise_flags(at=factories.at_server(WORKER, today=today))


def flags() -> dict[str, tuple[bool, str | None]]:
    """Visit → (open, why closed)."""
    with reading() as connection:
        rows = connection.execute(select(missing_flag).order_by(missing_flag.c.visit))
        return {row.visit: (row.closed_at is None, row.closed_because) for row in rows}


def patient(**changes: object) -> int:
    return factories.add_patient(**({"randomised_on": RANDOMISED} | changes))


def test_every_expected_form_whose_window_has_closed_is_flagged_once() -> None:
    patient()
    assert run() == Counts(opened=2)
    assert run() == Counts()
    assert flags() == {"V0": (True, None), "V1": (True, None)}


def test_the_closing_day_itself_still_belongs_to_the_patient() -> None:
    factories.add_form(patient(), "V0", RANDOMISED)
    assert run(date(2026, 2, 15)).opened == 0
    assert run(date(2026, 2, 16)).opened == 1


@pytest.mark.parametrize(
    "state",
    [{"pro_consent_on": None}, {"able": False}, {"able": None}, {"randomised_on": None}],
)
def test_nobody_is_asked_for_what_is_not_expected(state: dict[str, object]) -> None:
    patient(**state)
    assert run() == Counts()


def test_a_form_or_a_reason_there_already_needs_no_flag() -> None:
    patient_id = patient()
    factories.add_form(patient_id, "V0", RANDOMISED)
    _give_reason(patient_id, "V1")
    assert run() == Counts()


def test_a_conflicting_form_does_not_stand_for_the_visit() -> None:
    patient_id = patient()
    factories.add_form(patient_id, "V0", RANDOMISED, standing=False)
    assert run().opened == 2


@pytest.mark.parametrize(
    "kind",
    [
        EventKind.DEATH,
        EventKind.WITHDRAWAL_QUESTIONNAIRES,
        EventKind.WITHDRAWAL_FOLLOW_UP,
        EventKind.WITHDRAWAL_CONSENT,
    ],
)
def test_a_late_end_before_the_target_day_closes_the_flag(kind: EventKind) -> None:
    patient_id = patient()
    run()
    factories.add_event(patient_id, kind, date(2026, 1, 31))
    assert run() == Counts(closed=1)
    assert flags()["V1"] == (False, Closed.NOT_EXPECTED)


@pytest.mark.parametrize(
    ("kind", "on"),
    [
        (EventKind.DEATH, date(2026, 2, 1)),  # on the target day the patient was still asked
        (EventKind.LOST_TO_FOLLOW_UP, date(2025, 12, 1)),
        (EventKind.WITHDRAWAL_TREATMENT, date(2025, 12, 1)),
        (EventKind.PROGRESSION, date(2025, 12, 1)),
    ],
)
def test_what_does_not_end_the_asking_leaves_the_flag(kind: EventKind, on: date) -> None:
    patient_id = patient()
    run()
    factories.add_event(patient_id, kind, on)
    assert run() == Counts()


def test_a_death_entered_by_mistake_and_corrected_opens_the_flag_again() -> None:
    patient_id = patient()
    run()
    factories.add_event(patient_id, EventKind.DEATH, date(2025, 12, 1))
    run()
    with transaction(CLI, deployment().now()) as tx:
        [death] = events_of(tx.connection, [patient_id])[patient_id]
        supersede_event(tx, death.id)
        tx.record("event.corrected", "LISHUI-001")
    assert run() == Counts(reopened=1)
    assert flags()["V1"] == (True, None)


def test_a_form_or_reason_that_comes_late_closes_the_flag() -> None:
    patient_id = patient()
    run()
    factories.add_form(patient_id, "V0", TODAY)
    _give_reason(patient_id, "V1")
    assert run() == Counts(closed=2)
    assert flags() == {"V0": (False, Closed.FORM), "V1": (False, Closed.REASON)}
    assert run() == Counts()


def test_closing_one_flag_touches_no_other() -> None:
    patient_id = patient()
    run()
    with transaction(CLI, deployment().now()) as tx:
        close_flag(tx, patient_id, "V1", Closed.FORM)
        tx.record("form.received", "LISHUI-001")
    assert flags() == {"V0": (True, None), "V1": (False, Closed.FORM)}


def test_a_corrected_randomisation_day_that_reopens_the_window_closes_the_flag() -> None:
    patient_id = patient()
    run()
    parts = deployment()
    with transaction(CLI, parts.now()) as tx:
        known = lock_patient(tx, patient_id)
        moved = PatientState("zh", RANDOMISED, RANDOMISED, date(2025, 12, 1), True)
        change_state(tx, known, moved, parts.study)
        tx.record("patient.corrected", "LISHUI-001")
    assert run() == Counts(closed=1)
    assert flags()["V1"] == (False, Closed.NOT_EXPECTED)


def test_a_run_that_changed_something_is_in_the_trail_and_an_idle_one_is_not() -> None:
    patient()
    run()
    run()
    with reading() as connection:
        rows = connection.execute(
            select(audit_event).where(audit_event.c.action == "flags.synchronised")
        ).all()
    assert [(row.actor, row.changes["opened"]) for row in rows] == [("worker", [0, 2])]


def test_two_workers_at_once_do_the_work_once() -> None:
    patient()
    now = deployment().now()

    def tick(holder: str, instant: datetime) -> Counts | None:
        return service.tick(holder=holder, at=factories.at_server(WORKER, now=instant, today=TODAY))

    assert tick("one", now) == Counts(opened=2)
    assert tick("two", now) is None  # the other has the lease
    assert tick("one", now + timedelta(minutes=1)) is None  # nothing is due yet
    later = now + timedelta(minutes=20)
    assert tick("two", later) == Counts()  # the first one died; its lease ran out
    assert tick("one", later) is None


def test_a_lease_goes_to_one_only() -> None:
    now = deployment().now()
    lasting = timedelta(minutes=5)
    with housekeeping() as work:
        assert leases.take(work, "job", "one", now, lasting)
        assert not leases.take(work, "job", "two", now, lasting)
        assert leases.take(work, "job", "one", now, lasting)
        assert leases.take(work, "job", "two", now + lasting, lasting)


def test_the_command_says_what_changed(app: Flask) -> None:
    patient()
    assert app.test_cli_runner().invoke(args=["flags", "run"]).stdout == (
        "flags: 2 opened, 0 closed, 0 reopened\n"
    )


def _give_reason(patient_id: int, visit: str) -> None:
    with transaction(CLI, deployment().now()) as tx:
        tx.execute(
            reason.insert(),
            {
                "patient_id": patient_id,
                "visit": visit,
                "code": "P_FORGOT",
                "said_by": "patient",
                "said_on": TODAY,
                "recorded_at": tx.now,
                "recorded_by": "test",
            },
        )
        tx.record("reason.given", "LISHUI-001", visit=visit)


def test_a_superseded_reason_leaves_the_entry_missing() -> None:
    patient_id = patient()
    factories.add_form(patient_id, "V0", RANDOMISED)
    _give_reason(patient_id, "V1")
    with transaction(CLI, deployment().now()) as tx:
        tx.execute(update(reason).values(superseded_at=tx.now))
        tx.record("reason.withdrawn", "LISHUI-001")
    assert run() == Counts(opened=1)
