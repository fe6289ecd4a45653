"""What a nurse does at the patient's door: a new card, a new PIN, the hospital's tablet."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.deployment import deployment
from pro_app.security import patients as patient_door
from pro_app.security.setup import limiter
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import audit_event, form
from tests import factories
from tests.cast import PASSWORD, PIN, Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import fill_in, submit

EN = {"Accept-Language": "en"}
NUMBER = "LISHUI-001"
_PAGE = f"/staff/patients/{NUMBER}"
_DEEDS = ("link", "pin-reset", "tablet", "card")


@pytest.fixture
def world(app: Flask) -> Flask:
    """The month-3 window is open."""
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.reset()
    with app.app_context():
        patient_id = factories.add_patient(NUMBER, randomised_on=date(2025, 12, 1))
        factories.add_form(patient_id, "V0", date(2025, 12, 1))
    return app


def _code(page: str) -> str:
    return re.findall(r'class="code">([0-9A-Z]{4}-[0-9A-Z]{4})<', page)[0]


def _actions(app: Flask) -> list[tuple[str, str]]:
    """(action, actor) of what was recorded, the earliest first."""
    with app.app_context(), reading() as connection:
        rows = connection.execute(select(audit_event).order_by(audit_event.c.id))
        return [(row.action, row.actor) for row in rows]


def _choose(app: Flask, token: str, code: str, pin: str = PIN) -> FlaskClient:
    client = app.test_client()
    answer = client.post(f"/p/{token}", data={"code": code, "pin": pin, "pin_again": pin})
    assert answer.headers["Location"] == "/my/home"
    return client


def test_a_new_card_is_shown_once_opens_and_ends_the_old_one(world: Flask, cast: Cast) -> None:
    old = cast.link_of(NUMBER)
    phone = cast.patient(NUMBER)
    answer = cast.nurse_of_lishui().post(f"{_PAGE}/link", headers=EN)
    assert answer.headers["Cache-Control"] == "no-store"
    address = re.search(r'class="address">http://localhost/p/([\w-]+)<', answer.text)
    assert address
    assert "<svg" in answer.text
    with world.app_context():
        assert patient_door.find_link(old) is None
    assert phone.get("/my/home").headers["Location"] == "/signed-out"
    assert _choose(world, address[1], _code(answer.text)).get("/my/home").status_code == 200
    assert ("link.issued", "staff:lina") in _actions(world)


def test_the_card_itself_names_no_trial_number(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().post(f"{_PAGE}/link", headers=EN).text
    card = page[page.index('class="sheet card"') :]
    card = card[: card.index("</section>")]
    assert NUMBER not in card
    assert "0578-000-0000" in card


def test_a_pin_is_reset_in_one_step_and_the_card_stays_good(world: Flask, cast: Cast) -> None:
    token = cast.link_of(NUMBER)
    phone = world.test_client()
    phone.post(f"/p/{token}", data={"pin": PIN})
    assert phone.get("/my/home").status_code == 200
    answer = cast.nurse_of_lishui().post(f"{_PAGE}/pin-reset", headers=EN)
    assert phone.get("/my/home").headers["Location"] == "/signed-out"
    assert token not in answer.text
    assert PIN not in answer.text
    assert _choose(world, token, _code(answer.text), "902817").get("/my/home").status_code == 200
    assert ("pin.reset", "staff:lina") in _actions(world)


def test_without_a_card_a_card_is_asked_for(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    page = nurse.get(_PAGE, headers=EN).text
    assert "The patient has no card yet" in page
    assert "pin-reset" not in page
    page = nurse.post(f"{_PAGE}/pin-reset", headers=EN, follow_redirects=True).text
    assert "make one" in page


def test_the_page_says_how_the_card_stands(world: Flask, cast: Cast, clock: HandClock) -> None:
    nurse = cast.nurse_of_lishui()
    card = cast.card_of(NUMBER)
    page = nurse.get(_PAGE, headers=EN).text
    assert "the code is valid until 19 Mar 2026" in page
    assert "never" in page
    _choose(world, card.token, card.code)
    page = nurse.get(_PAGE, headers=EN).text
    assert "5 Mar 2026, 08:00" in page[page.index("Last signed in") :][:200]
    assert "code is valid" not in page


def test_an_old_code_that_was_never_used_is_shown_as_work_to_do(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    cast.card_of(NUMBER)
    clock.advance(days=15)
    page = cast.nurse_of_lishui().get(_PAGE, headers=EN).text
    assert "no longer works: reset the PIN" in page


def test_only_the_nurse_of_the_site_opens_doors(world: Flask, cast: Cast) -> None:
    outsider = cast.nurse_of_jiaxing()
    others = (cast.data_manager(), cast.statistician())
    for deed in _DEEDS:
        assert outsider.post(f"{_PAGE}/{deed}").status_code == 404
        for client in others:
            assert client.post(f"{_PAGE}/{deed}").status_code == 403
    for client in others:
        assert "How the patient signs in" not in client.get(_PAGE, headers=EN).text


@pytest.fixture
def tablet(world: Flask, cast: Cast) -> FlaskClient:
    """The nurse's browser after the tablet was handed over."""
    client = cast.nurse_of_lishui()
    answer = client.post(f"{_PAGE}/tablet")
    assert answer.headers["Location"] == "/my/home"
    with client.session_transaction() as session:
        session["language"] = "en"
    return client


def test_the_tablet_shows_the_patient_s_pages_and_none_of_the_staff_s(
    world: Flask, tablet: FlaskClient
) -> None:
    assert NUMBER in tablet.get("/my/home").text
    for path in ("/staff/", "/staff/today", "/staff/sign-in", _PAGE, "/staff/export"):
        assert tablet.get(path).headers["Location"] == "/my/home", path
    for path in ("/staff/sign-in", f"{_PAGE}/link", "/staff/sign-out"):
        assert tablet.post(path).status_code == 403, path
    assert ("tablet.handed_over", "staff:lina") in _actions(world)


def test_the_tablet_leaves_the_patient_s_phone_signed_in(world: Flask, cast: Cast) -> None:
    phone = cast.patient(NUMBER)
    nurse = cast.nurse_of_lishui()
    nurse.post(f"{_PAGE}/tablet")
    assert phone.get("/my/home").status_code == 200
    assert nurse.get("/my/home").status_code == 200


def test_a_form_of_the_tablet_says_so_and_locks_it(world: Flask, tablet: FlaskClient) -> None:
    with tablet.session_transaction() as session:
        kept = session["patient"]
    fill_in(tablet, "V1")
    assert submit(tablet, "V1").headers["Location"] == "/signed-out"
    page = tablet.get("/signed-out").text
    assert "give the tablet back" in page
    assert re.search(r'class="receipt-number">[0-9A-Z]{4}-[0-9A-Z]{4}<', page)
    assert NUMBER not in page
    assert tablet.get("/my/home").headers["Location"] == "/signed-out"
    assert tablet.get("/").headers["Location"] == "/signed-out"
    with tablet.session_transaction() as session:
        session["patient"] = kept  # ended on the server, not only forgotten
    assert tablet.get("/my/home").headers["Location"] == "/signed-out"
    with world.app_context(), reading() as connection:
        modes = connection.execute(select(form.c.mode).order_by(form.c.id)).scalars().all()
    assert modes[-1] == "site_tablet"


def test_a_form_sent_by_the_tablet_s_script_locks_it_too(world: Flask, tablet: FlaskClient) -> None:
    with world.app_context():
        answers = dict.fromkeys(deployment().instrument.item_codes, 2)
    path = "/api/forms/6c5e1d0e-7f1b-4c8f-9a35-0a4a0b3a9d11"
    body = {"visit": "V1", "answers": answers, "language": "zh"}
    assert tablet.put(path, json=body).status_code == 201
    assert "give the tablet back" in tablet.get("/signed-out").text
    assert tablet.put(path, json=body).status_code == 401


def test_a_tablet_that_is_left_lying_locks_itself(tablet: FlaskClient, clock: HandClock) -> None:
    page = tablet.get("/my/home").text
    assert 'http-equiv="refresh" content="305; url=/signed-out"' in page
    clock.advance(minutes=5, seconds=1)
    assert tablet.get("/my/home").headers["Location"] == "/signed-out"
    page = tablet.get("/signed-out").text
    assert "This tablet is locked" in page
    assert "receipt-number" not in page


def test_the_next_nurse_signs_in_at_the_locked_tablet(
    tablet: FlaskClient, clock: HandClock, cast: Cast
) -> None:
    clock.advance(minutes=6)
    assert "/staff/sign-in" in tablet.get("/signed-out").text
    answer = tablet.post("/staff/sign-in", data={"name": "lina", "password": PASSWORD})
    assert answer.status_code == 302
    assert tablet.get("/staff/today").status_code == 200
    with tablet.session_transaction() as session:
        assert not {"patient", "tablet"} & set(session)
