"""What was begun under one version of the protocol is finished under it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app import studies
from pro_app.amendments.service import Amended, amend
from pro_app.core.ledger import Entry, Status
from pro_app.store.engine.transaction import CLI
from tests.factories import at_server
from tests.rooms.amendments.files import Data, visit, without, written
from tests.rooms.patient.steps import begin, drafts, entry, fill_in, message, put, submit

Amend = Callable[[Callable[[Data], object]], None]


@pytest.fixture
def amended(app: Flask, tmp_path: Path) -> Amend:
    """Amend the study from 10 March, before the month-3 window opened on the 22nd."""

    def record(change: Callable[[Data], object]) -> None:
        with app.app_context():
            done = amend(
                studies.load(str(written(tmp_path, "v2", change))),
                effective_on=date(2026, 3, 10),
                reason="Amendment 1",
                at=at_server(CLI),
            )
        assert isinstance(done, Amended)

    return record


def _status(app: Flask, patient_id: int) -> Entry:
    with app.app_context():
        return entry(patient_id, "V1", date(2026, 4, 2))


def _later(data: Data) -> None:
    visit(data, "V1").update(days_before=0)  # from 5 April


@pytest.mark.parametrize(
    ("change", "status", "counts"),
    [(without("V1"), Status.VALID, False), (_later, Status.OUT_OF_WINDOW, True)],
    ids=["gone", "later"],
)
def test_a_draft_is_finished_though_the_visit_is_gone_or_moved(
    app: Flask,
    patient_id: int,
    browser: FlaskClient,
    amended: Amend,
    change: Callable[[Data], object],
    status: Status,
    counts: bool,
) -> None:
    fill_in(browser, "V1")
    amended(change)

    assert "/my/form/V1" in browser.get("/my/home").text
    assert submit(browser, "V1").status_code == 302
    found = _status(app, patient_id)
    assert (found.status, found.in_population) == (status, counts)
    with app.app_context():
        assert drafts() == []


def test_what_is_gone_is_not_begun_anew(browser: FlaskClient, amended: Amend) -> None:
    amended(without("V1"))
    assert "/my/form/V1" not in browser.get("/my/home").text
    begin(browser, "V1")
    with browser.application.app_context():
        assert drafts() == []


def test_a_form_that_a_phone_still_holds_is_taken_and_classified(
    app: Flask, patient_id: int, browser: FlaskClient, amended: Amend
) -> None:
    with app.app_context():
        body = message("V1") | {"assistance": "ALONE"}
    amended(without("V1"))

    assert put(browser, body).status_code == 201
    assert _status(app, patient_id).status is Status.VALID


def test_a_visit_that_no_version_has_is_unknown(browser: FlaskClient, amended: Amend) -> None:
    amended(without("V1"))
    with browser.application.app_context():
        body = message("V77")
    assert put(browser, body).status_code == 422
