"""Practice looks like a form, is marked on every screen, and leaves nothing behind."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.store.engine.transaction import reading
from pro_app.store.tables import metadata

_CHOSEN = "item:TEA=4"


def test_practice_goes_from_line_to_line_to_a_review_and_an_end(browser: FlaskClient) -> None:
    assert "/my/practice" in browser.get("/my/home").text
    intro = browser.get("/my/practice").text
    assert "Nothing is kept and nothing is sent" in intro
    first = browser.get("/my/practice?at=1").text
    assert "1 of 3" in first
    assert first.count('type="radio"') == 5
    assert " checked" not in first
    second = browser.get(f"/my/practice?at=1&{_CHOSEN}&go=next").text
    assert "2 of 3" in second
    assert 'name="item:TEA" value="4"' in second
    review = browser.get(
        f"/my/practice?at=3&{_CHOSEN}&item:NOODLES=SKIPPED&item:RAIN=0&go=next"
    ).text
    assert "Very high" in review
    assert "Left blank" in review
    assert "That is how it works" in browser.get(f"/my/practice?at=5&{_CHOSEN}").text


def test_a_blank_line_is_asked_about_as_in_a_form(browser: FlaskClient) -> None:
    asked = browser.get(f"/my/practice?at=2&{_CHOSEN}&go=next").text
    assert "This line is blank" in asked
    skipped = browser.get(f"/my/practice?at=2&{_CHOSEN}&go=skip").text
    assert 'name="item:NOODLES" value="SKIPPED"' in skipped
    assert "3 of 3" in skipped


def test_going_back_or_changing_a_line_keeps_what_was_chosen(browser: FlaskClient) -> None:
    back = browser.get(f"/my/practice?at=2&{_CHOSEN}&go=back").text
    assert re.search(r'name="item:TEA" value="4" checked', back)
    changed = "/my/practice?at=1&item:TEA=0&item:NOODLES=1&item:RAIN=1&to=review&go=next"
    assert "Look through your answers" in browser.get(changed).text
    assert "A few made-up lines" in browser.get("/my/practice?at=1&go=back").text


def test_every_screen_says_that_it_is_practice(browser: FlaskClient) -> None:
    for path in _walk():
        shown = browser.get(path)
        assert shown.status_code == 200
        assert '<span class="demo-mark" role="note">Practice</span>' in shown.text, path


def test_practice_changes_no_table_and_no_cookie(app: Flask, browser: FlaskClient) -> None:
    browser.get("/my/home")  # has the session hold what keeps forgery off
    with app.app_context():
        before = _everything()
    for path in _walk():
        assert "Set-Cookie" not in browser.get(path).headers
        browser.post(path)
    with app.app_context():
        assert _everything() == before


def test_an_odd_address_shows_practice_and_no_fault(browser: FlaskClient) -> None:
    for odd in ("at=99", "at=-3", "at=x", "at=1&item:TEA=9&go=next", "go=skip", "at=4&go=next"):
        assert browser.get(f"/my/practice?{odd}").status_code == 200, odd


def test_practice_speaks_the_patient_s_language(browser: FlaskClient) -> None:
    with browser.session_transaction() as session:
        session["language"] = "zh"
    assert "练习" in browser.get("/my/practice").text
    assert "没有" in browser.get("/my/practice?at=1").text


def _walk() -> Iterator[str]:
    yield "/my/practice"
    for step in range(1, 6):
        for go in ("", "&go=next", "&go=back", "&go=skip"):
            yield f"/my/practice?at={step}&{_CHOSEN}{go}"


def _everything() -> dict[str, list[Any]]:
    with reading() as connection:
        return {t.name: connection.execute(select(t)).all() for t in metadata.sorted_tables}
