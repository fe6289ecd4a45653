"""What patients ask about their data: written down at the site, listed, answered in time."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.requests import ANSWER_WITHIN_DAYS, RequestKind
from pro_app.core.sites import only
from pro_app.store.desk.requests import open_requests, requests_of
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import audit_event
from tests import factories
from tests.cast import Cast
from tests.factories import patient_id_of

NUMBER = "LISHUI-001"
_PATH = f"/staff/patients/{NUMBER}/requests"
_ASKED = {"kind": "COPY", "asked_on": "2026-03-02", "words": "for Wang Fang's daughter"}
_TOLD = {"outcome": "REFUSED", "words": "Wang Fang was told: the law asks to keep it"}


@pytest.fixture
def nurse(app: Flask, cast: Cast) -> FlaskClient:
    with app.app_context():
        factories.add_patient(NUMBER)
        factories.add_patient("JIAXING-001", "JIAXING")
    client = cast.nurse_of_lishui()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def _ask(client: FlaskClient, **changes: str) -> Any:
    return client.post(_PATH, data=_ASKED | changes, follow_redirects=True)


def _answer(client: FlaskClient, request_id: int = 1, **changes: str) -> Any:
    path = f"{_PATH}/{request_id}/answer"
    return client.post(path, data=_TOLD | changes, follow_redirects=True)


def _trail(app: Flask) -> list[Any]:
    with app.app_context(), reading() as connection:
        query = select(audit_event).where(audit_event.c.action.startswith("request."))
        return list(connection.execute(query.order_by(audit_event.c.id)))


def _of_patient(app: Flask) -> list[Any]:
    with app.app_context(), reading() as connection:
        return requests_of(connection, patient_id_of(NUMBER))


def test_a_request_is_written_down_answered_and_told_without_its_words(
    app: Flask, nurse: FlaskClient
) -> None:
    page = _ask(nurse).text
    assert "To be answered by 2026-04-01" in page
    assert "27 days left" in page
    assert "Certified copies of the forms" in page
    page = _answer(nurse).text
    assert "The answer is kept." in page
    assert "refused, with the reason" in page
    [made] = _of_patient(app)
    assert (made.kind, made.outcome, made.answered_on) == ("COPY", "REFUSED", date(2026, 3, 5))
    assert (made.words, made.answer) == (_ASKED["words"], _TOLD["words"])
    asked, answered = _trail(app)
    assert asked.changes == {
        "kind": [None, "COPY"],
        "asked_on": [None, "2026-03-02"],
        "due_on": [None, "2026-04-01"],
        "words": [None, "recorded"],
    }
    assert answered.changes["outcome"] == [None, "REFUSED"]
    assert "Wang" not in str([asked, answered])
    assert (asked.subject, answered.actor) == (NUMBER, "staff:lina")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": ""}, "Choose one from the list."),
        ({"asked_on": "soon"}, "Write the day as 2026-03-05."),
        ({"asked_on": "2026-03-06"}, "This day is in the future."),
        ({"words": "x" * 501}, "keep it under 500 characters"),
    ],
)
def test_what_can_not_be_kept_comes_back_as_it_was_written(
    app: Flask, nurse: FlaskClient, changes: dict[str, str], said: str
) -> None:
    answer = _ask(nurse, **changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert (changes.get("words") or "daughter") in answer.text
    assert _of_patient(app) == []


def test_what_was_not_done_in_full_needs_words_and_the_first_answer_stays(
    app: Flask, nurse: FlaskClient
) -> None:
    _ask(nurse)
    for outcome in ("PARTLY", "REFUSED"):
        assert "why it was not done in full" in _answer(nurse, outcome=outcome, words=" ").text
    assert "Choose one from the list." in _answer(nurse, outcome="MAYBE").text
    assert "The answer is kept." in _answer(nurse, outcome="DONE", words="").text
    again = _answer(nurse)
    assert (again.status_code, "in the meantime" in again.text) == (422, True)
    assert len(_trail(app)) == 2


def test_the_same_is_asked_once_until_it_is_answered(app: Flask, nurse: FlaskClient) -> None:
    _ask(nurse)
    assert "has asked for the same already" in _ask(nurse).text
    _answer(nurse, outcome="DONE")
    assert _ask(nurse).status_code == 200
    assert len(_of_patient(app)) == 2


def test_what_is_open_is_listed_by_when_it_is_due(app: Flask, nurse: FlaskClient) -> None:
    _ask(nurse)
    _ask(nurse, kind="DELETION", asked_on="2026-02-03")
    page = nurse.get("/staff/requests").text
    assert page.index("To have their data deleted") < page.index("A copy of their data")
    assert "due today" in page
    assert "27 days left" in page
    with app.app_context(), reading() as connection:
        first, second = open_requests(connection, sites=only("LISHUI"), limit=5)
        assert (first.number, first.kind, first.due_on) == (
            NUMBER, RequestKind.DELETION, date(2026, 3, 5),
        )  # fmt: skip
        assert second.due_on == date(2026, 3, 2) + timedelta(ANSWER_WITHIN_DAYS)
        assert len(open_requests(connection, sites=only("LISHUI"), limit=1)) == 1
        assert open_requests(connection, sites=only("JIAXING"), limit=5) == ()
    for request_id in (1, 2):
        _answer(nurse, request_id, outcome="DONE")
    assert "Nobody waits for an answer" in nurse.get("/staff/requests").text


def test_a_late_one_says_so(nurse: FlaskClient) -> None:
    _ask(nurse, asked_on="2026-01-20")
    assert "14 days late" in nurse.get(_PATH).text


def test_another_site_s_requests_do_not_exist(app: Flask, nurse: FlaskClient, cast: Cast) -> None:
    _ask(nurse)
    outsider = cast.nurse_of_jiaxing()
    assert outsider.get(_PATH).status_code == 404
    assert _ask(outsider).status_code == 404
    assert _answer(outsider).status_code == 404
    own = "/staff/patients/JIAXING-001/requests/1/answer"
    assert outsider.post(own, data=_TOLD).status_code == 404
    assert NUMBER not in outsider.get("/staff/requests").text
    assert len(_trail(app)) == 1


def test_only_the_site_s_staff_deals_with_requests(nurse: FlaskClient, cast: Cast) -> None:
    assert cast.investigator_of_lishui().get(_PATH).status_code == 200
    for client in (cast.monitor(), cast.data_manager(), cast.statistician()):
        assert client.get(_PATH).status_code == client.get("/staff/requests").status_code == 403


def test_a_locked_record_does_not_keep_a_patient_from_asking(
    app: Flask, nurse: FlaskClient, cast: Cast
) -> None:
    investigator = cast.investigator_of_lishui()
    investigator.post(f"/staff/records/{NUMBER}/lock", data={"why": "the study is over"})
    assert _ask(nurse).status_code == 200
    assert len(_of_patient(app)) == 1
