"""The patient's door: the link is only a pointer, the PIN opens, nothing shuts for good."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.security.cards import NewLink
from pro_app.security.setup import limiter
from pro_app.store.engine.transaction import transaction
from pro_app.store.tables import patient_link
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


def test_a_stranger_is_told_to_open_the_link_and_whom_to_call(app: Flask) -> None:
    text = app.test_client().get("/").text
    for phone in ("0578-000-0000", "0573-000-0000", "0571-000-0001", "0571-000-0002"):
        assert phone in text


def choose(client: FlaskClient, card: NewLink, pin: str = PIN, **changes: str) -> TestResponse:
    """Send the page on which a PIN is chosen."""
    fields = {"code": card.code, "pin": pin, "pin_again": pin} | changes
    return client.post(f"/p/{card.token}", data=fields)


def test_looking_at_a_link_changes_nothing_and_then_the_person_gets_in(
    app: Flask, cast: Cast
) -> None:
    card = cast.card_of(NUMBER)
    path = f"/p/{card.token}"
    with app.app_context():
        before = len(trail())
    for _ in range(3):
        scanner = app.test_client()
        for agent in ("curl/8", "facebookexternalhit/1.1", "Mozilla/5.0 MicroMessenger/8.0"):
            assert scanner.head(path, headers={"User-Agent": agent}).status_code == 200
            assert scanner.get(path, headers={"User-Agent": agent}).status_code == 200
        assert scanner.get("/my/home").headers["Location"] == "/signed-out"
    with app.app_context():
        assert len(trail()) == before
    client = app.test_client()
    assert choose(client, card).headers["Location"] == "/my/home"
    assert client.get("/my/home").status_code == 200


def test_the_chosen_pin_is_asked_for_from_then_on(app: Flask, cast: Cast) -> None:
    card = cast.card_of(NUMBER)
    path = f"/p/{card.token}"
    first = app.test_client()
    page = first.get(path).text
    assert 'name="pin_again"' in page
    assert 'name="code"' in page
    choose(first, card)
    second = app.test_client()
    page = second.get(path).text
    assert 'name="pin_again"' not in page
    assert 'name="code"' not in page
    assert second.post(path, data={"pin": PIN}).headers["Location"] == "/my/home"


def test_two_different_pins_choose_none_and_the_code_need_not_be_typed_again(
    app: Flask, cast: Cast
) -> None:
    card = cast.card_of(NUMBER)
    client = app.test_client()
    answer = choose(client, card, pin_again="480274")
    assert answer.status_code == 422
    assert f'value="{card.code}"' in answer.text
    assert "pin_again" in client.get(f"/p/{card.token}").text
    assert choose(client, card).status_code == 302


def test_a_code_is_taken_however_it_is_typed(app: Flask, cast: Cast) -> None:
    card = cast.card_of(NUMBER)
    typed = card.code.lower().replace("-", "  ").replace("0", "o").replace("1", "l")
    assert choose(app.test_client(), card, code=f" {typed} ").status_code == 302


@pytest.mark.parametrize("code", ["", "   "])
def test_a_code_that_was_forgotten_is_asked_for_and_costs_no_try(
    app: Flask, cast: Cast, code: str
) -> None:
    card = cast.card_of(NUMBER)
    for _ in range(12):
        answer = choose(app.test_client(), card, code=code)
        assert answer.status_code == 422
    assert choose(app.test_client(), card).status_code == 302


def test_an_easy_pin_is_refused_kindly(app: Flask, cast: Cast) -> None:
    card = cast.card_of(NUMBER)
    client = app.test_client()
    answer = client.post(
        f"/p/{card.token}",
        data={"code": card.code, "pin": "150385", "pin_again": "150385"},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert "easily guessed" in answer.text
    assert choose(client, card).status_code == 302


def test_wrong_codes_are_told_the_wait_in_words_and_end_with_whom_to_call(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    card = cast.card_of(NUMBER)
    client = app.test_client()
    with client.session_transaction() as session:
        session["language"] = "en"
    waits = []
    for _ in range(9):
        answer = choose(client, card, code="ABCD-EFGH")
        assert answer.status_code == 401
        waits.append(int(answer.headers["Retry-After"]))
        clock.advance(seconds=waits[-1])
    assert "Please wait 15 minutes" in answer.text
    assert waits == sorted(waits)
    for answer in (choose(client, card, code="ABCD-EFGH"), client.get(f"/p/{card.token}")):
        assert answer.status_code == 410
        assert "activation code no longer works" in answer.text
        assert "0578-000-0000" in answer.text
        assert "0573-000-0000" not in answer.text  # the patient is of Lishui
    assert choose(client, card).status_code == 410


def test_a_card_that_lay_too_long_says_whom_to_call(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    card = cast.card_of(NUMBER)
    clock.advance(days=14, seconds=1)
    client = app.test_client()
    assert client.head(f"/p/{card.token}").status_code == 410
    assert "0578-000-0000" in client.get(f"/p/{card.token}").text


@pytest.mark.parametrize("pin", ["", "123", "4802", "48027", "4802731", "48a273", "٤٨٠٢٧٣"])
def test_a_new_pin_has_six_digits(app: Flask, cast: Cast, pin: str) -> None:
    assert choose(app.test_client(), cast.card_of(NUMBER), pin).status_code == 422


def test_a_shorter_pin_from_before_opens_on(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    with app.app_context(), transaction(factories.ACTOR, deployment().now()) as tx:
        earlier = secrets.hash_pin("4802", pepper=deployment().settings.secret_key)
        tx.execute(update(patient_link).values(pin_hash=earlier))
        tx.record("pin.chosen", NUMBER)
    assert app.test_client().post(path, data={"pin": "4802"}).status_code == 302


def test_a_pasted_pin_with_full_width_digits_and_spaces_fits(app: Flask, cast: Cast) -> None:
    card = cast.card_of(NUMBER)
    choose(app.test_client(), card)
    answer = app.test_client().post(f"/p/{card.token}", data={"pin": " ４８０ ２７３ "})
    assert answer.status_code == 302


def test_wrong_pins_wait_longer_each_time_and_the_right_one_still_gets_in(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
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


@pytest.mark.parametrize(
    ("language", "waits", "not_looked_at", "wrong"),
    [
        ("en", "Please wait 4 minutes", "no PIN is checked", "is not correct"),
        ("zh", "请等 4 分钟", "不核对密码", "密码不对"),
    ],
)
def test_a_wait_is_called_a_wait_and_what_is_typed_meanwhile_does_not_count(
    app: Flask,
    cast: Cast,
    clock: HandClock,
    language: str,
    waits: str,
    not_looked_at: str,
    wrong: str,
) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    with client.session_transaction() as session:
        session["language"] = language
    for _ in range(7):
        answer = client.post(path, data={"pin": "000000"})
        assert wrong in answer.text
        clock.advance(seconds=int(answer.headers["Retry-After"]))
    clock.advance(seconds=-230)
    for _ in range(20):  # each would have doubled the wait
        answer = client.post(path, data={"pin": PIN})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "230")
        for page in (answer, client.get(path)):
            assert waits in page.text
            assert not_looked_at in page.text
            assert 'data-wait="230"' in page.text
            assert wrong not in page.text
    clock.advance(seconds=230)
    assert client.post(path, data={"pin": PIN}).status_code == 302


def _guess(client: FlaskClient, path: str, clock: HandClock, times: int) -> None:
    for _ in range(times):
        answer = client.post(path, data={"pin": "000000"})
        assert answer.status_code == 401
        limiter.reset()
        clock.advance(seconds=int(answer.headers["Retry-After"]))


def test_whoever_has_the_link_makes_no_browser_wait_that_signed_in_before(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    card = cast.card_of(NUMBER)
    path = f"/p/{card.token}"
    phone = app.test_client()
    choose(phone, card)
    phone.post("/my/sign-out")
    stranger = app.test_client()
    _guess(stranger, path, clock, 8)
    clock.advance(seconds=-400)
    assert stranger.post(path, data={"pin": PIN}).status_code == 429
    assert "data-wait" not in phone.get(path).text
    # Its own wrong tries make it wait, and nobody else's.
    for _ in range(4):
        answer = phone.post(path, data={"pin": "000000"})
    assert answer.headers["Retry-After"] == "30"
    assert phone.post(path, data={"pin": PIN}).status_code == 429
    clock.advance(seconds=30)
    assert phone.post(path, data={"pin": PIN}).status_code == 302


def test_a_browser_s_mark_is_of_one_card_names_nobody_and_opens_nothing(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    card = cast.card_of(NUMBER)
    answer = choose(app.test_client(), card)
    [mark] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("known=")]
    assert f"Path=/p/{card.token}" in mark
    for sign in ("HttpOnly", "SameSite=Lax", "Max-Age=34560000"):
        assert sign in mark
    value = mark.removeprefix("known=").partition(";")[0]
    assert NUMBER not in mark
    path = f"/p/{card.token}"
    _guess(app.test_client(), path, clock, 8)
    clock.advance(seconds=-400)

    def status(kept: str) -> int:
        client = app.test_client()
        client.set_cookie("known", kept, path=path)
        assert client.get("/my/home").status_code == 302
        return client.post(path, data={"pin": "000000"}).status_code

    assert status(value) == 401
    forged = value[:-1] + ("0" if value[-1] != "0" else "1")
    for other in ("", "x", "x.y", forged, value.partition(".")[0]):
        assert status(other) == 429
    # A new card has a door of its own, of which the mark is not.
    path = f"/p/{cast.link_of(NUMBER)}"
    _guess(app.test_client(), path, clock, 8)
    clock.advance(seconds=-400)
    assert status(value) == 429


def test_a_card_that_is_used_up_says_so_and_a_browser_that_signed_in_before_gets_in(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    card = cast.card_of(NUMBER)
    path = f"/p/{card.token}"
    phone = app.test_client()
    choose(phone, card)
    phone.post("/my/sign-out")
    stranger = app.test_client()
    with stranger.session_transaction() as session:
        session["language"] = "en"
    _guess(stranger, path, clock, 100)
    clock.advance(days=1)
    for answer in (stranger.get(path), stranger.post(path, data={"pin": PIN})):
        assert answer.status_code == 403
        assert "You need a new card" in answer.text
        assert "0578-000-0000" in answer.text
    assert phone.post(path, data={"pin": PIN}).status_code == 302
    new = cast.card_of(NUMBER)
    assert choose(app.test_client(), new).status_code == 302


def test_a_flood_from_everywhere_stops_no_browser_that_signed_in_before(
    app: Flask, cast: Cast
) -> None:
    card = cast.card_of(NUMBER)
    path = f"/p/{card.token}"
    phone = app.test_client()
    choose(phone, card)
    phone.post("/my/sign-out")
    stranger = app.test_client()
    for n in range(602):
        at = {"REMOTE_ADDR": f"198.51.{n % 100}.{n % 250}"}
        answer = stranger.post(path, data={"pin": "1"}, environ_base=at)
    assert answer.status_code == 429
    assert phone.post(path, data={"pin": PIN}).status_code == 302


def test_a_new_link_ends_the_old_one_and_its_sessions(app: Flask, cast: Cast) -> None:
    old = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    client.post(old, data={"pin": PIN})
    new = f"/p/{cast.card_of(NUMBER).token}"
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
    client.post(path, data={"pin": PIN})
    with client.session_transaction() as session:
        assert set(session) == {"patient", "language"}
        assert session["patient"] != "planted"


def test_two_patients_who_share_a_phone_are_told_to_their_nurse(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient("LISHUI-002")
        factories.add_patient("JIAXING-001", "JIAXING")
    phone = app.test_client()
    numbers = (NUMBER, "LISHUI-002", "JIAXING-001")
    cards = {number: cast.card_of(number) for number in numbers}
    choose(phone, cards[NUMBER])
    phone.post("/my/sign-out")
    phone.post(f"/p/{cards[NUMBER].token}", data={"pin": PIN})  # the same person: nothing to tell
    with app.app_context():
        assert trail("patient.signed_in_shared") == []
    choose(phone, cards["LISHUI-002"])
    choose(phone, cards["JIAXING-001"])
    with app.app_context():
        told = [(e.subject, e.changes["other_patient"][1]) for e in trail("patient.signed_in_sh")]
    assert told == [("LISHUI-002", NUMBER), (NUMBER, "LISHUI-002"), ("JIAXING-001", None)]
    english = {"Accept-Language": "en"}
    page = cast.nurse_of_lishui().get(f"/staff/patients/{NUMBER}", headers=english).text
    assert "also used by" in page
    assert 'href="/staff/patients/LISHUI-002"' in page
    page = cast.nurse_of_jiaxing().get("/staff/patients/JIAXING-001", headers=english).text
    assert "also used by a patient of another site" in page
    assert "LISHUI" not in page


def test_one_s_own_link_leads_home_while_signed_in(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    client.post(path, data={"pin": PIN})
    assert client.get(path).headers["Location"] == "/my/home"
    assert client.get("/").headers["Location"] == "/my/home"


def test_signed_out_is_signed_out_on_the_server_too(app: Flask, cast: Cast) -> None:
    client = cast.patient(NUMBER)
    with client.session_transaction() as session:
        kept = session["patient"]
    answer = client.post("/my/sign-out")
    assert answer.headers["Location"] == "/signed-out"
    # Not "storage": a form that is not sent yet may lie there.
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    with client.session_transaction() as session:
        session["patient"] = kept
    assert client.get("/my/home").headers["Location"] == "/signed-out"


def test_a_flood_from_one_address_is_slowed(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    statuses = [client.post(path, data={"pin": "1"}).status_code for _ in range(40)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    elsewhere = client.post(path, data={"pin": PIN}, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 302


def test_a_flood_from_many_addresses_is_slowed_too(app: Flask, cast: Cast) -> None:
    path = f"/p/{cast.link_of(NUMBER)}"
    client = app.test_client()
    statuses = [
        client.post(path, data={"pin": "1"}, environ_base={"REMOTE_ADDR": f"198.51.100.{n % 250}"})
        for n in range(601)
    ]
    assert {answer.status_code for answer in statuses[:600]} == {422}
    assert statuses[-1].status_code == 429
