"""The form laid out by sections, as a study may ask for: one page for each."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app import create_app, studies
from pro_app.security.setup import limiter
from pro_app.store.engine.database import db
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock, settings_for
from tests.rooms.patient.steps import (
    NUMBER,
    begin,
    drafts,
    fields,
    fill_in,
    forms,
    pages,
    section_of,
    submit,
    trail,
)


@pytest.fixture
def app(new_database: Callable[[str], str], clock: HandClock, tmp_path: Path) -> Iterator[Flask]:
    """The shipped study, but for its layout."""
    shipped = Path(studies.__file__).with_name("nct04158843.json")
    file = tmp_path / "study.json"
    data = json.loads(shipped.read_text("utf8")) | {"form_layout": "section"}
    file.write_text(json.dumps(data), "utf8")
    clock.set("2026-04-01T08:00+08:00")
    limiter.reset()
    made = create_app(settings_for(new_database("sqlite"), tmp_path, study=str(file)), clock=clock)
    with made.app_context():
        factories.add_patient(NUMBER)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    client = Cast(app).patient(NUMBER)
    with client.session_transaction() as session:
        session["language"] = "en"
    return client


def test_each_page_holds_a_section_and_all_of_them_the_form(
    app: Flask, browser: FlaskClient
) -> None:
    assert [len(codes) for codes in pages(app)] == [7, 7, 6, 7, 10]
    fill_in(browser, "V1", last=1)
    text = browser.get("/my/form/V1/2").text
    assert text.count("<fieldset") == 7
    assert "Page 2 of 5" in text
    assert "7 of 37 answered" in text
    assert text.index("Strength of the bond") < text.index('name="box:Q1"')
    assert text.index('name="box:Q1"') < text.index("Fulfilment in physical")


def test_blank_lines_of_a_page_are_asked_about_together(app: Flask, browser: FlaskClient) -> None:
    begin(browser, "V1")
    first = section_of(app, 1)
    asked = browser.post("/my/form/V1/1", data=fields(first[2:]))
    assert asked.headers["Location"].endswith("/my/form/V1/1/blanks")
    shown = browser.get("/my/form/V1/1/blanks").text
    assert "2 lines are blank" in shown
    assert 'href="/my/form/V1/1#line-1"' in shown
    assert browser.post("/my/form/V1/1/blanks").headers["Location"].endswith("/my/form/V1/2")
    with app.app_context():
        assert drafts()[0].answers == dict.fromkeys(first[:2], "SKIPPED") | dict.fromkeys(
            first[2:], 2
        )
        [question] = trail("draft.asked")
    assert question.changes == {"blank": [None, list(first[:2])]}


def test_the_review_leads_to_the_line_on_its_page(app: Flask, browser: FlaskClient) -> None:
    fill_in(browser, "V1")
    assert "/my/form/V1/2?to=review#line-8" in browser.get("/my/form/V1/review").text
    assert "/my/received/" in submit(browser, "V1").headers["Location"]
    with app.app_context():
        assert forms()[0].items_answered == 37


def test_the_tiny_study_has_its_own_pages(
    new_database: Callable[[str], str], clock: HandClock, tmp_path: Path
) -> None:
    clock.set("2026-03-05T08:00+08:00")
    app = create_app(
        settings_for(new_database("sqlite"), tmp_path, study="tests/tiny_study/study.json"),
        clock=clock,
    )
    with app.app_context():
        factories.add_patient("TEA-1", "HARBOUR", randomised_on=date(2026, 2, 5), language="en")
    browser = Cast(app).patient("TEA-1")
    begin(browser, "MIDDLE")
    text = browser.get("/my/form/MIDDLE/1").text
    assert "How much scent it had" in text
    assert len(re.findall(r'type="radio"', text)) == 9
    browser.post("/my/form/MIDDLE/1", data={"item:TEA1": "2", "item:TEA2": "0", "box:NO3": "1"})
    assert submit(browser, "MIDDLE").status_code == 302
    with app.app_context():
        [form] = forms()
    assert form.answers == {"TEA1": 2, "TEA2": 0, "TEA3": "PREFER_NOT"}
