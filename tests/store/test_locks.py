"""A locked record: nothing of it is written from any door, and nothing that came is lost."""

import threading
from datetime import date

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from pro_app.core.facts import EventKind
from pro_app.deployment import deployment
from pro_app.store.engine.locked import Kind, Locked, touches_record
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.patients.events import add_events
from pro_app.store.patients.patients import lock_patient
from pro_app.store.tables import event
from pro_app.store.trail.locks import Locks, lock, read_locks, unlock
from tests import factories
from tests.rooms.nurse.counting import statements

GAO = Actor("staff:gaofeng", "investigator", "LISHUI")


@pytest.fixture
def people(in_app: Flask) -> dict[str, int]:
    return {
        number: factories.add_patient(number, number.split("-")[0])
        for number in ("LISHUI-001", "LISHUI-002", "JIAXING-001")
    }


def set_lock(kind: str, subject: str, why: str = "all is reviewed") -> None:
    with transaction(GAO, deployment().now()) as tx:
        assert lock(tx, Kind(kind), subject, why)
        tx.record("record.locked", subject, reason=why)


def end_lock(kind: str, subject: str) -> None:
    with transaction(GAO, deployment().now()) as tx:
        assert unlock(tx, Kind(kind), subject)
        tx.record("record.unlocked", subject, reason="a form came late")


def lock_of_patient() -> Locks:
    with reading() as connection:
        return read_locks(connection, {Kind.PATIENT: ["LISHUI-001"]})


def give_reasons(*visits: tuple[str, str | None]) -> None:
    """Record that something was written of these visits: (number, visit) each."""
    with transaction(GAO, deployment().now()) as tx:
        tx.record_many([tx.entry("reason.given", number, visit=v) for number, v in visits])


def write(*numbers: str) -> None:
    with transaction(GAO, deployment().now()) as tx:
        ids = [factories.patient_id_of(number) for number in numbers]
        add_events(tx, [(each, EventKind.PROGRESSION, date(2026, 2, 1), None) for each in ids])
        tx.record_many([tx.entry("event.added", number) for number in numbers])


def events() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(event)).scalar_one()


def test_nothing_is_written_of_a_locked_patient(people: dict[str, int]) -> None:
    set_lock("patient", "LISHUI-001")
    with pytest.raises(Locked, match="LISHUI-001"):
        write("LISHUI-001")
    with pytest.raises(Locked, match="LISHUI-001"):
        write("JIAXING-001", "LISHUI-001", "LISHUI-002")
    assert events() == 0
    write("LISHUI-002", "JIAXING-001")
    assert events() == 2


def test_a_site_s_lock_holds_for_its_patients_and_for_those_who_would_be_new(
    people: dict[str, int],
) -> None:
    set_lock("site", "LISHUI")
    for number in ("LISHUI-001", "LISHUI-002"):
        with pytest.raises(Locked, match=number):
            write(number)
    with pytest.raises(Locked, match="LISHUI-009"):
        factories.add_patient("LISHUI-009", "LISHUI")
    write("JIAXING-001")


def test_a_visit_s_lock_holds_for_that_visit_alone(people: dict[str, int]) -> None:
    set_lock("visit", "LISHUI-001/V1")
    with pytest.raises(Locked, match="LISHUI-001"):
        give_reasons(("LISHUI-001", "V1"))
    with pytest.raises(Locked, match="LISHUI-001"):
        give_reasons(("LISHUI-002", "V1"), ("LISHUI-001", "V0"), ("LISHUI-001", "V1"))
    give_reasons(("LISHUI-001", "V0"))
    give_reasons(("LISHUI-002", "V1"), ("LISHUI-001", "V0"))
    # What happened to the patient has no visit, and is recorded though it may move one's status.
    write("LISHUI-001")
    end_lock("visit", "LISHUI-001/V1")
    give_reasons(("LISHUI-001", "V1"))


def test_the_study_s_lock_holds_for_everything_and_everybody(people: dict[str, int]) -> None:
    set_lock("study", "nct04158843")
    for number in people:
        with pytest.raises(Locked, match=number):
            write(number)
    with pytest.raises(Locked, match="JIAXING-001"):
        give_reasons(("JIAXING-001", "V1"))
    with pytest.raises(Locked, match="LISHUI-009"):
        factories.add_patient("LISHUI-009", "LISHUI")
    end_lock("study", "nct04158843")
    write(*people)


def test_what_is_locked_is_asked_in_one_statement(people: dict[str, int]) -> None:
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    with statements(application) as seen:
        give_reasons(("LISHUI-001", "V1"))
    assert len([each for each in seen if "record_lock" in each]) == 1


def test_after_unlocking_all_is_as_before_and_the_lock_stays_in_the_past(
    people: dict[str, int],
) -> None:
    set_lock("patient", "LISHUI-001")
    with transaction(GAO, deployment().now()) as tx:
        assert not lock(tx, Kind.PATIENT, "LISHUI-001", "twice")
        tx.abandon()
    end_lock("patient", "LISHUI-001")
    write("LISHUI-001")
    assert lock_of_patient() == {}
    set_lock("patient", "LISHUI-001", "again")
    assert lock_of_patient()[Kind.PATIENT, "LISHUI-001"].why == "again"


def test_who_waited_while_a_record_was_locked_does_not_write_to_it(
    people: dict[str, int],
) -> None:
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    refused: list[bool] = []

    def write_late() -> None:
        with application.app_context():
            try:
                with transaction(GAO, deployment().now()) as tx:
                    lock_patient(tx, people["LISHUI-001"])  # waits here for the one who locks
                    add_events(
                        tx, [(people["LISHUI-001"], EventKind.SURGERY, date(2026, 2, 1), None)]
                    )
                    tx.record("event.added", "LISHUI-001")
            except Locked:
                refused.append(True)

    late = threading.Thread(target=write_late)
    with transaction(GAO, deployment().now()) as tx:
        lock(tx, Kind.PATIENT, "LISHUI-001", "all is reviewed")
        tx.record("record.locked", "LISHUI-001")
        late.start()
        late.join(0.3)
        assert late.is_alive()
    late.join()
    assert refused == [True]
    assert events() == 0


@pytest.mark.parametrize(
    ("action", "touches"),
    [
        ("event.added", True),
        ("form.received", True),
        ("form.conflict", True),
        ("patient.filled", True),
        ("reason.given", True),
        ("an.action_that_nobody_thought_of", True),
        ("form.not_taken", False),
        ("patient.signed_in", False),
        ("task.closed", False),
        ("record.unlocked", False),
    ],
)
def test_whatever_is_not_known_to_be_harmless_is_trial_data(action: str, touches: bool) -> None:
    assert touches_record(action) is touches
