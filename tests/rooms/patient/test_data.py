"""Patients say what is to become of their data, and see how far it is."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.store.desk.requests import requests_of
from pro_app.store.engine.transaction import reading
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER, trail


def _asked(app: Flask, patient_id: int) -> list[tuple[str, date, str]]:
    with app.app_context(), reading() as connection:
        found = requests_of(connection, patient_id)
    return [(each.kind.value, each.due_on, each.recorded_by) for each in found]


def test_the_pages_lead_to_what_one_may_ask_and_whom_to_call(browser: FlaskClient) -> None:
    assert browser.get("/my/home").text.count('href="/my/data"') == 2  # beside the help, and below
    page = browser.get("/my/data").text
    for wish in ("a copy", "put right", "do not want to go on", "deleted"):
        assert wish in page
    assert "Central Hospital of Lishui" in page
    assert "<textarea" not in page


@pytest.mark.parametrize("kind", ["COPY", "CORRECTION", "WITHDRAWAL", "DELETION"])
def test_two_presses_are_enough_and_the_patient_sees_until_when(
    app: Flask, browser: FlaskClient, patient_id: int, kind: str
) -> None:
    confirm = browser.get(f"/my/data?kind={kind}").text
    assert "Yes, tell my hospital" in confirm
    assert _asked(app, patient_id) == []
    page = browser.post("/my/data", data={"kind": kind}, follow_redirects=True).text
    assert "Your hospital has received what you ask for." in page
    assert "Received." in page
    assert "1 May 2026" in page
    assert f"/my/data?kind={kind}" not in page
    assert _asked(app, patient_id) == [(kind, date(2026, 5, 1), f"patient:{NUMBER}")]
    with app.app_context():
        [event] = trail("request.made")
        assert (event.actor, event.changes["kind"]) == (f"patient:{NUMBER}", [None, kind])


def test_pressing_again_asks_for_nothing_new(
    app: Flask, browser: FlaskClient, patient_id: int
) -> None:
    for _ in range(3):
        browser.post("/my/data", data={"kind": "WITHDRAWAL"})
    assert len(_asked(app, patient_id)) == 1
    assert "Yes, tell my hospital" not in browser.get("/my/data?kind=WITHDRAWAL").text


def test_a_patient_reads_the_answer_and_may_ask_anew(
    app: Flask, browser: FlaskClient, cast: Cast
) -> None:
    browser.post("/my/data", data={"kind": "DELETION"})
    nurse = cast.nurse_of_lishui()
    assert NUMBER in nurse.get("/staff/requests").text
    told = {"outcome": "PARTLY", "words": "Your telephone number is deleted."}
    nurse.post(f"/staff/patients/{NUMBER}/requests/1/answer", data=told)
    page = browser.get("/my/data").text
    assert "A part of it is done." in page
    assert "Your telephone number is deleted." in page
    assert "/my/data?kind=DELETION" in page


def test_what_nobody_can_ask_for_is_refused(
    app: Flask, browser: FlaskClient, patient_id: int
) -> None:
    assert browser.post("/my/data", data={"kind": "MONEY"}).status_code == 400
    assert "Your data, your choice" in browser.get("/my/data?kind=MONEY").text
    assert _asked(app, patient_id) == []


def test_a_late_answer_is_no_empty_promise(
    browser: FlaskClient, april: HandClock, cast: Cast
) -> None:
    browser.post("/my/data", data={"kind": "COPY"})
    april.advance(days=31)
    later = cast.patient(NUMBER)
    page = later.get("/my/data", headers={"Accept-Language": "en"}).text
    assert ("at the latest" in page, "/my/data?kind=COPY" in page) == (False, False)
