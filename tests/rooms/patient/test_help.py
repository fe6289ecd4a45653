"""The help button: one call at a time, with a state that the patient can see."""

from flask import Flask
from flask.testing import FlaskClient

from pro_app.patient.help import help_asked
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import nurse_task
from tests.cast import Cast
from tests.rooms.patient.steps import NUMBER, trail


def tasks() -> list[int]:
    with reading() as connection:
        return [row.id for row in connection.execute(nurse_task.select())]


def test_a_call_is_one_task_however_often_it_is_pressed(app: Flask, browser: FlaskClient) -> None:
    for _ in range(3):
        answer = browser.post("/my/help", data={"next": "/my/form/V1"})
        assert (answer.status_code, answer.location) == (302, "/my/form/V1")
    with app.app_context():
        assert len(tasks()) == len(trail("help.asked")) == 1


def test_it_leads_nowhere_but_home_when_it_is_told_to_leave(browser: FlaskClient) -> None:
    assert browser.post("/my/help", data={"next": "https://elsewhere.example"}).location == "/"
    assert browser.post("/my/help").location == "/my/home"


def test_a_script_gets_the_state_and_so_does_the_phone(
    app: Flask, browser: FlaskClient, patient_id: int, cast: Cast
) -> None:
    asked = browser.post("/my/help", headers={"Accept": "application/json"})
    state = {"state": "ASKED", "at": "2026-04-01T00:00:00+00:00"}
    assert asked.json == state
    assert (browser.get("/api/phone").json or {})["help"] == state
    with app.app_context():
        [task] = tasks()
    nurse = cast.nurse_of_lishui()
    nurse.post(f"/staff/tasks/{task}/take")
    assert (browser.get("/api/phone").json or {})["help"]["state"] == "TAKEN"
    nurse.post(f"/staff/tasks/{task}/close", data={"outcome": "REACHED"})
    assert (browser.get("/api/phone").json or {})["help"] is None
    with app.app_context():
        assert help_asked(patient_id) is None
    assert browser.post("/my/help", headers={"Accept": "application/json"}).json == state
    assert NUMBER not in asked.text
