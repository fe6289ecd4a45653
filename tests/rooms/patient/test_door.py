"""The patient's door: the link is only a pointer, the PIN opens, nothing shuts for good."""

from datetime import timedelta

import pytest
from flask import Flask

from pro_app.security.setup import limiter
from tests import factories
from tests.cast import PIN, Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER, trail


@pytest.fixture(autouse=True)
def _patient(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.reset()
    with app.app_context():
        factories.add_patient(NUMBER)


def test_a_stranger_is_told_to_open_her_link_and_whom_to_call(app: Flask) -> None:
    text = app.test_client().get("/").text
    for phone in ("0578-000-0000", "0573-000-0000", "0571-000-0001", "0571-000-0002"):
        assert phone in text


def test_looking_at_a_link_changes_nothing_and_then_the_person_gets_in(
    app: Flask, cast: Cast
) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    with app.app_context():
        before = len(trail())
    for _ in range(3):
        scanner = app.test_client()
        assert scanner.head(path).status_code == 200
        assert scanner.get(path).status_code == 200
        assert scanner.get("/my/home").headers["Location"] == "/signed-out"
    with app.app_context():
        assert len(trail()) == before
    client = app.test_client()
    entered = client.post(path, data={"pin": PIN, "pin_again": PIN})
    assert entered.headers["Location"] == "/my/home"
    assert client.get("/my/home").status_code == 200


def test_the_chosen_pin_is_asked_for_from_then_on(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    first = app.test_client()
    assert "pin_again" in first.get(path).text
    first.post(path, data={"pin": PIN, "pin_again": PIN})
    second = app.test_client()
    assert "pin_again" not in second.get(path).text
    assert second.post(path, data={"pin": PIN}).headers["Location"] == "/my/home"


def test_two_different_pins_choose_none(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    assert client.post(path, data={"pin": "1234", "pin_again": "1235"}).status_code == 422
    assert "pin_again" in client.get(path).text


@pytest.mark.parametrize("pin", ["", "123", "1234567", "12a4", "١٢٣٤"])
def test_a_pin_has_four_to_six_digits(app: Flask, cast: Cast, pin: str) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    answer = app.test_client().post(path, data={"pin": pin, "pin_again": pin})
    assert answer.status_code == 422


def test_a_pasted_pin_with_full_width_digits_and_spaces_fits(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    app.test_client().post(path, data={"pin": "4802", "pin_again": "4802"})
    assert app.test_client().post(path, data={"pin": " ４８ ０２ "}).status_code == 302


def test_wrong_pins_wait_longer_each_time_and_the_right_one_still_gets_in(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    client.post(path, data={"pin": PIN, "pin_again": PIN})
    stranger = app.test_client()
    waits = []
    for _ in range(8):
        answer = stranger.post(path, data={"pin": "0000"})
        assert answer.status_code == 401
        waits.append(int(answer.headers["Retry-After"]))
        clock.advance(seconds=waits[-1])
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0, 480)
    assert stranger.post(path, data={"pin": PIN}).status_code == 302


def test_while_she_must_wait_even_the_right_pin_does_not_open(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    client.post(path, data={"pin": PIN, "pin_again": PIN})
    for _ in range(4):
        client.post(path, data={"pin": "0000"})
    assert client.post(path, data={"pin": PIN}).status_code == 401
    clock.advance(seconds=timedelta(minutes=15).total_seconds())
    assert client.post(path, data={"pin": PIN}).status_code == 302


def test_a_new_link_ends_the_old_one_and_its_sessions(app: Flask, cast: Cast) -> None:
    old = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    client.post(old, data={"pin": PIN, "pin_again": PIN})
    new = f"/p/{cast.link_of(NUMBER)}"
    assert client.get("/my/home").headers["Location"] == "/signed-out"
    for method in (client.get, client.post):
        answer = method(old)
        assert answer.status_code == 410
        assert "0578-000-0000" in answer.text
    assert "pin_again" in client.get(new).text


def test_signing_in_leaves_nothing_of_an_earlier_user_but_the_language(
    app: Flask, cast: Cast
) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(_user_id="somebody", language="en", patient="planted")
    client.post(path, data={"pin": PIN, "pin_again": PIN})
    with client.session_transaction() as session:
        assert set(session) == {"patient", "language"}
        assert session["patient"] != "planted"


def test_her_own_link_leads_her_home_while_she_is_signed_in(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    client.post(path, data={"pin": PIN, "pin_again": PIN})
    assert client.get(path).headers["Location"] == "/my/home"
    assert client.get("/").headers["Location"] == "/my/home"


def test_signed_out_is_signed_out_on_the_server_too(app: Flask, cast: Cast) -> None:
    client = cast.patient(NUMBER)
    with client.session_transaction() as session:
        kept = session["patient"]
    assert client.post("/my/sign-out").headers["Location"] == "/signed-out"
    with client.session_transaction() as session:
        session["patient"] = kept
    assert client.get("/my/home").headers["Location"] == "/signed-out"


def test_a_flood_from_one_address_is_slowed(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    statuses = [client.post(path, data={"pin": "1"}).status_code for _ in range(40)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
