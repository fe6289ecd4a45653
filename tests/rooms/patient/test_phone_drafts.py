"""What a phone holds of an unfinished form is kept at every tap, and never overwritten unseen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.core.facts import EventKind
from pro_app.security import secrets
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER, drafts, message, put, trail

ID = secrets.new_submission_id()


def state(answers: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """All that a phone holds, as it sends it."""
    return {
        "submission_id": ID,
        "base": 0,
        "answers": {"GP1": 3} if answers is None else answers,
        "item_languages": {},
        "item_times": {},
        "language": "zh",
    } | changes


def keep(client: FlaskClient, body: dict[str, Any], visit: str = "V1") -> TestResponse:
    return client.put(f"/api/drafts/{visit}", json=body)


def said(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, (answer.json or {}).get("error")


def test_the_first_tap_begins_the_draft_with_what_was_tapped(
    app: Flask, browser: FlaskClient
) -> None:
    body = state(
        {"GP1": 3, "GP2": "SKIPPED", "GS7": "PREFER_NOT"},
        item_languages={"GP1": "en"},
        item_times={"GP1": [0, 4], "GP2": [4, None]},
    )
    answer = keep(browser, body)
    assert answer.status_code == 200
    assert answer.json == {
        "revision": 1, "submission_id": ID, "started_at": "2026-04-01T00:00:00+00:00",
    }  # fmt: skip
    with app.app_context():
        [draft] = drafts()
        assert draft.answers == body["answers"]
        assert draft.item_languages == {"GP1": "en", "GP2": "zh", "GS7": "zh"}
        assert draft.item_times == body["item_times"]
        assert [row.action for row in trail("draft.")] == ["draft.begun", "draft.saved"]


def test_each_tap_is_a_revision_and_the_trail_has_old_and_new(
    app: Flask, browser: FlaskClient
) -> None:
    keep(browser, state())
    second = keep(browser, state({"GP1": 4, "GP2": 0}, base=1))
    assert (second.json or {})["revision"] == 2
    with app.app_context():
        assert trail("draft.saved")[-1].changes == {"GP1": [3, 4], "GP2": [None, 0]}


def test_the_same_again_writes_nothing_even_when_the_reply_was_lost(
    app: Flask, browser: FlaskClient
) -> None:
    keep(browser, state())
    with app.app_context():
        before = (drafts(), len(trail()))
    again = keep(browser, state())
    assert (again.status_code, (again.json or {})["revision"]) == (200, 1)
    with app.app_context():
        assert (drafts(), len(trail())) == before


def test_the_later_of_two_phones_is_told_and_nothing_is_lost(browser: FlaskClient) -> None:
    keep(browser, state())
    keep(browser, state({"GP1": 3, "GP2": 1}, base=1))
    late = keep(browser, state({"GP1": 0}, base=1))
    assert said(late) == (409, "NEWER")
    theirs = (late.json or {})["draft"]
    assert (theirs["revision"], theirs["answers"]) == (2, {"GP1": 3, "GP2": 1})
    assert theirs["submission_id"] == ID
    assert keep(browser, state({"GP1": 0, "GP2": 1}, base=2)).status_code == 200


def test_a_draft_that_another_phone_began_is_gone_on_with(browser: FlaskClient) -> None:
    keep(browser, state())
    other = state({"GP1": 1}, submission_id=secrets.new_submission_id())
    assert said(keep(browser, other)) == (409, "NEWER")
    assert said(keep(browser, other | {"base": 1})) == (409, "NEWER")


def test_the_pages_and_the_phone_go_on_with_one_draft(app: Flask, browser: FlaskClient) -> None:
    browser.post("/my/form/V1")
    told = (browser.get("/api/phone").json or {})["forms"][0]["draft"]
    body = state(submission_id=told["submission_id"], base=told["revision"])
    assert (keep(browser, body).json or {})["revision"] == 1
    with app.app_context():
        assert drafts()[0].answers == {"GP1": 3}


def test_a_start_offline_is_put_right_for_the_phone_s_clock(
    app: Flask, browser: FlaskClient
) -> None:
    body = state(started_at="2026-04-04T06:00:00+08:00", device_at="2026-04-04T08:00:00+08:00")
    answer = keep(browser, body).json or {}
    assert answer["started_at"] == "2026-03-31T22:00:00+00:00"  # two hours ago
    with app.app_context():
        assert drafts()[0].started_at == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_a_start_in_the_phone_s_future_is_now(browser: FlaskClient) -> None:
    body = state(started_at="2026-04-04T09:00:00+08:00", device_at="2026-04-04T08:00:00+08:00")
    assert (keep(browser, body).json or {})["started_at"] == "2026-04-01T00:00:00+00:00"


def test_begun_offline_before_the_close_it_is_kept_after_it(
    cast: Cast, patient_id: int, april: HandClock
) -> None:
    april.set("2026-04-20T08:00+08:00")
    browser = cast.patient(NUMBER)
    assert said(keep(browser, state())) == (409, "NOT_OPEN")
    began = state(started_at="2026-04-19T20:00:00+08:00", device_at="2026-04-20T08:00:00+08:00")
    assert keep(browser, began).status_code == 200


@pytest.mark.parametrize("visit", ["V0", "V2"])
def test_a_closed_or_coming_visit_can_not_be_begun(
    app: Flask, browser: FlaskClient, visit: str
) -> None:
    assert said(keep(browser, state(), visit)) == (409, "NOT_OPEN")
    with app.app_context():
        assert drafts() == []


def test_what_was_begun_before_the_withdrawal_may_be_finished(
    app: Flask, browser: FlaskClient, patient_id: int, april: HandClock
) -> None:
    keep(browser, state())
    with app.app_context():
        factories.add_event(
            patient_id, EventKind.WITHDRAWAL_QUESTIONNAIRES, april().date() - timedelta(1)
        )
    assert keep(browser, state({"GP1": 1}, base=1)).status_code == 200


def test_once_the_form_is_in_the_phone_is_told_its_receipt(
    app: Flask, browser: FlaskClient
) -> None:
    keep(browser, state())
    with app.app_context():
        body = message()
    made = secrets.new_submission_id()
    assert put(browser, body, made).status_code == 201
    late = keep(browser, state({"GP1": 1}, base=1))
    assert said(late) == (409, "RECEIVED")
    assert late.json == {
        "error": "RECEIVED", "submission_id": made, "receipt": secrets.receipt_of(made),
    }  # fmt: skip


def test_after_a_day_it_is_discarded_and_the_phone_told_once(
    app: Flask, browser: FlaskClient, cast: Cast, april: HandClock
) -> None:
    keep(browser, state())
    april.advance(hours=25)
    browser = cast.patient(NUMBER)
    body = state({"GP1": 1}, base=1, started_at="2026-04-01T08:00:00+08:00",
                 device_at="2026-04-02T09:00:00+08:00")  # fmt: skip
    for _ in range(2):
        assert said(keep(browser, body)) == (410, "EXPIRED")
    with app.app_context():
        assert drafts() == []
        assert [row.action for row in trail("draft.")][-1] == "draft.discarded"
        assert len(trail("draft.discarded")) == 1


def test_a_new_form_takes_the_place_of_one_that_grew_too_old(
    app: Flask, browser: FlaskClient, cast: Cast, april: HandClock
) -> None:
    keep(browser, state())
    april.advance(hours=25)
    made = secrets.new_submission_id()
    answer = keep(cast.patient(NUMBER), state(submission_id=made))
    assert (answer.json or {})["submission_id"] == made
    with app.app_context():
        assert [draft.submission_id for draft in drafts()] == [made]


@pytest.mark.parametrize("value", ["3", 3.0, True, None, 5, -1, [2], "ANSWERED"])
def test_what_is_no_choice_is_named(app: Flask, browser: FlaskClient, value: Any) -> None:
    answer = keep(browser, state({"GP4": value}))
    assert said(answer) == (422, "BAD_ANSWERS")
    assert [(p["item"], p["fault"]) for p in (answer.json or {})["problems"]] == [
        ("GP4", "NOT_A_CHOICE")
    ]
    with app.app_context():
        assert drafts() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"submission_id": "x"}, "submission_id"),
        ({"base": -1}, "base"),
        ({"base": True}, "base"),
        ({"language": "fr"}, "language"),
        ({"item_times": {"GP1": [1]}}, "item_times"),
        ({"item_times": {"NOPE": [1, 2]}}, "item_times"),
        ({"item_times": {"GP1": [1, "2"]}}, "item_times"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"revision": 3}, "revision"),
    ],
)
def test_a_field_that_can_t_be_read_is_named(
    browser: FlaskClient, changes: dict[str, Any], field: str
) -> None:
    answer = keep(browser, state(**changes))
    assert said(answer) == (422, "BAD_MESSAGE")
    assert [problem["field"] for problem in (answer.json or {})["problems"]] == [field]


def test_a_visit_that_nobody_planned_is_unknown(browser: FlaskClient) -> None:
    assert said(keep(browser, state(), "V99")) == (422, "UNKNOWN_VISIT")


def test_signed_out_it_says_so(app: Flask, patient_id: int) -> None:
    assert said(keep(app.test_client(), state())) == (401, "signed_out")
