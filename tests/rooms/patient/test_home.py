"""Home: what is due, what comes next, what was received; never an answer or a score."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.facts import EventKind
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER, fill_in, submit


def test_what_is_due_says_until_when_and_what_comes_next(browser: FlaskClient) -> None:
    text = browser.get("/my/home").text
    assert "Month 3 questionnaire" in text
    assert "19 Apr 2026 (Sun)" in text
    assert "18 days left" in text
    assert "Month 6 questionnaire" in text
    assert "21 Jun 2026 (Sun)" in text


@pytest.mark.parametrize(
    ("day", "words"), [("18", "Tomorrow is the last day"), ("19", "Today is the last day")]
)
def test_the_last_days_are_called_so(
    app: Flask, cast: Cast, patient_id: int, april: HandClock, day: str, words: str
) -> None:
    april.set(f"2026-04-{day}T08:00+08:00")
    assert words in _home(cast)


def test_the_hospital_is_named_and_nobody_reads_at_once(browser: FlaskClient) -> None:
    text = browser.get("/my/home").text
    assert "0578-000-0000" in text
    assert "0573-000-0000" not in text
    assert "Nobody reads your answers at the moment" in text


def test_between_windows_there_is_nothing_to_do(
    cast: Cast, patient_id: int, april: HandClock
) -> None:
    april.set("2026-05-10T08:00+08:00")
    text = _home(cast)
    assert "Nothing to fill in today" in text
    assert "Month 6 questionnaire" in text


def test_without_consent_no_form_is_offered_and_home_says_why(
    app: Flask, cast: Cast, april: HandClock
) -> None:
    with app.app_context():
        factories.add_patient(NUMBER, pro_consent_on=None)
    client = _english(cast)
    assert "once your hospital has noted that you agreed" in client.get("/my/home").text
    assert "/my/form/" not in client.get("/my/home").text
    assert client.get("/my/form/V1").status_code == 404
    assert client.post("/my/form/V1", follow_redirects=True).status_code == 404


def test_before_randomisation_the_first_questionnaire_is_open(
    app: Flask, cast: Cast, april: HandClock
) -> None:
    with app.app_context():
        factories.add_patient(
            NUMBER,
            screened_on=date(2026, 3, 29),
            pro_consent_on=date(2026, 3, 29),
            randomised_on=None,
        )
    text = _home(cast)
    assert "First questionnaire" in text
    assert "It is open now" in text


@pytest.mark.parametrize("kind", [EventKind.WITHDRAWAL_QUESTIONNAIRES, EventKind.DEATH])
def test_nobody_is_asked_after_the_end(
    app: Flask, cast: Cast, patient_id: int, kind: EventKind
) -> None:
    with app.app_context():
        factories.add_event(patient_id, kind, date(2026, 3, 30))
    client = _english(cast)
    assert "not asked for any more" in client.get("/my/home").text
    assert "/my/form/" not in client.get("/my/home").text
    assert client.get("/my/form/V1").status_code == 404


def test_after_progression_a_patient_is_still_asked(
    app: Flask, cast: Cast, patient_id: int
) -> None:
    with app.app_context():
        factories.add_event(patient_id, EventKind.PROGRESSION, date(2026, 2, 1))
    assert "Month 3 questionnaire" in _home(cast)


def test_what_was_received_shows_its_number_and_day_but_no_answer(browser: FlaskClient) -> None:
    fill_in(browser, "V1")
    receipt = submit(browser, "V1").headers["Location"]
    shown = browser.get(receipt).text
    assert "1 Apr 2026, 08:00 GMT+08:00" in shown
    assert "Month 6 questionnaire" in shown
    assert "Nobody reads your answers at the moment" in shown
    home = browser.get("/my/home").text
    number = shown.split('receipt-number">')[1].split("<")[0]
    assert f"Receipt {number}" in home
    assert "Nothing to fill in today" in home
    assert "Medium" not in home + shown


def test_another_patient_s_receipt_is_not_shown(
    app: Flask, browser: FlaskClient, cast: Cast
) -> None:
    fill_in(browser, "V1")
    receipt = submit(browser, "V1").headers["Location"]
    with app.app_context():
        factories.add_patient("LISHUI-002")
    assert cast.patient("LISHUI-002").get(receipt).headers["Location"] == "/my/home"


def _english(cast: Cast) -> FlaskClient:
    client = cast.patient(NUMBER)
    with client.session_transaction() as session:
        session["language"] = "en"
    return client


def _home(cast: Cast) -> str:
    return _english(cast).get("/my/home").text
