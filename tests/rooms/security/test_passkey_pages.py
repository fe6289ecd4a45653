"""Passkeys as a browser meets them: on the page of the account, at the door, before a signature."""

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app import create_app
from pro_app.security import accounts
from pro_app.security.roles import Role
from pro_app.security.setup import limiter
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI
from tests.cast import PASSWORD, Cast
from tests.conftest import HandClock, settings_for
from tests.rooms.security.soft_key import SoftKey

KEYS = "/staff/account/passkeys"
OWN = "seven herons over a pond"


@pytest.fixture(autouse=True)
def _unhurried() -> None:
    limiter.reset()  # it counts by the real clock


@pytest.fixture
def copy_at(
    new_database: Callable[[str], str], tmp_path: Path, clock: HandClock
) -> Iterator[Callable[..., Flask]]:
    """A copy with settings of its own."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        settings = settings_for(new_database("sqlite"), tmp_path, **changes)
        made.append(create_app(settings, clock=clock))
        made[-1].config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


def options_in(page: str) -> dict[str, Any]:
    """What a page tells its script to make a passkey with."""
    [found] = re.findall(r"data-passkey-make='([^']*)'", page)
    options: dict[str, Any] = json.loads(html.unescape(found))
    return options


def add(client: FlaskClient, key: SoftKey, clock: HandClock, **proof: str) -> str:
    page = client.post(KEYS, data={"password": PASSWORD} | proof)
    clock.advance(seconds=5)
    made = key.make(options_in(page.text))
    answer = client.post(f"{KEYS}/add", data={"name": "My phone", "passkey": made})
    clock.advance(seconds=5)
    return answer.text


def answer(client: FlaskClient, key: SoftKey, clock: HandClock) -> str:
    said = key.sign(client.get(f"{KEYS}/challenge").get_json())
    clock.advance(seconds=5)
    return said


def test_in_production_a_passkey_alone_is_enough(
    copy_at: Callable[..., Flask], clock: HandClock
) -> None:
    app = copy_at(env="production", base_url="https://pro.example")
    with app.app_context():
        accounts.add_staff("lina", Role.NURSE, ("LISHUI",), PASSWORD, actor=CLI, now=clock())
    client = app.test_client()
    client.environ_base |= {"wsgi.url_scheme": "https", "HTTP_HOST": "pro.example"}
    data = {"name": "lina", "password": PASSWORD}
    client.post("/staff/sign-in", data=data)
    assert KEYS in client.get("/staff/account/authenticator").text
    key = SoftKey(origin="https://pro.example")
    assert add(client, key, clock).count("<li>") == 10
    # The operator gave them the password, so that somebody else knows it.
    assert client.get("/staff/sign-in").headers["Location"] == "/staff/own-password"
    client.post("/staff/own-password", data={"new": OWN, "again": OWN})
    assert client.get("/staff/today").status_code == 200
    client.post("/staff/sign-out")
    assert client.post("/staff/sign-in", data=data | {"password": OWN}).location == "/staff/code"
    assert client.get(KEYS).status_code == 302
    shown = {"passkey": answer(client, key, clock)}
    assert client.post("/staff/code", data=shown).status_code == 302
    assert client.get("/staff/today").status_code == 200


def test_whoever_does_not_prove_who_they_are_gets_no_challenge_to_make_one(
    cast: Cast, clock: HandClock
) -> None:
    nurse = cast.nurse_of_lishui()
    refused = nurse.post(KEYS, data={"password": "something else"})
    assert refused.status_code == 422
    assert "data-passkey-make" not in refused.text
    key = SoftKey()
    add(nurse, key, clock)
    refused = nurse.post(KEYS, data={"password": PASSWORD})
    assert refused.status_code == 422
    add(nurse, SoftKey(), clock, passkey=answer(nurse, key, clock))
    assert nurse.get("/staff/account").text.count("<strong>My phone") == 2


def test_without_a_name_in_the_address_there_are_none_and_it_is_said(
    copy_at: Callable[..., Flask],
) -> None:
    nurse = Cast(copy_at(base_url="http://127.0.0.1:5000")).nurse_of_lishui()
    page = nurse.get("/staff/account").text
    assert "http://127.0.0.1:5000" in page
    assert KEYS not in page
    assert nurse.post(KEYS, data={"password": PASSWORD}).status_code == 404
    assert nurse.get(f"{KEYS}/challenge").status_code == 404


def test_a_passkey_signs_and_the_next_signature_asks_for_the_password_alone(
    cast: Cast, clock: HandClock
) -> None:
    investigator = cast.investigator_of_lishui()
    key = SoftKey()
    add(investigator, key, clock)

    def sign(**proof: str) -> int:
        """How many signatures stand on the page of the site's record."""
        page = investigator.get("/staff/records").text
        [version] = re.findall(r'name="version" value="([^"]+)"', page)
        fields = {"version": version, "password": PASSWORD} | proof
        investigator.post("/staff/records/site/sign", data=fields)
        return investigator.get("/staff/records").text.count('class="holds"')

    assert 'name="code"' in investigator.get("/staff/records").text
    assert sign() == 0
    assert sign(passkey=answer(investigator, key, clock)) == 1
    assert 'name="code"' not in investigator.get("/staff/records").text
    assert sign() == 2
    clock.advance(minutes=16)
    assert 'name="code"' in investigator.get("/staff/records").text
