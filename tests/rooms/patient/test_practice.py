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


def test_practice_goes_from_line_to_line_to_a_review_and_an_end(her: FlaskClient) -> None:
    assert "/my/practice" in her.get("/my/home").text
    intro = her.get("/my/practice").text
    assert "Nothing is kept and nothing is sent" in intro
    first = her.get("/my/practice?at=1").text
    assert "1 of 3" in first
    assert first.count('type="radio"') == 5
    assert " checked" not in first
    second = her.get(f"/my/practice?at=1&{_CHOSEN}&go=next").text
    assert "2 of 3" in second
    assert 'name="item:TEA" value="4"' in second
    review = her.get(f"/my/practice?at=3&{_CHOSEN}&item:NOODLES=SKIPPED&item:RAIN=0&go=next").text
    assert "Very high" in review
    assert "Left blank" in review
    assert "That is all there is to it" in her.get(f"/my/practice?at=5&{_CHOSEN}").text


def test_a_blank_line_is_asked_about_as_in_a_form(her: FlaskClient) -> None:
    asked = her.get(f"/my/practice?at=2&{_CHOSEN}&go=next").text
    assert "This line is blank" in asked
    skipped = her.get(f"/my/practice?at=2&{_CHOSEN}&go=skip").text
    assert 'name="item:NOODLES" value="SKIPPED"' in skipped
    assert "3 of 3" in skipped


def test_going_back_or_changing_a_line_keeps_what_was_chosen(her: FlaskClient) -> None:
    back = her.get(f"/my/practice?at=2&{_CHOSEN}&go=back").text
    assert re.search(r'name="item:TEA" value="4" checked', back)
    changed = "/my/practice?at=1&item:TEA=0&item:NOODLES=1&item:RAIN=1&to=review&go=next"
    assert "Look through your answers" in her.get(changed).text
    assert "A few made-up lines" in her.get("/my/practice?at=1&go=back").text


def test_every_screen_says_that_it_is_practice(her: FlaskClient) -> None:
    for path in _walk():
        shown = her.get(path)
        assert shown.status_code == 200
        assert '<span class="demo-mark" role="note">Practice</span>' in shown.text, path


def test_practice_changes_no_table_and_no_cookie(app: Flask, her: FlaskClient) -> None:
    her.get("/my/home")  # has her session hold what keeps forgery off
    with app.app_context():
        before = _everything()
    for path in _walk():
        assert "Set-Cookie" not in her.get(path).headers
        her.post(path)
    with app.app_context():
        assert _everything() == before


def test_an_odd_address_shows_practice_and_no_fault(her: FlaskClient) -> None:
    for odd in ("at=99", "at=-3", "at=x", "at=1&item:TEA=9&go=next", "go=skip", "at=4&go=next"):
        assert her.get(f"/my/practice?{odd}").status_code == 200, odd


def test_practice_speaks_her_language(her: FlaskClient) -> None:
    with her.session_transaction() as session:
        session["language"] = "zh"
    assert "练习" in her.get("/my/practice").text
    assert "没有" in her.get("/my/practice?at=1").text


def _walk() -> Iterator[str]:
    yield "/my/practice"
    for step in range(1, 6):
        for go in ("", "&go=next", "&go=back", "&go=skip"):
            yield f"/my/practice?at={step}&{_CHOSEN}{go}"


def _everything() -> dict[str, list[Any]]:
    with reading() as connection:
        return {t.name: connection.execute(select(t)).all() for t in metadata.sorted_tables}
