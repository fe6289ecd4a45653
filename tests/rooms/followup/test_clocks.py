"""A clock that was set is noticed, recorded, and told to the administrator."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from pro_app.clock import steady
from pro_app.deployment import deployment
from pro_app.followup.clocks import Step, Watch, record
from pro_app.store.engine.locked import Kind
from pro_app.store.engine.transaction import WORKER, reading, transaction
from pro_app.store.people.clocks import steps
from pro_app.worker import watch_clock
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import filled, receive
from tests.store.test_locks import set_lock

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def watched(*looks: tuple[timedelta, float]) -> list[Step | None]:
    """What is seen where the clock went so far while the steady one went so many seconds."""
    watch = Watch()
    watch.look(NOON, 0.0)
    return [watch.look(NOON + gone, seconds) for gone, seconds in looks]


@pytest.mark.usefixtures("in_app")
def test_a_clock_that_goes_as_time_does_is_right_however_late_the_look() -> None:
    assert watched((MINUTE, 60.0), (50 * MINUTE, 3001.0), (51 * MINUTE, 3119.0)) == [None] * 3


@pytest.mark.usefixtures("in_app")
@pytest.mark.parametrize("set_by", [timedelta(minutes=-90), timedelta(seconds=62)])
def test_a_clock_that_was_set_is_seen_once(set_by: timedelta) -> None:
    [step, after] = watched((MINUTE + set_by, 60.0), (2 * MINUTE + set_by, 120.0))
    assert step == Step(NOON + MINUTE, NOON + MINUTE + set_by)
    assert after is None


@pytest.mark.usefixtures("in_app")
def test_after_a_start_the_trail_tells_of_a_clock_set_back() -> None:
    with transaction(factories.ACTOR, NOON) as tx:
        tx.record("flags.synchronised", "study")
    assert Watch().look(NOON - 61 * MINUTE, 0.0) == Step(NOON, NOON - 61 * MINUTE)
    assert Watch().look(NOON + 999 * MINUTE, 0.0) is None


def test_the_steady_clock_goes_on() -> None:
    first = steady()
    assert steady() >= first


def test_the_administrator_is_told_and_sees_no_patient(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    with app.app_context():
        patient_id = factories.add_patient("LISHUI-001", randomised_on=date(2025, 12, 1))
        now = deployment().now()
        receive(patient_id, filled(device_at=now + timedelta(days=3)))
        watch = Watch()
        watch.look(now, steady())
    client = cast.administrator()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "was set in the last 30 days" not in client.get("/staff/people").text
    assert "No such change has been seen." in client.get("/staff/people/clocks").text
    clock.advance(minutes=10)
    watch_clock(app, watch)
    assert "was set in the last 30 days" in client.get("/staff/people").text
    page = client.get("/staff/people/clocks").text
    assert "+10" in page
    assert 'data-head="more">1<' in page
    assert "LISHUI-001" not in page
    clock.advance(days=31)
    later = cast.administrator().get("/staff/people", headers={"Accept-Language": "en"})
    assert later.status_code == 200
    assert "was set in the last 30 days" not in later.text


@pytest.mark.usefixtures("in_app")
def test_a_locked_study_does_not_hide_it() -> None:
    set_lock(Kind.STUDY, deployment().study.id)
    record(Step(NOON, NOON + 5 * MINUTE), actor=WORKER)
    with reading() as connection:
        [step] = steps(connection, limit=9)
    assert step.found == NOON + 5 * MINUTE
