"""The contact log: written with one tap, feeding reasons and Today."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.contact import Channel, Outcome
from pro_app.core.facts import EventKind
from pro_app.core.refused import Refused, Why
from pro_app.core.sites import Sites, only
from pro_app.deployment import deployment
from pro_app.nurse import calls, day, service
from pro_app.nurse.calls import Written
from pro_app.nurse.service import ReasonGiven
from pro_app.store.desk.contact_log import log_of
from pro_app.store.engine.transaction import Actor, reading
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock

LINA = Actor("staff:lina", "nurse", "LISHUI")
NUMBER = "LISHUI-001"
ENGLISH = {"Accept-Language": "en"}
CONTACTS = f"/staff/patients/{NUMBER}/contacts"


@pytest.fixture
def patient_id(in_app: Flask) -> int:
    """The month-6 window is open from 18 February to 18 March."""
    return factories.add_patient(NUMBER, randomised_on=date(2025, 9, 4))


def tried(
    channel: Channel = Channel.PHONE, outcome: Outcome = Outcome.NO_ANSWER, **changes: object
) -> Written | Refused:
    asked = {
        "visit": "V2",
        "channel": channel,
        "outcome": outcome,
        "call_back_at": None,
        "at": factories.at_desk(LINA),
    }
    return calls.write_down(NUMBER, **(asked | changes))


def log(patient_id: int) -> list[tuple[str, str]]:
    with reading() as connection:
        return [(r.attempt.channel, r.attempt.outcome) for r in log_of(connection, patient_id)]


LISHUI = only("LISHUI")


def today(sites: Sites = LISHUI) -> day.Today:
    return day.at_site(at=factories.at_desk(LINA, sites))


def no_contact() -> ReasonGiven | Refused:
    parts = deployment()
    return service.give_reason(
        number=NUMBER,
        visit="V2",
        code="P_NO_CONTACT",
        said_by="Nurse",
        said_on=parts.today(),
        text=None,
        at=factories.at_desk(LINA),
    )


def test_a_second_tap_is_the_same_attempt(patient_id: int, clock: HandClock) -> None:
    assert tried() is Written.DONE
    clock.advance(seconds=5)
    assert tried() is Written.SAME
    clock.advance(minutes=2)
    assert tried() is Written.DONE
    assert len(log(patient_id)) == 2


def test_a_call_back_needs_a_time_that_lies_ahead(patient_id: int) -> None:
    now = deployment().now()
    for wrong in (None, now, now + calls.LONGEST_WAIT + timedelta(hours=1)):
        assert tried(outcome=Outcome.CALL_BACK, call_back_at=wrong) == Refused(
            Why.BAD_TIME, "call_back_at", 60
        )
    assert log(patient_id) == []
    assert tried(outcome=Outcome.CALL_BACK, call_back_at=now + timedelta(hours=2)) is Written.DONE


def test_nobody_reached_may_be_said_after_three_tries_by_two_ways(
    patient_id: int, clock: HandClock
) -> None:
    for channel in (Channel.PHONE, Channel.PHONE, Channel.PHONE):
        refused = no_contact()
        assert isinstance(refused, Refused)
        assert (refused.why, refused.field) == (Why.TOO_FEW_ATTEMPTS, "code")
        tried(channel)
        clock.advance(hours=2)
    assert isinstance(no_contact(), Refused)  # three tries, one way
    tried(Channel.RELATIVE)
    assert isinstance(no_contact(), ReasonGiven)


def test_an_attempt_taken_back_counts_no_more(patient_id: int, clock: HandClock) -> None:
    for channel in (Channel.PHONE, Channel.SMS, Channel.PHONE):
        tried(channel)
        clock.advance(hours=2)
    with reading() as connection:
        last = log_of(connection, patient_id)[0]
    elsewhere, here = factories.at_desk(LINA, only("JIAXING")), factories.at_desk(LINA)
    assert calls.take_it_back(NUMBER, last.id, at=elsewhere) == Refused(Why.NOT_HERE)
    assert calls.take_it_back(NUMBER, last.id, at=here) is Written.DONE
    assert isinstance(no_contact(), Refused)


def test_who_is_not_reached_stands_on_today_until_they_are(
    patient_id: int, clock: HandClock
) -> None:
    for _ in range(day.TRIES):
        assert today().not_reached.total == 0
        tried()
        clock.advance(hours=2)
    [row] = today().not_reached.rows
    assert (row.number, row.attempts) == (NUMBER, day.TRIES)
    assert today(only("JIAXING")).not_reached.total == 0
    tried(Channel.RELATIVE, Outcome.REACHED)
    assert today().not_reached.total == 0


def test_a_call_back_stands_on_today_on_its_day_and_goes_with_the_next_call(
    patient_id: int, clock: HandClock
) -> None:
    tried(outcome=Outcome.CALL_BACK, call_back_at=deployment().now() + timedelta(days=1))
    assert today().call_backs.total == 0
    clock.advance(hours=20)
    assert [row.number for row in today().call_backs.rows] == [NUMBER]
    tried(outcome=Outcome.REACHED)
    assert today().call_backs.total == 0


def test_the_dead_are_not_called(patient_id: int, clock: HandClock) -> None:
    tried(outcome=Outcome.CALL_BACK, call_back_at=deployment().now() + timedelta(hours=1))
    for _ in range(day.TRIES):
        clock.advance(hours=2)
        tried(Channel.SMS)
    clock.advance(hours=2)
    tried(outcome=Outcome.CALL_BACK, call_back_at=deployment().now() + timedelta(hours=1))
    assert (today().not_reached.total, today().call_backs.total) == (1, 1)
    factories.add_event(patient_id, EventKind.DEATH, deployment().today())
    assert (today().not_reached.total, today().call_backs.total) == (0, 0)


@pytest.fixture
def nurse(app: Flask, cast: Cast) -> FlaskClient:
    with app.app_context():
        factories.add_patient(NUMBER, randomised_on=date(2025, 9, 4))
    return cast.nurse_of_lishui()


def test_a_call_is_written_down_without_leaving_the_list(nurse: FlaskClient) -> None:
    page = nurse.get("/staff/today", headers=ENGLISH).text
    assert f'action="{CONTACTS}"' in page
    back = f"/staff/today#{NUMBER}-V2"
    given = {"visit": "V2", "channel": "PHONE", "outcome": "NO_ANSWER", "next": back}
    assert nurse.post(CONTACTS, data=given).location == back
    page = nurse.get("/staff/today", headers=ENGLISH).text
    assert "tried 1 ×" in page
    assert "no answer" in nurse.get(f"/staff/patients/{NUMBER}", headers=ENGLISH).text


def test_a_refused_call_back_keeps_what_was_chosen(nurse: FlaskClient) -> None:
    row = f"/staff/today#{NUMBER}-V2"
    given = {"visit": "V2", "channel": "RELATIVE", "outcome": "CALL_BACK", "next": row}
    late = given | {"call_back_at": "2026-02-05T09:30"}
    answer = nurse.post(CONTACTS, data=late, headers=ENGLISH)
    assert answer.status_code == 422
    for kept in (
        "Choose a day and time for the next call",
        '<option value="RELATIVE" selected>',
        'value="2026-02-05T09:30"',
        f'name="next" value="{row}"',
        'name="visit" value="V2"',
    ):
        assert kept in answer.text, kept
    assert nurse.post(CONTACTS, data=given | {"call_back_at": "soon"}).status_code == 422
    again = nurse.post(CONTACTS, data=given | {"call_back_at": "2026-03-06T09:30"})
    assert again.location == row


def test_nothing_is_written_for_a_patient_of_another_site(nurse: FlaskClient, cast: Cast) -> None:
    given = {"channel": "PHONE", "outcome": "REACHED"}
    assert cast.nurse_of_jiaxing().post(CONTACTS, data=given).status_code == 404
    assert nurse.post(CONTACTS, data=given | {"visit": "NONE"}).status_code == 404
