"""A form that comes to a locked record is refused, stays where it is, and the nurse is told."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.facts import Mode
from pro_app.store.desk.tasks import open_tasks_of
from pro_app.store.engine.transaction import reading
from tests import factories
from tests.rooms.intake.desk import Desk, event
from tests.rooms.patient.steps import (
    NUMBER,
    drafts,
    fill_in,
    forms,
    message,
    number_of,
    put,
    submit,
    trail,
)
from tests.store.test_locks import end_lock, set_lock


def asked_of_the_nurse() -> list[tuple[str, str | None]]:
    with reading() as connection:
        tasks = open_tasks_of(connection, factories.patient_id_of(NUMBER))
    return [(str(task.kind), task.detail) for task in tasks]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("patient", NUMBER), ("visit", f"{NUMBER}/V1"), ("study", "nct04158843")],
)
def test_a_phone_s_form_is_refused_and_taken_once_the_record_is_open_again(
    app: Flask, browser: FlaskClient, kind: str, subject: str
) -> None:
    with app.app_context():
        body = message()
        set_lock(kind, subject)
    made_id = "00000000-0000-4000-8000-000000000007"
    refused = put(browser, body, made_id)
    assert refused.status_code == 409
    assert refused.json is not None
    assert refused.json["error"] == "LOCKED"
    assert put(browser, body, made_id).status_code == 409
    with app.app_context():
        assert forms() == []
        assert asked_of_the_nurse() == [("FORM_NOT_TAKEN", "LOCKED")]
        assert [row.changes for row in trail("form.not_taken")] == [{"why": [None, "LOCKED"]}]
        end_lock(kind, subject)
    assert put(browser, body, made_id).status_code == 201
    with app.app_context():
        assert [row.mode for row in forms()] == [Mode.PHONE_SELF]
        assert asked_of_the_nurse() == []


def test_what_was_filled_in_on_plain_pages_waits_for_the_record_to_open(
    app: Flask, browser: FlaskClient
) -> None:
    fill_in(browser, "V1")
    with app.app_context():
        set_lock("site", "LISHUI")
    assert submit(browser, "V1").location == "/my/form/V1"
    with app.app_context():
        assert len(drafts()) == 1
        assert asked_of_the_nurse() == [("FORM_NOT_TAKEN", "LOCKED")]
        end_lock("site", "LISHUI")
    assert number_of(browser, "V1")
    assert "/my/received/" in submit(browser, "V1").location
    with app.app_context():
        assert len(forms()) == 1


def test_a_form_of_another_visit_passes_the_lock_of_one(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        body = message()
        set_lock("visit", f"{NUMBER}/V0")
    assert put(browser, body, "00000000-0000-4000-8000-000000000008").status_code == 201


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("patient", NUMBER), ("visit", f"{NUMBER}/V1"), ("site", "LISHUI"), ("study", "nct04158843")],
)
def test_a_locked_form_can_not_be_begun_and_the_patient_is_told(
    app: Flask, browser: FlaskClient, kind: str, subject: str
) -> None:
    told = "The hospital has closed this questionnaire"
    english = {"Accept-Language": "en"}
    assert browser.get("/my/form/V1").status_code == 200
    assert [form["visit"] for form in browser.get("/api/phone").json["forms"]] == ["V1"]
    with app.app_context():
        set_lock(kind, subject)
    assert told in browser.get("/my/home", headers=english).text
    assert browser.get("/api/phone").json["forms"] == []
    page = browser.get("/my/form/V1", headers=english)
    assert (page.status_code, told in page.text) == (404, True)
    browser.post("/my/form/V1")
    with app.app_context():
        assert drafts() == []
        end_lock(kind, subject)
    assert told not in browser.get("/my/home", headers=english).text
    browser.post("/my/form/V1")
    with app.app_context():
        assert len(drafts()) == 1
        set_lock(kind, subject)
    # What was begun may be finished: it is refused then, and the nurse is told.
    assert told not in browser.get("/my/home", headers=english).text
    assert browser.get("/my/form/V1").status_code == 302


def test_the_lock_of_one_visit_shuts_no_other(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        set_lock("visit", f"{NUMBER}/V0")
        set_lock("visit", "LISHUI-002/V1")
    assert browser.get("/my/form/V1").status_code == 200
    assert len(browser.get("/api/phone").json["forms"]) == 1


def test_an_import_is_refused_with_a_sentence(
    app: Flask, browser: FlaskClient, tmp_path: Path
) -> None:
    desk = Desk(app, tmp_path)
    with app.app_context():
        set_lock("patient", NUMBER)
    said = desk.take_nothing("events", event("progression", "2026-02-01", NUMBER))
    assert f"the record of {NUMBER} is locked; nothing was written" in said


def test_a_nurse_s_reason_is_refused_on_a_page_that_says_so(app: Flask, browser, cast) -> None:
    nurse = cast.nurse_of_lishui()
    with app.app_context():
        set_lock("patient", NUMBER)
    given = {"code": "P_FORGOT", "said_by": "the patient", "said_on": "2026-04-01"}
    answer = nurse.post(
        f"/staff/patients/{NUMBER}/visits/V0/reason", data=given, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 409
    assert "This record is locked" in answer.text
