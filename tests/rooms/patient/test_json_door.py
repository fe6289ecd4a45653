"""The door for programs: strict, idempotent, and sparing with statements."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from pro_app.patient import drafting
from pro_app.security import secrets
from pro_app.store.engine.database import db
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import ACTOR, drafts, forms, message, occasion, put, trail

#: The busiest way: look-up of the sign-in, last cut, lock, ground, draft, voids, form, score,
#: trail.
_MOST_STATEMENTS = 9


@pytest.fixture
def body(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return message()


@pytest.fixture
def made_id() -> str:
    return secrets.new_submission_id()


def test_the_first_is_created_and_the_repeat_had(
    app: Flask, browser: FlaskClient, body: dict[str, Any], made_id: str
) -> None:
    first, second = put(browser, body, made_id), put(browser, body, made_id)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert first.json is not None
    assert first.json["submission_id"] == made_id
    assert first.json["visit"] == "V1"
    assert first.json["receipt"] == secrets.receipt_of(made_id)
    assert first.json["received_at"] == "2026-04-01T00:00:00+00:00"
    with app.app_context():
        assert len(forms()) == 1


def test_the_same_number_with_other_answers_is_refused_and_the_nurse_is_told(
    app: Flask,
    browser: FlaskClient,
    body: dict[str, Any],
    made_id: str,
    april: HandClock,
    cast: Cast,
) -> None:
    body |= {"finished_at": "2026-04-01T07:50:00+08:00", "device_at": "2026-04-01T08:00:00+08:00"}
    first = put(browser, body, made_id)
    others = [
        body | {"answers": body["answers"] | {"GP1": 4}},
        body | {"answers": {}},
        body | {"finished_at": "2026-03-30T07:50:00+08:00"},
    ]
    for other in others:
        answer = put(browser, other, made_id)
        assert (answer.status_code, (answer.json or {})["error"]) == (409, "OTHER_ANSWERS")
        assert "with other answers" in (answer.json or {})["problems"][0]["text"]
    # The very same is still had, on whatever day and by whatever clock it comes again.
    april.advance(days=2)
    late = body | {"device_at": "2026-04-09T08:00:00+08:00"}
    again = put(cast.patient(), late, made_id)
    assert (again.status_code, again.json) == (200, first.json)
    with app.app_context():
        [kept] = forms()
        assert kept.answers["GP1"] == 2
        [told] = trail("form.not_taken")
        assert (told.visit, told.changes) == ("V1", {"why": [None, "OTHER_ANSWERS"]})


def test_everything_that_may_be_said_is_kept(
    app: Flask, browser: FlaskClient, body: dict[str, Any]
) -> None:
    body |= {
        "item_languages": {"GP1": "en"},
        "started_at": "2026-04-01T07:50:00+08:00",
        "device_at": "2026-04-01T08:00:30+08:00",
        "device_offset_minutes": 480,
        "wording_sha256": None,
    }
    body["answers"] |= {"GS7": "PREFER_NOT", "GP1": 0, "GP2": "SKIPPED", "GP3": "NOT_SHOWN"}
    assert put(browser, body).status_code == 201
    with app.app_context():
        [form] = forms()
    assert form.answers == body["answers"]
    assert form.item_languages == {"GP1": "en"}
    assert form.started_at.isoformat() == "2026-03-31T23:49:30+00:00"  # by the server's clock
    assert form.device_at.isoformat() == "2026-04-01T00:00:30+00:00"
    assert form.device_offset_minutes == 480


def test_a_second_form_of_the_visit_gets_a_receipt_too(
    app: Flask, browser: FlaskClient, body: dict[str, Any]
) -> None:
    answers = [put(browser, body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    with app.app_context():
        assert [form.standing for form in forms()] == [True, False]


def test_signed_out_it_says_so_with_or_without_a_forgery_token(
    app: Flask, patient_id: int, body: dict[str, Any]
) -> None:
    for checks in (True, False):
        app.config["WTF_CSRF_ENABLED"] = checks
        answer = put(app.test_client(), body)
        assert (answer.status_code, answer.json and answer.json["error"]) == (401, "signed_out")


def test_without_the_forgery_token_nothing_is_taken(
    app: Flask, browser: FlaskClient, body: dict[str, Any], made_id: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert put(browser, body, made_id).status_code == 400
    token = browser.get("/my/home").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.put(f"/api/forms/{made_id}", json=body, headers={"X-CSRFToken": token})
    assert answer.status_code == 201


@pytest.mark.parametrize("value", ["3", 3.0, True, None, 5, -1, [2], {}, "ANSWERED", 10**30])
def test_what_is_no_choice_is_named(browser: FlaskClient, body: dict[str, Any], value: Any) -> None:
    body["answers"]["GP4"] = value
    answer = put(browser, body)
    assert answer.status_code == 422
    assert answer.json == {
        "error": "BAD_ANSWERS",
        "problems": [
            {"item": "GP4", "fault": "NOT_A_CHOICE", "text": "GP4: not one of the choices"}
        ],
    }


def test_every_bad_answer_is_listed_in_the_patient_s_language(
    app: Flask, browser: FlaskClient, body: dict[str, Any]
) -> None:
    body["answers"] |= {"NOPE": 1, "GP1": "PREFER_NOT", "GP2": 9}
    answer = put(browser, body)
    assert answer.json is not None
    assert [(p["item"], p["fault"]) for p in answer.json["problems"]] == [
        ("NOPE", "UNKNOWN_ITEM"),
        ("GP1", "NO_OPT_OUT"),
        ("GP2", "NOT_A_CHOICE"),
    ]
    with app.app_context():
        assert forms() == []


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"visit": 1}, "visit", "NOT_POSSIBLE"),
        ({"answers": [1]}, "answers", "NOT_POSSIBLE"),
        ({"language": "xx"}, "language", "NOT_POSSIBLE"),
        ({"language": None}, "language", "NOT_POSSIBLE"),
        ({"item_languages": {"GP1": "xx"}}, "item_languages", "NOT_POSSIBLE"),
        ({"item_languages": {"NOPE": "zh"}}, "item_languages", "NOT_POSSIBLE"),
        ({"started_at": "2026-04-01T08:00:00"}, "started_at", "NOT_POSSIBLE"),
        ({"started_at": 1}, "started_at", "NOT_POSSIBLE"),
        ({"device_at": "0001-01-01T00:00:00+14:00"}, "device_at", "NOT_POSSIBLE"),
        ({"device_at": "9999-12-31T23:59:59-12:00"}, "device_at", "NOT_POSSIBLE"),
        ({"device_offset_minutes": "480"}, "device_offset_minutes", "NOT_POSSIBLE"),
        ({"device_offset_minutes": 10**9}, "device_offset_minutes", "NOT_POSSIBLE"),
        ({"wording_sha256": "x"}, "wording_sha256", "NOT_POSSIBLE"),
        ({"standing": True}, "standing", "NO_SUCH_FIELD"),
        ({"patient_id": 2}, "patient_id", "NO_SUCH_FIELD"),
    ],
)
def test_a_field_that_can_t_be_read_is_named(
    browser: FlaskClient, body: dict[str, Any], changes: dict[str, Any], field: str, fault: str
) -> None:
    answer = put(browser, body | changes)
    assert answer.status_code == 422
    assert answer.json is not None
    assert [(p["field"], p["fault"]) for p in answer.json["problems"]] == [(field, fault)]


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000, b"NaN", b"1e999"]
)
def test_what_is_no_message_is_refused(browser: FlaskClient, made_id: str, raw: bytes) -> None:
    answer = browser.put(f"/api/forms/{made_id}", data=raw, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["problems"][0]["fault"] == "NOT_AN_OBJECT"


@pytest.mark.parametrize("bad", ["1", "x" * 500, str(uuid.UUID(int=7)).upper() + "A"])
def test_an_id_that_is_no_uuid_is_refused(
    browser: FlaskClient, body: dict[str, Any], bad: str
) -> None:
    answer = put(browser, body, bad)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["problems"][0]["field"] == "submission_id"


@pytest.mark.parametrize(("visit", "status", "error"), [
    ("V2", 409, "NOT_OPEN_YET"),
    ("V99", 422, "UNKNOWN_VISIT"),
    ("", 422, "UNKNOWN_VISIT"),
    ("\x00", 422, "UNKNOWN_VISIT"),
    ("\ud800", 422, "UNKNOWN_VISIT"),
])  # fmt: skip
def test_future_and_unknown_visits_are_refused(
    app: Flask, browser: FlaskClient, visit: str, status: int, error: str
) -> None:
    with app.app_context():
        answer = put(browser, message(visit))
    assert (answer.status_code, answer.json and answer.json["error"]) == (status, error)
    with app.app_context():
        assert forms() == []


def test_an_id_of_somebody_else_is_refused_and_tells_nothing(
    app: Flask, browser: FlaskClient, cast: Cast, body: dict[str, Any], made_id: str
) -> None:
    assert put(browser, body, made_id).status_code == 201
    with app.app_context():
        factories.add_patient("JIAXING-001", "JIAXING")
    answer = put(cast.patient("JIAXING-001"), body, made_id)
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["error"] == "ID_IN_USE"
    assert "receipt" not in answer.text
    assert "LISHUI" not in answer.text


def test_what_was_begun_in_time_is_taken_after_the_close(
    app: Flask,
    browser: FlaskClient,
    april: HandClock,
    body: dict[str, Any],
    made_id: str,
    cast: Cast,
) -> None:
    april.set("2026-04-19T23:55+08:00")
    with app.app_context():
        patient_id = factories.patient_id_of("LISHUI-001")
        drafting.begin_form(ACTOR, patient_id, "V1", submission_id=made_id, at=occasion())
    april.set("2026-04-20T00:05+08:00")
    assert put(cast.patient("LISHUI-001"), body, made_id).status_code == 201
    with app.app_context():
        assert drafts() == []


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["SKIPPED", "PREFER_NOT", "NOT_SHOWN", "ANSWERED", "zh", "V1", "2026-04-01"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
_FIELDS = (
    "visit", "answers", "language", "item_languages", "started_at",
    "device_at", "device_offset_minutes", "wording_sha256", "more",
)  # fmt: skip


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    odd=st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING, max_size=4),
    answers=st.dictionaries(st.sampled_from(["GP1", "GS7", "NOPE", ""]), _ANYTHING, max_size=3),
    whole=st.booleans(),
)
def test_no_message_breaks_the_door(
    browser: FlaskClient,
    body: dict[str, Any],
    odd: dict[str, Any],
    answers: dict[str, Any],
    whole: bool,
) -> None:
    sent = body | {"answers": body["answers"] | answers} | odd if whole else odd
    answer = browser.put(
        f"/api/forms/{uuid.uuid4()}", data=json.dumps(sent), content_type="application/json"
    )
    assert answer.status_code in (200, 201, 409, 422)
    assert answer.is_json


def test_one_form_takes_few_statements(
    app: Flask, browser: FlaskClient, body: dict[str, Any], made_id: str
) -> None:
    with app.app_context():
        patient_id = factories.patient_id_of("LISHUI-001")
        drafting.begin_form(ACTOR, patient_id, "V1", submission_id=made_id, at=occasion())
        with _counted() as statements:
            assert put(browser, body, made_id).status_code == 201
    assert len(statements) <= _MOST_STATEMENTS, "\n".join(statements)


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The statements that the database is sent."""
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
