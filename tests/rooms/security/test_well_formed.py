"""Texts that no database keeps and numbers that no row has: refused at the door, everywhere."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.security import well_formed
from tests import factories
from tests.cast import Cast

NUMBER = "LISHUI-001"
PEOPLE: list[Callable[[Cast], FlaskClient]] = [
    Cast.nurse_of_lishui,
    Cast.data_manager,
    Cast.patient,
]


@pytest.fixture(params=PEOPLE, ids=lambda who: who.__name__)
def person(request: pytest.FixtureRequest, app: Flask, cast: Cast) -> FlaskClient:
    with app.app_context():
        factories.add_patient(NUMBER)
    return request.param(cast)


_ALIKE = {"HEAD", "OPTIONS"}


def _addresses(app: Flask, text: str, number: str) -> list[tuple[str, str]]:
    """(method, address) of every route, with these in the place of what varies."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<int:[^>]+>", number, rule.rule)
        path = re.sub(r"<[^>]+>", text, path)
        found += [(method, path) for method in sorted((rule.methods or set()) - _ALIKE)]
    return found


def test_no_route_stumbles_over_a_nul(person: FlaskClient) -> None:
    for method, path in _addresses(person.application, "a%00b", "1"):
        given = {"query_string": "q=%00"} if method == "GET" else {"data": {"pin": "1\0"}}
        answer = person.open(path, method=method, **given)
        assert answer.status_code in (400, 403, 404, 405), (method, path)


def test_no_route_stumbles_over_a_number_that_no_row_has(person: FlaskClient) -> None:
    for number in (str(2**31), str(2**63), "9" * 40):
        for method, path in _addresses(person.application, NUMBER, number):
            if number in path:
                answer = person.open(path, method=method)
                assert answer.status_code in (404, 405), (method, path)


@pytest.mark.parametrize(
    "message",
    [rb'{"a": "\u0000"}', b'{"a": "\0"}', rb'{"a": "\ud800"}', rb'{"\udc00": 1}', rb'"\uDBFFx"'],
)
def test_a_message_with_half_a_character_is_refused(app: Flask, message: bytes) -> None:
    client = app.test_client()
    answer = client.post("/staff/sign-in", data=message, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("message", [rb'{"a": "\ud83d\ude00"}', '"患者"'.encode(), rb'"\\n"'])
def test_whole_characters_are_taken(message: bytes) -> None:
    assert not well_formed._is_malformed(message)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_no_page_stumbles_over_a_day_beyond_all_calendars(person: FlaskClient, day: str) -> None:
    names = ("on", "as_of", "since", "until", "from", "to", "day", "known_at", "week")
    for method, path in _addresses(person.application, NUMBER, "1"):
        if method == "GET":
            answer = person.get(path, query_string=dict.fromkeys(names, day))
            assert answer.status_code < 500, path
