"""A draft waits for the patient on any phone, but not longer than its recall period holds."""

from datetime import date

from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import (
    NUMBER,
    answer,
    drafts,
    fill_in,
    forms,
    number_of,
    pages,
    submit,
    trail,
)


def test_another_phone_goes_on_at_the_same_place(
    app: Flask, browser: FlaskClient, cast: Cast
) -> None:
    fill_in(browser, "V1", last=3)
    other = cast.patient(NUMBER)
    assert other.get("/my/form/V1").headers["Location"].endswith("/my/form/V1/4")
    home = other.get("/my/home").text
    assert "/my/form/V1" in home


def test_a_draft_is_gone_on_with_at_23_hours_and_put_aside_at_25(
    app: Flask, browser: FlaskClient, cast: Cast, april: HandClock
) -> None:
    fill_in(browser, "V1", last=2)
    april.advance(hours=23)
    browser = _again(cast)
    assert browser.get("/my/form/V1").headers["Location"].endswith("/my/form/V1/3")
    april.advance(hours=2)
    notice = browser.get("/my/form/V1")
    assert "more than 24 hours old" in notice.text
    with app.app_context():
        assert len(drafts()) == 1  # looking changed nothing
    browser.post("/my/form/V1")
    assert browser.get("/my/form/V1").headers["Location"].endswith("/my/form/V1/1")
    with app.app_context():
        assert drafts()[0].answers == {}
        kinds = [row.action for row in trail("draft.")]
    assert kinds[-2:] == ["draft.discarded", "draft.begun"]


def test_a_page_sent_after_25_hours_is_told_so_and_not_kept(
    app: Flask, browser: FlaskClient, cast: Cast, april: HandClock
) -> None:
    fill_in(browser, "V1")
    said = {"submission_id": number_of(browser, "V1"), "assistance": "ALONE"}
    april.advance(hours=25)
    browser = _again(cast)
    sent = browser.post("/my/form/V1/send", data=said)
    assert "more than 24 hours old" in browser.get(sent.headers["Location"]).text
    with app.app_context():
        assert (forms(), drafts()) == ([], [])


def test_begun_on_the_last_day_it_may_be_finished_on_the_next(
    app: Flask, cast: Cast, patient_id: int, april: HandClock
) -> None:
    april.set("2026-04-19T23:50+08:00")
    browser = _again(cast)
    fill_in(browser, "V1", last=36)
    april.set("2026-04-20T00:10+08:00")
    answer(browser, "V1", pages(app)[36])
    assert submit(browser, "V1").status_code == 302
    with app.app_context():
        [form] = forms()
    assert form.answered_on == date(2026, 4, 20)  # its true day; the ledger classifies it


def _again(cast: Cast) -> FlaskClient:
    """Signed in anew, for sessions end before drafts do."""
    client = cast.patient(NUMBER)
    with client.session_transaction() as session:
        session["language"] = "en"
    return client
