"""Calls for help, forms that could not be taken, forms begun: seen, taken, done with."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.facts import EventKind
from pro_app.core.tasks import TaskKind
from pro_app.deployment import deployment
from pro_app.nurse import day
from pro_app.patient.codes import BAD_MESSAGE, CODES
from pro_app.security import secrets
from pro_app.store.desk.tasks import open_task
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.drafts import begin_draft
from pro_app.store.tables import audit_event, nurse_task
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.nurse.counting import statements

ENGLISH = {"Accept-Language": "en"}


def ask(patient_id: int, kind: TaskKind = TaskKind.HELP, detail: str | None = None) -> None:
    with transaction(factories.ACTOR, deployment().now()) as tx:
        open_task(tx, patient_id, kind, visit="V1" if detail else None, detail=detail)
        tx.record("help.asked", str(patient_id))


def begin(patient_id: int, visit: str = "V1") -> None:
    with transaction(factories.ACTOR, deployment().now()) as tx:
        begin_draft(tx, patient_id, visit, secrets.new_submission_id())
        tx.record("draft.begun", str(patient_id), visit=visit)


def task() -> object:
    with reading() as connection:
        return connection.execute(nurse_task.select()).one()


def trail() -> list[tuple[str, str, dict[str, list[str | None]]]]:
    with reading() as connection:
        rows = connection.execute(audit_event.select().order_by(audit_event.c.id))
        return [(r.action, r.subject, r.changes) for r in rows if r.action.startswith("task.")]


@pytest.fixture
def april(clock: HandClock) -> HandClock:
    clock.set("2026-04-01T08:00+08:00")
    return clock


@pytest.fixture
def patient_id(app: Flask, april: HandClock) -> int:
    with app.app_context():
        return factories.add_patient("LISHUI-001")


@pytest.fixture
def nurse(cast: Cast, patient_id: int) -> FlaskClient:
    return cast.nurse_of_lishui()


def test_a_call_is_on_today_and_on_the_patient_s_page_until_it_is_done_with(
    app: Flask, nurse: FlaskClient, patient_id: int
) -> None:
    with app.app_context():
        ask(patient_id)
        number = task().id  # type: ignore[attr-defined]
    for path in ("/staff/today", "/staff/patients/LISHUI-001"):
        page = nurse.get(path, headers=ENGLISH).text
        assert "I am on it" in page
        assert f'action="/staff/tasks/{number}/close"' in page
    nurse.post(f"/staff/tasks/{number}/take")
    assert "lina is on it" in nurse.get("/staff/today", headers=ENGLISH).text
    back = {"outcome": "NO_ANSWER", "next": "/staff/patients/LISHUI-001"}
    answer = nurse.post(f"/staff/tasks/{number}/close", data=back)
    assert answer.location == "/staff/patients/LISHUI-001"
    assert "Help calls" not in nurse.get("/staff/today", headers=ENGLISH).text
    with app.app_context():
        kind = {"kind": [None, "HELP"]}
        assert trail() == [
            ("task.taken", "LISHUI-001", kind),
            ("task.closed", "LISHUI-001", kind | {"outcome": [None, "NO_ANSWER"]}),
        ]


def test_a_step_that_is_repeated_changes_nothing(
    app: Flask, nurse: FlaskClient, cast: Cast, patient_id: int
) -> None:
    with app.app_context():
        ask(patient_id)
        number = task().id  # type: ignore[attr-defined]
    for step, outcome in (("take", ""), ("take", ""), ("close", "REACHED"), ("close", "OTHERWISE")):
        answer = nurse.post(f"/staff/tasks/{number}/{step}", data={"outcome": outcome})
        assert answer.status_code == 302
    with app.app_context():
        assert task().outcome == "REACHED"  # type: ignore[attr-defined]
        assert [action for action, _, _ in trail()] == ["task.taken", "task.closed"]


def test_an_outcome_that_nobody_offers_is_refused(
    app: Flask, nurse: FlaskClient, patient_id: int
) -> None:
    with app.app_context():
        ask(patient_id)
        number = task().id  # type: ignore[attr-defined]
    for outcome in ("", "RECEIVED", "x"):
        answer = nurse.post(f"/staff/tasks/{number}/close", data={"outcome": outcome})
        assert answer.status_code == 400


def test_a_task_of_another_site_does_not_exist(
    app: Flask, nurse: FlaskClient, cast: Cast, patient_id: int
) -> None:
    with app.app_context():
        ask(patient_id)
        number = task().id  # type: ignore[attr-defined]
    outsider = cast.nurse_of_jiaxing()
    for which in (number, 999):
        for step in ("take", "close"):
            answer = outsider.post(f"/staff/tasks/{which}/{step}", data={"outcome": "REACHED"})
            assert answer.status_code == 404
    assert "LISHUI" not in outsider.get("/staff/today").text
    with app.app_context():
        assert trail() == []


def test_a_form_that_could_not_be_taken_says_why_in_words(
    app: Flask, nurse: FlaskClient, patient_id: int
) -> None:
    with app.app_context():
        ask(patient_id, TaskKind.FORM_NOT_TAKEN, "CLOSED")
    page = nurse.get("/staff/today", headers=ENGLISH).text
    assert "Forms that could not be taken" in page
    assert "it was begun after its window had closed" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_whatever_a_task_asks_is_said_in_words(
    app: Flask, nurse: FlaskClient, april: HandClock, language: str
) -> None:
    """Every kind of task, and every code by which a form may be refused."""
    codes = [*CODES.values(), BAD_MESSAGE]
    with app.app_context():
        for kind in TaskKind:
            for detail in codes if kind is TaskKind.FORM_NOT_TAKEN else [None]:
                april.advance(minutes=1)
                ask(factories.add_patient(f"LISHUI-1{april.instant:%H%M}"), kind, detail)
        asked = [(r.number, r.detail) for r in _today().not_taken.rows]
        assert [detail for _, detail in asked] == codes
        helped = _today().calls.rows[0].number
    words = {"Accept-Language": language}
    page = nurse.get("/staff/today", headers=words).text
    for number in (helped, *(number for number, _ in asked)):
        page += nurse.get(f"/staff/patients/{number}", headers=words).text
    shown = set(re.findall(r"[A-Z_]{4,}", page))
    assert shown & {*codes, *TaskKind} == set()


def test_the_oldest_call_stands_first_and_a_long_list_is_cut(app: Flask, april: HandClock) -> None:
    with app.app_context():
        for number in range(day.ROWS + 2):
            april.advance(minutes=1)
            ask(factories.add_patient(f"LISHUI-{number:03}"))
        work = _today()
    assert [row.number for row in work.calls.rows[:2]] == ["LISHUI-000", "LISHUI-001"]
    assert (len(work.calls.rows), work.calls.total) == (day.ROWS, day.ROWS + 2)


def test_what_was_begun_can_be_asked_for_from_its_row(
    app: Flask, cast: Cast, patient_id: int, april: HandClock
) -> None:
    with app.app_context():
        begin(patient_id)
    april.advance(hours=2)
    nurse = cast.nurse_of_lishui()
    page = nurse.get("/staff/today", headers=ENGLISH).text
    row = page.partition('id="begun-LISHUI-001-V1"')[2].partition("</li>")[0]
    assert 'data-key="c"' in row
    way = "/staff/patients/LISHUI-001/contacts/remind/V1?next=/staff/today%23begun-LISHUI-001-V1"
    assert f'href="{way}"' in row
    assert 'href="/staff/today#begun-LISHUI-001-V1"' in nurse.get(way, headers=ENGLISH).text


def test_what_was_begun_is_listed_after_an_hour_while_it_may_still_come(
    app: Flask, cast: Cast, patient_id: int, april: HandClock
) -> None:
    with app.app_context():
        begin(patient_id)
        begin(factories.add_patient("JIAXING-001", "JIAXING"))
        gone = factories.add_patient("LISHUI-002")
        begin(gone)
        factories.add_event(gone, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 4, 1))
        come = factories.add_patient("LISHUI-003")
        begin(come)
        factories.add_form(come, "V1", date(2026, 4, 1))
        assert _today().begun.rows == ()
        april.advance(hours=2)
        assert [row.number for row in _today().begun.rows] == ["LISHUI-001"]
    page = cast.nurse_of_lishui().get("/staff/today", headers=ENGLISH).text
    assert "Begun, not handed in" in page
    with app.app_context():
        april.set("2026-04-20T08:00+08:00")  # the window is over
        assert _today().begun.rows == ()


def test_many_tasks_cost_as_many_statements_as_one(
    app: Flask, cast: Cast, april: HandClock
) -> None:
    counts = []
    for numbers in (range(10, 11), range(11, 30)):
        with app.app_context():
            for number in numbers:
                each = factories.add_patient(f"LISHUI-{number:03}")
                ask(each)
                ask(each, TaskKind.FORM_NOT_TAKEN, "CLOSED")
                begin(each)
        april.advance(hours=1, minutes=1)
        nurse = cast.nurse_of_lishui()
        with statements(app) as seen:
            assert nurse.get("/staff/today").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def _today() -> day.Today:
    return day.at_site(at=factories.at_desk(now=deployment().clock()))
