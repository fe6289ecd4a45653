"""A form that waited on a phone belongs to its own day, however wrong the phone's clock is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.facts import EventKind
from pro_app.core.ledger import Status
from pro_app.security import secrets
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import nurse_task
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER, drafts, entry, forms, message, put, trail

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def sent(
    app: Flask,
    *,
    finished: str,
    started: str | None = None,
    ahead: timedelta = 0 * DAY,
    **changes: Any,
) -> dict[str, Any]:
    """A form finished at an instant, as a phone sends it whose clock is so far ahead."""
    with app.app_context():
        body = message(**changes)
    began = datetime.fromisoformat(started or finished) - (0 * DAY if started else 10 * MINUTE)
    return body | {
        "started_at": (began + ahead).isoformat(),
        "finished_at": (datetime.fromisoformat(finished) + ahead).isoformat(),
    }  # fmt: skip


def arrive(
    app: Flask, cast: Cast, clock: HandClock, at: str, body: dict[str, Any], ahead: timedelta
) -> Any:
    """The form as it arrives at an instant, and what was kept of it."""
    clock.set(at)
    answer = put(cast.patient(NUMBER), body | {"device_at": (clock() + ahead).isoformat()})
    assert answer.status_code == 201, answer.json
    with app.app_context():
        return forms()[-1]


@pytest.mark.parametrize("ahead", [0 * DAY, 3 * DAY, -400 * DAY, 3000 * DAY])
def test_finished_in_its_window_and_sent_days_later_it_belongs_to_its_day(
    app: Flask, cast: Cast, patient_id: int, april: HandClock, ahead: timedelta
) -> None:
    body = sent(app, finished="2026-04-18T20:00+08:00", ahead=ahead)
    kept = arrive(app, cast, april, "2026-04-25T08:00+08:00", body, ahead)
    assert kept.answered_on == date(2026, 4, 18)
    assert kept.finished_at == datetime(2026, 4, 18, 12, 0, tzinfo=UTC)
    assert kept.finished_at - kept.started_at == 10 * MINUTE
    assert kept.device_at - kept.received_at == ahead  # the raw reading stays, as evidence
    with app.app_context():
        assert entry(patient_id, "V1", date(2026, 5, 1)).status is Status.VALID


def test_finished_after_its_window_it_is_kept_and_classified_by_its_day(
    app: Flask, cast: Cast, patient_id: int, april: HandClock
) -> None:
    body = sent(app, started="2026-04-19T23:50+08:00", finished="2026-04-20T00:05+08:00")
    kept = arrive(app, cast, april, "2026-04-25T08:00+08:00", body, 0 * DAY)
    assert kept.answered_on == date(2026, 4, 20)
    with app.app_context():
        assert entry(patient_id, "V1", date(2026, 5, 1)).status is Status.OUT_OF_WINDOW


def test_answered_before_the_withdrawal_it_counts_when_it_arrives_after_it(
    app: Flask, cast: Cast, patient_id: int, april: HandClock
) -> None:
    with app.app_context():
        factories.add_event(patient_id, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 4, 5))
    body = sent(app, finished="2026-04-04T20:00+08:00")
    arrive(app, cast, april, "2026-04-08T08:00+08:00", body, 0 * DAY)
    with app.app_context():
        assert entry(patient_id, "V1", date(2026, 5, 1)).status is Status.VALID


@pytest.mark.parametrize("arrives", ["2026-06-14T08:00+08:00", "2029-01-01T08:00+08:00"])
def test_finished_in_its_window_it_is_valid_however_long_it_was_on_its_way(
    app: Flask, cast: Cast, patient_id: int, april: HandClock, arrives: str
) -> None:
    body = sent(app, finished="2026-04-14T08:00+08:00")
    kept = arrive(app, cast, april, arrives, body, 0 * DAY)
    assert kept.answered_on == date(2026, 4, 14)
    with app.app_context():
        assert entry(patient_id, "V1", date(2029, 1, 1)).status is Status.VALID


def test_a_clock_without_battery_tells_how_long_ago_it_was(
    app: Flask, cast: Cast, patient_id: int, april: HandClock
) -> None:
    body = sent(app, finished="1970-01-01T08:10+08:00")
    april.set("2026-04-14T08:00+08:00")
    answer = put(cast.patient(NUMBER), body | {"device_at": "1970-01-02T08:10:00+08:00"})
    assert answer.status_code == 201
    with app.app_context():
        assert forms()[0].answered_on == date(2026, 4, 13)


@pytest.mark.parametrize(
    "changes",
    [
        {"finished_at": "2026-04-02T08:00:00+00:00"},  # after the phone's own now
        {"finished_at": "2006-01-20T08:00:00+00:00"},  # before the screening: not to be believed
        {"finished_at": None},
        {"device_at": None},
    ],
)
def test_what_can_not_be_told_is_today(
    app: Flask, browser: FlaskClient, changes: dict[str, Any]
) -> None:
    times = {"finished_at": "2026-03-31T20:00:00+00:00", "device_at": "2026-04-01T00:00:00+00:00"}
    with app.app_context():
        body = message(**times) | changes
    assert put(browser, body).status_code == 201
    with app.app_context():
        [kept] = forms()
    assert (kept.answered_on, kept.finished_at) == (date(2026, 4, 1), None)


def test_who_helped_and_how_long_each_line_took_are_kept(app: Flask, browser: FlaskClient) -> None:
    times = {"GP1": [0, 4], "GP2": [4, None]}
    with app.app_context():
        body = message(assistance="READ_ALOUD", item_times=times)
    assert put(browser, body).status_code == 201
    with app.app_context():
        [kept] = forms()
        assert (kept.assistance, kept.proxy, kept.item_times) == ("READ_ALOUD", False, times)
        assert trail("form.received")[0].changes["assistance"] == [None, "READ_ALOUD"]


def test_answered_by_someone_else_it_is_kept_apart_and_the_patient_s_own_may_still_come(
    app: Flask, browser: FlaskClient, patient_id: int
) -> None:
    with app.app_context():
        proxy, own = message(assistance="PROXY"), message(assistance="ALONE")
    assert put(browser, proxy).status_code == 201
    assert [form["visit"] for form in (browser.get("/api/phone").json or {})["forms"]] == ["V1"]
    with app.app_context():
        assert forms()[0].proxy
        assert entry(patient_id, "V1", date(2026, 4, 1)).status is Status.WINDOW_OPEN
    assert put(browser, own).status_code == 201
    with app.app_context():
        assert [form.standing for form in forms()] == [True, True]
        assert entry(patient_id, "V1", date(2026, 4, 1)).status is Status.VALID


def test_a_draft_under_another_number_proves_no_start_and_goes(
    app: Flask, browser: FlaskClient, cast: Cast, april: HandClock
) -> None:
    april.set("2026-04-19T23:50+08:00")
    cast.patient(NUMBER).post("/my/form/V1")
    april.set("2026-04-20T00:10+08:00")
    browser = cast.patient(NUMBER)
    in_time = sent(app, finished="2026-04-19T23:58+08:00") | {"device_at": april().isoformat()}
    assert put(browser, in_time).status_code == 201
    with app.app_context():
        assert drafts() == []


# --- a form that is refused ----------------------------------------------------------------


def tasks(app: Flask) -> list[tuple[str, str | None, str | None, str | None]]:
    with app.app_context(), reading() as connection:
        rows = connection.execute(nurse_task.select().order_by(nurse_task.c.id))
        return [(row.kind, row.visit, row.detail, row.outcome) for row in rows]


def test_the_nurse_is_told_once_that_a_form_was_refused(app: Flask, browser: FlaskClient) -> None:
    with app.app_context():
        body = message("V2")
    for _ in range(3):
        assert put(browser, body).status_code == 409
    assert tasks(app) == [("FORM_NOT_TAKEN", "V2", "NOT_OPEN_YET", None)]
    with app.app_context():
        [event] = trail("form.not_taken")
        assert (event.visit, event.changes) == ("V2", {"why": [None, "NOT_OPEN_YET"]})
        assert forms() == []


@pytest.mark.parametrize(
    ("changes", "visit", "why"),
    [
        ({"answers": {"GP1": 9}}, "V1", "BAD_ANSWERS"),
        ({"visit": "Robert'); --"}, None, "UNKNOWN_VISIT"),
        ({"language": "xx"}, None, "BAD_MESSAGE"),
    ],
)
def test_what_could_not_be_understood_is_told_too(
    app: Flask, browser: FlaskClient, changes: dict[str, Any], visit: str | None, why: str
) -> None:
    with app.app_context():
        body = message() | changes
    assert put(browser, body).status_code == 422
    assert tasks(app) == [("FORM_NOT_TAKEN", visit, why, None)]


def test_the_form_that_comes_after_all_ends_the_task(app: Flask, browser: FlaskClient) -> None:
    made = secrets.new_submission_id()
    with app.app_context():
        good = message()
    assert put(browser, good | {"answers": {"GP1": 9}}, made).status_code == 422
    assert put(browser, good, made).status_code == 201
    assert tasks(app) == [("FORM_NOT_TAKEN", "V1", "BAD_ANSWERS", "RECEIVED")]
