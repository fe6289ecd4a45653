"""The door of staff: who knows a name keeps nobody out of a browser that signed in before."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pro_app.deployment import deployment
from pro_app.security import secrets, service
from pro_app.security.roles import Role
from pro_app.security.setup import limiter
from pro_app.security.waiting import HasToWait
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import try_count
from tests.cast import PASSWORD, Cast
from tests.conftest import HandClock
from tests.rooms.security import door
from tests.rooms.security.test_two_steps import add, authenticator, browser

SIGN_IN = "/staff/sign-in"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def _unhurried() -> None:
    limiter.reset()


def known_as_lina(app: Flask) -> FlaskClient:
    """A browser in which the nurse signed in before, and is signed out."""
    client = browser(app)
    answer = client.post(SIGN_IN, data={"name": "lina", "password": PASSWORD})
    assert answer.status_code == 302
    [mark] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("known=")]
    assert "lina" not in mark
    assert "Path=/staff" in mark
    assert "HttpOnly" in mark
    client.post("/staff/sign-out")
    return client


def guess(client: FlaskClient, times: int, name: str = "lina") -> int:
    """The last answer's status, of wrong passwords one after the other."""
    for _ in range(times):
        limiter.reset()
        status = client.post(SIGN_IN, data={"name": name, "password": "guessed"}).status_code
    return status


def test_a_siege_of_a_name_stops_other_browsers_alone(app: Flask, clock: HandClock) -> None:
    add(app)
    known, stranger = known_as_lina(app), browser(app)
    right = {"name": "lina", "password": PASSWORD}
    for _ in range(48):  # a day of it
        guess(stranger, 5)
        assert stranger.post(SIGN_IN, data=right).status_code == 429
        assert known.post(SIGN_IN, data=right).status_code == 302
        known.post("/staff/sign-out")
        limiter.reset()
        clock.advance(minutes=30)
    clock.advance(minutes=15)
    assert stranger.post(SIGN_IN, data=right).status_code == 302


def test_a_known_browser_waits_for_its_own_wrong_tries_and_is_known_for_one_name(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    add(app, "sunli")
    ward = known_as_lina(app)
    assert guess(ward, 5) == 429
    assert (
        browser(app).post(SIGN_IN, data={"name": "lina", "password": PASSWORD}).status_code == 302
    )
    # For another name it is a browser like all others, until that person signed in there.
    guess(browser(app), 4, "sunli")
    assert guess(ward, 1, "sunli") == 429
    clock.advance(minutes=1)
    assert ward.post(SIGN_IN, data={"name": "sunli", "password": PASSWORD}).status_code == 302
    ward.post("/staff/sign-out")
    guess(browser(app), 4, "sunli")
    assert ward.post(SIGN_IN, data={"name": "sunli", "password": PASSWORD}).status_code == 302


def test_after_a_hundred_wrong_tries_a_browser_is_one_of_all_others(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    known = known_as_lina(app)
    for _ in range(100):
        assert guess(known, 1) == 401
        clock.advance(minutes=15)
    guess(browser(app), 4)
    assert guess(known, 1) == 429


def test_the_code_is_counted_with_its_browser_which_is_known_only_after_it(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    phone = authenticator(app, clock)
    right = {"name": "lina", "password": PASSWORD}

    def shows(client: FlaskClient, code: str) -> int:
        limiter.reset()
        if client.post(SIGN_IN, data=right).status_code == 429:
            return 429
        return client.post("/staff/code", data={"code": code}).status_code

    known, stranger = browser(app), browser(app)
    assert shows(known, phone.codes.at(clock())) == 302
    known.post("/staff/sign-out")
    clock.advance(seconds=30)
    # A stolen password: the right one does not make a browser known.
    assert [shows(stranger, "000000") for _ in range(5)] == [422] * 4 + [429]
    assert shows(known, phone.codes.at(clock())) == 302


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_unknown_name_waits_in_the_same_words(
    app: Flask, clock: HandClock, language: str
) -> None:
    add(app)

    def answers(name: str) -> list[tuple[int, str, str]]:
        client, seen = browser(app), []
        for n in range(30):
            limiter.reset()
            data = {"name": name, "password": "x"}
            answer = client.post(SIGN_IN, data=data, headers={"Accept-Language": language})
            seen.append(
                (answer.status_code, answer.headers.get("Retry-After", ""),
                 answer.text.replace(name, "").partition("<main")[2].partition("<form")[0])
            )  # fmt: skip
            clock.advance(seconds=7 * n)
        return seen

    known = answers("lina")
    assert known == answers("anna")
    assert {status for status, *_ in known} == {401, 429}
    said = {"en": "what you typed did not count", "zh": "您刚才输入的内容也不计入"}
    assert [said[language] in text for status, _, text in known] == [
        status == 429 for status, *_ in known
    ]


def test_made_up_names_fill_no_table_and_no_typed_word_is_kept(
    app: Flask, clock: HandClock
) -> None:
    with app.app_context():
        for n in range(300):
            service.sign_in_staff(f"name {n}", "guessed", now=clock())
        with reading() as connection:
            keys = connection.execute(select(try_count.c.name_key)).scalars().all()
            rows = connection.execute(select(func.count()).select_from(try_count)).scalar_one()
    assert {len(key) for key in keys} == {3}
    assert rows <= 300
    assert len({secrets.name_key(f"name {n}") for n in range(60_000)}) == 4096


def test_during_a_wait_the_same_work_is_done_for_a_name_that_nobody_has(
    app: Flask, clock: HandClock
) -> None:
    add(app)
    with app.app_context():
        for name in ("lina", "anna"):
            for _ in range(4):
                assert service.sign_in_staff(name, "guessed", now=clock()) is None
            assert isinstance(service.sign_in_staff(name, PASSWORD, now=clock()), HasToWait)
        assert door.actions()[-2:].count("staff.sign_in_refused") == 1
        assert door.actions()[-1] == "staff.had_to_wait"


def test_the_administrator_is_told_whose_door_is_tried(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    add(app)
    cast.administrator()
    with app.app_context():
        for name, wrong in (("lina", 20), ("nobody has this", 23), ("heyun", 19)):
            for _ in range(wrong):
                service.sign_in_staff(name, "guessed", now=deployment().now())
                clock.advance(minutes=16)
    people = cast.staff("zhangyu", Role.ADMINISTRATOR).get("/staff/people", headers=ENGLISH).text
    assert "Somebody tries to sign in as lina: wrong tries in the last 7 days: 20." in people
    assert "under names that nobody has: 23." in people
    assert "as heyun" not in people
    clock.advance(days=7)
    later = cast.staff("wangfang", Role.ADMINISTRATOR).get("/staff/people", headers=ENGLISH).text
    assert "tries to sign in as" not in later
