"""Reminders that a nurse sends by their own means: neutral words, written down with one tap."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.contact import Channel, Outcome
from pro_app.core.facts import EventKind
from pro_app.core.pauses import PauseFact, PauseKind
from pro_app.deployment import deployment
from pro_app.nurse import calls, day
from pro_app.store.engine.transaction import transaction
from pro_app.store.patients.pauses import add_pause
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock

NUMBER = "LISHUI-001"
ENGLISH = {"Accept-Language": "en"}
CONTACTS = f"/staff/patients/{NUMBER}/contacts"
PAGE = f"{CONTACTS}/remind/V2"
ROW = f"/staff/today#{NUMBER}-V2"
SENT = {"visit": "V2", "channel": "WECHAT", "outcome": "REMINDED", "next": ROW}


@pytest.fixture
def patient_id(app: Flask) -> int:
    """The month-6 window is open from 18 February to 18 March; the patient reads English."""
    with app.app_context():
        return factories.add_patient(NUMBER, randomised_on=date(2025, 9, 4), language="en")


@pytest.fixture
def nurse(patient_id: int, cast: Cast) -> FlaskClient:
    return cast.nurse_of_lishui()


def words(page: str) -> str:
    [found] = re.findall(r'<p class="message" lang="[a-zA-Z-]+">(.+?)</p>', page)
    return str(found)


def work(app: Flask) -> day.Today:
    with app.app_context():
        return day.at_site(at=factories.at_desk())


def test_the_words_are_in_the_patient_s_language_and_say_nothing_of_them(
    app: Flask, nurse: FlaskClient
) -> None:
    with app.app_context():
        factories.add_patient("LISHUI-002", randomised_on=date(2025, 9, 4), language="zh")
        study, instrument = deployment().study, deployment().instrument
    sent = words(nurse.get(PAGE, headers={"Accept-Language": "zh"}).text)
    assert sent == (
        "Your hospital asks you to fill in a short questionnaire, on 18 Mar 2026 (Wed) at the "
        "latest. Please open the page that you have kept, or scan the code on your card. "
        "Questions? Call 0578-000-0000."
    )
    other = words(nurse.get(PAGE.replace("001", "002"), headers=ENGLISH).text)
    assert "2026年3月18日" in other
    assert "0578-000-0000" in other
    told = [study.registry_id, instrument.name, NUMBER, "V2", *study.title.values()]
    told += [name for site in study.sites for name in site.name.values()]
    told += [name for arm in study.arms for name in arm.name.values()]
    told += ["cancer", "tumour", "trial", "clinic", "癌", "瘤", "试验", "研究", "科"]
    assert [each for each in told if each in sent or each in other] == []


def test_a_reminder_is_sent_from_the_row_and_counted_there(app: Flask, nurse: FlaskClient) -> None:
    assert "Your hospital asks you" in nurse.get("/staff/today", headers=ENGLISH).text
    with app.app_context():
        for days in (2, 1):
            calls.write_down(
                NUMBER,
                visit="V2",
                channel=Channel.SMS,
                outcome=Outcome.REMINDED,
                call_back_at=None,
                at=factories.at_desk(now=deployment().now() - timedelta(days)),
            )
    page = nurse.get("/staff/today", headers=ENGLISH).text
    assert "reminded 2 ×" in page
    assert "tried" not in re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    assert nurse.post(CONTACTS, data=SENT).location == ROW
    assert "reminded today 3 ×" in nurse.get("/staff/today", headers=ENGLISH).text
    assert nurse.get(PAGE, headers=ENGLISH).text.count("reminder sent") == 3


def test_reminders_make_nobody_unreachable_and_end_no_promised_call(
    app: Flask, nurse: FlaskClient, clock: HandClock
) -> None:
    promised = {"channel": "PHONE", "outcome": "CALL_BACK", "call_back_at": "2026-03-05T10:00"}
    nurse.post(CONTACTS, data=promised)
    for _ in range(day.TRIES):
        clock.advance(minutes=10)
        nurse.post(CONTACTS, data=SENT)
    found = work(app)
    assert found.not_reached.total == 0
    assert [row.number for row in found.call_backs.rows] == [NUMBER]
    assert found.reminded[NUMBER, "V2"].times == day.TRIES


def test_a_reminder_can_not_be_spoken(nurse: FlaskClient) -> None:
    assert nurse.post(CONTACTS, data=SENT | {"channel": "PHONE"}).status_code == 422


def test_whoever_died_withdrew_or_answered_is_not_written_to(
    app: Flask, patient_id: int, nurse: FlaskClient
) -> None:
    with app.app_context():
        today = deployment().today()
        ways = {"LISHUI-002": "death", "LISHUI-003": "withdrawal_questionnaires"}
        for number, kind in ways.items():
            other = factories.add_patient(number, randomised_on=date(2025, 9, 4))
            factories.add_event(other, EventKind(kind), today)
        factories.add_form(patient_id, "V2", today)
    for number, why in (
        ("LISHUI-002", "The patient died."),
        ("LISHUI-003", "The patient withdrew."),
        (NUMBER, "No form of this visit is waited for"),
    ):
        page = nurse.get(PAGE.replace(NUMBER, number), headers=ENGLISH).text
        assert why in page
        assert 'class="message"' not in page
    assert nurse.get(PAGE.replace("V2", "V99")).status_code == 404


def test_whoever_is_on_a_pause_is_not_written_to_and_the_row_says_why(
    app: Flask, patient_id: int, nurse: FlaskClient
) -> None:
    with app.app_context(), transaction(factories.ACTOR, deployment().now()) as tx:
        today = deployment().today()
        fact = PauseFact(PauseKind.HOSPITAL_STAY, today, today + timedelta(2))
        add_pause(tx, patient_id, fact, None)
        tx.record("pause.begun", NUMBER)
    page = nurse.get("/staff/today", headers=ENGLISH).text
    assert "pause until 2026-03-07: no message" in page
    assert 'class="message"' not in page
    assert "The patient is on a pause." in nurse.get(PAGE, headers=ENGLISH).text


def test_a_number_is_looked_up_with_a_reason_and_never_stands_in_the_message(
    app: Flask, nurse: FlaskClient
) -> None:
    page = nurse.get(PAGE, headers=ENGLISH).text
    assert 'href="sms:?&amp;body=Your%20hospital' in page
    assert f'href="/staff/patients/{NUMBER}/contact"' in page
    assert app  # the book is on in the tests' settings
