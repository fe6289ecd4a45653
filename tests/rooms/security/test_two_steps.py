"""Signing in takes two steps where there is an authenticator; outside the demo there must be."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pro_app import create_app, security_log
from pro_app.deployment import deployment
from pro_app.security import accounts, service
from pro_app.security.roles import Role
from pro_app.security.setup import limiter
from pro_app.security.waiting import wait_after
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, reading
from pro_app.store.tables import sign_in
from tests.cast import PASSWORD, Authenticator, Cast, give_authenticator
from tests.conftest import HandClock, settings_for
from tests.rooms.security import door

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')


@pytest.fixture(autouse=True)
def _unhurried() -> None:
    limiter.reset()  # it counts by the real clock


def log_lines() -> io.StringIO:
    """What the security log says from now on."""
    text = io.StringIO()
    for handler in logging.getLogger(security_log.LOGGER).handlers:
        if isinstance(handler.formatter, security_log.Lines):
            assert isinstance(handler, logging.StreamHandler)
            handler.setStream(text)
    return text


def add(app: Flask, name: str = "lina", role: Role = Role.NURSE, *sites: str) -> None:
    with app.app_context():
        now = deployment().now()
        at = sites or (("LISHUI",) if role is Role.NURSE else ())
        assert accounts.add_staff(name, role, at, PASSWORD, actor=CLI, now=now)


def authenticator(app: Flask, clock: HandClock, name: str = "lina") -> Authenticator:
    with app.app_context():
        token = service.sign_in_staff(name, PASSWORD, now=clock())
        assert token is not None
        account = service.signed_in_staff(token, now=clock())
        assert account is not None
        pepper = deployment().settings.secret_key
        given = give_authenticator(account, token, pepper=pepper, now=clock())
    clock.advance(seconds=30)
    return given


def browser(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def enter(client: FlaskClient, name: str = "lina", password: str = PASSWORD) -> str:
    """Where the door leads to; empty when it stays shut."""
    answer = client.post("/staff/sign-in", data={"name": name, "password": password})
    return answer.headers.get("Location", "")


def test_a_password_alone_opens_nothing_once_there_is_an_authenticator(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    phone = authenticator(app, clock)
    client = browser(app)
    assert enter(client) == "/staff/code"
    assert client.get("/staff/today").headers["Location"] == "/staff/sign-in"
    assert client.get("/staff/sign-in").headers["Location"] == "/staff/code"
    assert client.post("/staff/code", data={"code": "000000"}).status_code == 422
    assert client.post("/staff/code", data={"code": phone.codes.at(clock())}).status_code == 302
    assert client.get("/staff/sign-in").headers["Location"] == "/staff/today"
    assert client.get("/staff/today").status_code == 200


def test_the_session_after_the_code_has_a_token_of_its_own(app: Flask, clock: HandClock) -> None:
    add(app)
    phone = authenticator(app, clock)
    client = browser(app)
    enter(client)
    with client.session_transaction() as session:
        half = session["entering"]
    client.post("/staff/code", data={"code": phone.recovery_codes[3]})
    with client.session_transaction() as session:
        assert "entering" not in session
        assert session["_user_id"] != half
    with app.app_context():
        assert service.staff_session(half, compulsory=False, now=clock()) is None


def test_whoever_waits_ten_minutes_before_the_code_begins_anew(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    authenticator(app, clock)
    client = browser(app)
    enter(client)
    clock.advance(minutes=11)
    assert client.get("/staff/code").headers["Location"] == "/staff/sign-in"


def test_right_passwords_between_wrong_codes_give_no_further_tries(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    phone = authenticator(app, clock)
    for _try in range(4):
        client = browser(app)
        assert enter(client) == "/staff/code"
        assert client.post("/staff/code", data={"code": "000000"}).status_code == 422
    right = phone.codes.at(clock())
    assert client.post("/staff/code", data={"code": right}).status_code == 429
    assert enter(browser(app)) == ""
    clock.advance(seconds=31)
    client = browser(app)
    assert enter(client) == "/staff/code"
    assert client.post("/staff/code", data={"code": phone.codes.at(clock())}).status_code == 302


def test_a_code_that_two_browsers_show_at_once_opens_for_one(app: Flask, clock: HandClock) -> None:
    add(app)
    phone = authenticator(app, clock)
    with app.app_context():
        pepper = deployment().settings.secret_key
        halves = [service.sign_in_staff("lina", PASSWORD, now=clock()) for _each in range(2)]
    code = phone.codes.at(clock())
    shown = door.at_once(
        app,
        *(
            partial(service.show_second_factor, half or "", code, pepper=pepper, now=clock())
            for half in halves
        ),
    )
    assert sorted(token is None for token in shown) == [False, True]


def test_a_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(wrong) for wrong in (0, 3, 4, 5, 8, 9, 10, 10_000)]
    assert [each.total_seconds() for each in waits] == [0, 0, 30, 60, 480, 900, 900, 900]


def test_a_wait_ends_by_itself_and_at_once_with_a_new_password(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    with app.app_context():

        def enters(password: str) -> bool:
            return isinstance(service.sign_in_staff("lina", password, now=clock()), str)

        assert [enters("guessed wrong") for _try in range(4)] == [False] * 4
        clock.advance(seconds=29)
        assert not enters(PASSWORD)
        clock.advance(seconds=2)
        assert enters(PASSWORD)
        assert [enters("guessed wrong") for _try in range(4)] == [False] * 4
        accounts.reset_password("lina", "a wholly new pass phrase", actor=CLI, now=clock())
        assert enters("a wholly new pass phrase")


def test_an_unknown_name_is_answered_like_a_known_one(app: Flask, clock: HandClock) -> None:
    add(app)

    def answers(name: str) -> list[tuple[int, str]]:
        client = browser(app)
        return [
            (answer.status_code, TOKEN.sub("", answer.text.replace(name, "")))
            for _try in range(6)
            for answer in [client.post("/staff/sign-in", data={"name": name, "password": "x"})]
        ]

    assert answers("lina") == answers("anna")


@pytest.fixture
def production(
    new_database: Callable[[str], str], tmp_path: Path, clock: HandClock
) -> Iterator[Flask]:
    url = new_database("sqlite")
    settings = settings_for(url, tmp_path, env="production", base_url="https://localhost")
    app = create_app(settings, clock=clock)
    app.config["TESTING"] = True
    yield app
    with app.app_context():
        db.engine.dispose()


def test_in_production_nobody_gets_on_without_a_second_factor(
    production: Flask, clock: HandClock
) -> None:
    add(production)
    client = browser(production)
    https = {"base_url": "https://localhost"}
    data = {"name": "lina", "password": PASSWORD}
    set_up = "/staff/account/authenticator"
    assert client.post("/staff/sign-in", data=data, **https).headers["Location"] == set_up
    for shut in ("/staff/today", "/staff/account", "/staff/ledger"):
        assert client.get(shut, **https).headers["Location"] == "/staff/sign-in"
    assert client.get("/staff/sign-in", **https).headers["Location"] == set_up
    assert client.post(set_up, **https).status_code == 302
    page = client.get(set_up, **https).text
    key = "".join(page.split('class="key">')[1].split("</p>")[0].split())
    key = key.replace("<span>", "").replace("</span>", "")
    code = pyotp.TOTP(key).at(clock())
    done = client.post(f"{set_up}/begin", data={"code": code}, **https)
    assert done.text.count("<li>") == 10
    # The operator gave them the password, so that somebody else knows it.
    assert client.get("/staff/today", **https).headers["Location"] == "/staff/sign-in"
    own = "/staff/own-password"
    assert client.get("/staff/sign-in", **https).headers["Location"] == own
    for new, again in ((PASSWORD, PASSWORD), ("too short", "too short"), ("seven herons", "x")):
        fields = {"new": new, "again": again}
        assert client.post(own, data=fields, **https).status_code == 422
    new = "seven herons over a pond"
    assert client.post(own, data={"new": new, "again": new}, **https).status_code == 302
    assert client.get("/staff/today", **https).status_code == 200


def test_setting_one_up_ends_what_was_begun_with_the_password_alone(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    elsewhere = browser(app)
    enter(elsewhere)
    assert elsewhere.get("/staff/today").status_code == 200
    authenticator(app, clock)
    assert elsewhere.get("/staff/today").status_code == 302


def test_sessions_of_administrators_are_shorter(app: Flask, clock: HandClock, cast: Cast) -> None:
    administrator, manager = cast.administrator(), cast.data_manager()
    clock.advance(minutes=16)
    assert administrator.get("/staff/people").status_code == 302
    assert manager.get("/staff/export").status_code == 200


def test_the_tables_of_limits_say_what_the_code_says() -> None:
    text = (Path(__file__).parents[3] / "docs" / "security.md").read_text(encoding="utf8")
    for row in (
        "| staff | 30 minutes | 12 hours |",
        "| administrators | 15 minutes | 4 hours |",
        "| between password and code | 10 minutes | 10 minutes |",
        "| patients | 4 hours | 24 hours |",
        "| patients at the hospital's tablet | 5 minutes | 4 hours |",
    ):
        assert row in text


def test_the_security_log_says_who_and_whence_on_one_line_and_no_secret(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    written = log_lines()
    client = browser(app)
    enter(client, name="lina\nforged line", password="a secret that was typed")
    enter(client, password="a secret that was typed")
    enter(client)
    client.get("/staff/people")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(each["event"], each["subject"]) for each in lines] == [
        ("staff.sign_in_refused", "staff:unknown"),
        ("staff.sign_in_refused", "staff:lina"),
        ("staff.signed_in", "staff:lina"),
        ("access.refused", "security.people.index"),
    ]
    assert {each["address"] for each in lines} == {"127.0.0.1"}
    assert all(each["at"].endswith("Z") for each in lines)
    assert "secret" not in written.getvalue()


def test_a_forged_form_stands_in_the_log(app: Flask, cast: Cast) -> None:
    client = cast.nurse_of_lishui()
    app.config["WTF_CSRF_ENABLED"] = True
    written = log_lines()
    assert client.post("/staff/sign-out").status_code == 400
    [line] = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (line["event"], line["subject"]) == ("forgery.refused", "security.sign_out")


def test_a_command_writes_no_line_and_a_session_knows_its_browser(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    client = browser(app)
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36"
    client.post(
        "/staff/sign-in",
        data={"name": "lina", "password": PASSWORD},
        headers={"User-Agent": agent},
    )
    with app.app_context(), reading() as connection:
        assert connection.execute(select(sign_in.c.browser)).scalar_one() == "Chrome 126, Windows"
        assert connection.execute(select(func.count()).select_from(sign_in)).scalar_one() == 1
        assert door.actions()[-1] == "staff.signed_in"
