"""An alert from the form that raised it to its closing note."""

import dataclasses
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.study import AlertRule
from pro_app.followup import alerts
from pro_app.store.engine.transaction import WORKER, reading
from pro_app.store.tables import alert, audit_event
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock

NUMBER = "LISHUI-001"
ENGLISH = {"Accept-Language": "en"}
NAME = {"zh": "疼痛明显", "en": "Much pain"}


@pytest.fixture
def with_rule(app: Flask) -> Flask:
    """A study that asks somebody to look at an answer."""
    parts = app.extensions["deployment"]
    rule = AlertRule("PAIN", NAME, 24, item="GP4", at_least=3)
    study = dataclasses.replace(parts.study, alerts=(rule,))
    app.extensions["deployment"] = dataclasses.replace(parts, file=study)
    app.jinja_env.globals["study"] = study
    return app


def look() -> alerts.Counts:
    return alerts.look(holder="test", at=factories.at_server(WORKER))


@pytest.fixture
def raised(with_rule: Flask) -> Flask:
    with with_rule.app_context():
        patient_id = factories.add_patient(NUMBER, randomised_on=date(2025, 12, 1))
        answers = factories.all_answered() | {"GP4": Answer(AnswerState.ANSWERED, 3)}
        factories.add_form(patient_id, "V1", date(2026, 3, 4), answers=answers)
        assert look() == alerts.Counts(opened=1)
    return with_rule


@pytest.fixture
def nurse(raised: Flask, cast: Cast) -> FlaskClient:
    return cast.nurse_of_lishui()


def row() -> object:
    with reading() as connection:
        return connection.execute(select(alert)).one()


def actions(app: Flask) -> list[str]:
    with app.app_context(), reading() as connection:
        query = select(audit_event.c.action).where(audit_event.c.action.startswith("alert."))
        return list(connection.execute(query.order_by(audit_event.c.id)).scalars())


def test_a_form_raises_an_alert_once(raised: Flask) -> None:
    with raised.app_context():
        assert look() == alerts.Counts()


def test_it_stands_on_today_until_it_is_closed_with_a_note(
    raised: Flask, nurse: FlaskClient
) -> None:
    assert "Much pain" in nurse.get("/staff/today", headers=ENGLISH).text
    with raised.app_context():
        found = row()
    assert nurse.post(f"/staff/alerts/{found.id}/take").status_code == 302
    assert "lina is on it" in nurse.get("/staff/today", headers=ENGLISH).text
    page = nurse.post(
        f"/staff/alerts/{found.id}/close",
        data={"note": " "},
        headers=ENGLISH,
        follow_redirects=True,
    ).text
    assert "Write what was done about it" in page
    nurse.post(f"/staff/alerts/{found.id}/close", data={"note": "Dr Gao saw them"})
    assert "Much pain" not in nurse.get("/staff/today", headers=ENGLISH).text
    assert actions(raised) == ["alert.opened", "alert.taken", "alert.closed"]


def test_what_nobody_takes_on_is_escalated_once(raised: Flask, clock: HandClock) -> None:
    with raised.app_context():
        clock.advance(hours=23)
        assert look() == alerts.Counts()
        clock.advance(hours=1)
        assert look() == alerts.Counts(escalated=1)
        assert look() == alerts.Counts()


def test_another_site_has_no_such_alert(raised: Flask, cast: Cast) -> None:
    other = cast.nurse_of_jiaxing()
    with raised.app_context():
        found = row()
    assert "Much pain" not in other.get("/staff/today", headers=ENGLISH).text
    assert other.post(f"/staff/alerts/{found.id}/take").status_code == 404
    assert other.post(f"/staff/alerts/{found.id}/close", data={"note": "x"}).status_code == 404


def test_a_study_without_rules_looks_at_nothing(app: Flask) -> None:
    with app.app_context():
        assert look() == alerts.Counts()
