"""What a phone is told so that it can work for a while without the hospital."""

from flask import Flask
from flask.testing import FlaskClient

from pro_app.instruments import demonstration
from pro_app.security import secrets
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER, message, put, section_of


def test_a_signed_out_phone_is_told_so_and_never_sent_elsewhere(app: Flask) -> None:
    for path in ("/api/phone", "/api/wording/zh"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.json and answer.json["error"]) == (401, "signed_out")


def test_it_is_told_whose_it_is_what_is_due_and_how_to_keep_it(browser: FlaskClient) -> None:
    told = browser.get("/api/phone").json
    assert told is not None
    assert set(told) == {
        "owner", "key", "csrf", "now", "language", "languages", "wordings", "site", "tablet",
        "received", "help", "forms",
    }  # fmt: skip
    assert told["owner"] == secrets.owner_of(told["key"])
    assert len(told["owner"]) == 16
    assert len(told["key"]) == 43
    assert NUMBER not in told["owner"]
    assert (told["language"], told["tablet"], told["help"]) == ("en", False, None)
    assert told["now"] == "2026-04-01T00:00:00+00:00"
    known = {each: browser.get(f"/api/wording/{each}").json for each in told["languages"]}
    assert told["wordings"] == {each: words["sha256"] for each, words in known.items() if words}
    assert told["forms"] == [
        {
            "visit": "V1",
            "name": {"zh": "第 3 个月问卷", "en": "Month 3 questionnaire"},
            "due": {
                "zh": "请最晚在 2026年4月19日(周日)填好。",
                "en": "Please fill it in by 19 Apr 2026 (Sun).",
            },
            "opens_on": "2026-03-22",
            "closes_on": "2026-04-19",
            "expired": False,
            "draft": None,
        }
    ]


def test_the_key_is_the_same_on_every_phone_of_one_patient_alone(
    app: Flask, browser: FlaskClient, cast: Cast
) -> None:
    with app.app_context():
        factories.add_patient("LISHUI-002")
    phones = [browser, cast.patient(NUMBER), cast.patient("LISHUI-002")]
    keys = [(each.get("/api/phone").json or {})["key"] for each in phones[1:]]
    assert browser.get("/api/phone").status_code == 401  # a new link ends the old sessions
    assert len(set(keys)) == 2
    again = cast.patient(NUMBER).get("/api/phone").json or {}
    assert again["key"] == keys[0]


def test_the_forgery_token_it_gets_is_good(app: Flask, browser: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    token = (browser.get("/api/phone").json or {})["csrf"]
    with app.app_context():
        body = message()
    answer = browser.put(
        f"/api/forms/{secrets.new_submission_id()}", json=body, headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 201


def test_what_was_received_is_listed_and_no_longer_due(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        body = message()
    made = secrets.new_submission_id()
    put(browser, body, made)
    told = browser.get("/api/phone").json or {}
    assert (told["received"], told["forms"]) == ([made], [])


def test_a_draft_comes_along_until_it_is_too_old(
    app: Flask, browser: FlaskClient, cast: Cast, april: HandClock
) -> None:
    browser.post("/my/form/V1")
    [form] = (browser.get("/api/phone").json or {})["forms"]
    assert set(form["draft"]) == {
        "submission_id", "started_at", "revision", "answers", "item_languages", "item_times",
    }  # fmt: skip
    assert (form["draft"]["revision"], form["draft"]["answers"]) == (0, {})
    april.advance(hours=25)
    [form] = (cast.patient(NUMBER).get("/api/phone").json or {})["forms"]
    assert (form["draft"], form["expired"]) == (None, True)


def test_what_was_begun_before_the_close_may_still_be_finished_and_is_shown(
    cast: Cast, patient_id: int, april: HandClock
) -> None:
    april.set("2026-04-19T23:50+08:00")
    browser = cast.patient(NUMBER)
    browser.post("/my/form/V1")
    april.set("2026-04-20T00:10+08:00")
    assert [form["visit"] for form in (browser.get("/api/phone").json or {})["forms"]] == ["V1"]
    assert "/my/form/V1" in browser.get("/my/home").text


def test_the_wording_is_whole_and_asked_for_once(app: Flask, browser: FlaskClient) -> None:
    answer = browser.get("/api/wording/zh")
    told = answer.json
    assert told is not None
    words = demonstration("fact_b_v4", "zh")
    assert (told["sha256"], told["texts"]) == (words.sha256, dict(words.texts))
    assert (told["language"], told["layout"], told["draft_hours"]) == ("zh", "item", 24)
    assert told["demonstration"] is True
    assert told["choices"] == [0, 1, 2, 3, 4]
    assert [section["items"] for section in told["sections"]] == [
        list(section_of(app, page)) for page in range(1, 6)
    ]
    assert told["opt_outs"] == [{"code": "Q1", "before": "GS7", "items": ["GS7"]}]
    assert answer.headers["ETag"] == f'"{words.sha256}"'
    again = browser.get("/api/wording/zh", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_there_is_no_wording_in_a_language_that_nobody_has(browser: FlaskClient) -> None:
    assert browser.get("/api/wording/fr").status_code == 404
