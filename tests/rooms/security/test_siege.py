"""A week against one card, from as many addresses as there are: what it wins, and whom it stops."""

import itertools
import random
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.security.roles import Role
from pro_app.security.setup import limiter
from pro_app.security.waiting import MOST_WRONG, TOLD_EVERY
from pro_app.store.desk.tasks import open_tasks_of
from pro_app.store.engine.transaction import reading
from tests import factories
from tests.cast import PIN, Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import trail

NUMBER = "LISHUI-001"
WEEK = timedelta(days=7)
#: The attacker comes back so often: no wait is longer.
EVERY = timedelta(minutes=15)


class Attacker:
    """Has the link, a new browser and a new address for each try, and a list of PINs."""

    def __init__(self, app: Flask, path: str) -> None:
        self._app, self._path = app, path
        self._pins = (f"{n:06}" for n in itertools.count(100_000) if f"{n:06}" != PIN)
        self._pin = next(self._pins)
        self.judged = 0

    def tries(self) -> None:
        """Try until there is something to wait for."""
        while self._try() == 401:
            self.judged += 1
            self._pin = next(self._pins)

    def _try(self) -> int:
        address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
        limiter.reset()
        answer = self._app.test_client().post(
            self._path, data={"pin": self._pin}, environ_base={"REMOTE_ADDR": address}
        )
        assert answer.status_code in (401, 403, 429)
        return answer.status_code


def _signs_in(client: FlaskClient, path: str, pin: str = PIN) -> int:
    limiter.reset()
    status = client.post(path, data={"pin": pin}).status_code
    if status == 302:
        client.post("/my/sign-out")
    return status


@pytest.fixture
def card(app: Flask, cast: Cast) -> str:
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        factories.add_patient(NUMBER)
    return f"/p/{cast.link_of(NUMBER)}"


def _asked(app: Flask) -> list[str | None]:
    with app.app_context(), reading() as connection:
        return [t.detail for t in open_tasks_of(connection, factories.patient_id_of(NUMBER))]


def test_a_week_against_a_card_wins_a_hundred_tries_and_keeps_nobody_out(
    app: Flask, cast: Cast, clock: HandClock, card: str
) -> None:
    phone = app.test_client()
    assert _signs_in(phone, card) == 302  # before anybody had the link
    attacker, begun = Attacker(app, card), clock()
    told_after = used_up_after = None
    on_phone, elsewhere = [], []
    for tick in itertools.count():
        clock.instant = begun + tick * EVERY
        if clock() - begun > WEEK:
            break
        if used_up_after is None or tick % 20 == 0:
            attacker.tries()
        if tick % 8 == 0:  # the patient, every other hour
            on_phone.append(_signs_in(phone, card))
        if tick % 24 == 12:  # and on a new browser
            elsewhere.append(_signs_in(app.test_client(), card))
        asked = _asked(app) if told_after is None or used_up_after is None else []
        if asked and told_after is None:
            told_after = clock() - begun
        if asked == ["USED_UP"]:
            used_up_after = used_up_after or clock() - begun
    # The attacker: a hundred PINs of the 870,534 that there may be, whatever they do.
    assert attacker.judged == MOST_WRONG
    with app.app_context():
        assert len(trail("patient.sign_in_refused")) == MOST_WRONG
    # The patient: in every time where they were in before; elsewhere until the card is used up,
    # and never called wrong.
    assert on_phone == [302] * len(on_phone)
    assert len(on_phone) == 85
    assert set(elsewhere) <= {302, 403, 429}
    assert elsewhere[-1] == 403
    # The nurse: asked for a new card long before that.
    assert told_after is not None
    assert used_up_after is not None
    assert told_after <= timedelta(hours=4)
    assert used_up_after - told_after > timedelta(hours=18)
    _gets_a_new_card(app, cast, clock, card)


def _gets_a_new_card(app: Flask, cast: Cast, clock: HandClock, old: str) -> None:
    page = cast.nurse_of_lishui().get("/staff/today", headers={"Accept-Language": "en"}).text
    assert "Wrong PINs are being tried: new card?" in page
    assert "100 wrong PINs" in page
    assert f'formaction="/staff/patients/{NUMBER}/link"' in page
    new = cast.card_of(NUMBER)
    assert _asked(app) == []
    assert _signs_in(app.test_client(), old) == 410
    fields = {"code": new.code, "pin": "902817", "pin_again": "902817"}
    assert app.test_client().post(f"/p/{new.token}", data=fields).status_code == 302
    assert _signs_in(app.test_client(), f"/p/{new.token}", "902817") == 302


def test_on_a_new_browser_the_right_pin_opens_between_the_attacker_s_tries(
    app: Flask, clock: HandClock, card: str
) -> None:
    attacker, opened = Attacker(app, card), 0
    while attacker.judged < MOST_WRONG - 4:
        attacker.tries()
        # The page counts the wait down; the patient comes when it is over.
        answer = app.test_client().get(card)
        seconds = int(answer.text.partition('data-wait="')[2].partition('"')[0])
        clock.advance(seconds=seconds)
        opened += _signs_in(app.test_client(), card) == 302
    assert opened == 24  # four wrong ones, each time from the start again, and never more in all
    while attacker.judged < MOST_WRONG:
        attacker.tries()
        clock.advance(minutes=15)
    assert _signs_in(app.test_client(), card) == 403


def test_the_nurse_is_asked_again_after_as_many_more(
    app: Flask, cast: Cast, clock: HandClock, card: str
) -> None:
    attacker, asked = Attacker(app, card), []
    while attacker.judged < MOST_WRONG:
        attacker.tries()
        clock.advance(minutes=15)
        if found := _asked(app):
            asked.append((attacker.judged, found))
            nurse = cast.staff(f"nurse{attacker.judged}", Role.NURSE, "LISHUI")
            with app.app_context(), reading() as connection:
                [task] = open_tasks_of(connection, factories.patient_id_of(NUMBER))
            nurse.post(f"/staff/tasks/{task.id}/close", data={"outcome": "OTHERWISE"})
    counts = range(TOLD_EVERY, MOST_WRONG, TOLD_EVERY)
    assert asked == [
        *((count, ["WRONG_PINS"]) for count in counts),
        (MOST_WRONG, ["USED_UP"]),
    ]
