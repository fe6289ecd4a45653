"""Before a signature somebody proves again who they are: password, at first a second factor."""

from datetime import timedelta

import pyotp
import pytest
from flask import Flask

from pro_app.deployment import deployment
from pro_app.security import accounts, secrets, service
from pro_app.security.roles import Role
from pro_app.security.waiting import Proof
from pro_app.store.engine.transaction import CLI
from pro_app.store.people.staff import Account
from tests.cast import PASSWORD, Authenticator, give_authenticator
from tests.conftest import HandClock
from tests.rooms.security import door
from tests.rooms.security.door import PEPPER

pytestmark = pytest.mark.usefixtures("in_app")


def investigator() -> tuple[Account, str]:
    now = deployment().now()
    accounts.add_staff("gaofeng", Role.INVESTIGATOR, ("LISHUI",), PASSWORD, actor=CLI, now=now)
    token = service.sign_in_staff("gaofeng", PASSWORD, now=now)
    assert token is not None
    account = service.signed_in_staff(token, now=now)
    assert account is not None
    return account, token


def with_authenticator(clock: HandClock) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """An authenticator, half a minute after it was set up, and its recovery codes."""
    given = authenticator(clock)
    return given.codes, given.recovery_codes


def authenticator(clock: HandClock) -> Authenticator:
    account, token = investigator()
    given = give_authenticator(account, token, pepper=PEPPER, now=clock())
    clock.advance(seconds=30)
    return given


def confirm(password: str, clock: HandClock, code: str = "") -> Proof:
    return service.confirm("gaofeng", password, code, pepper=PEPPER, now=clock())


def test_without_an_authenticator_the_password_is_enough(clock: HandClock) -> None:
    investigator()
    assert confirm(PASSWORD, clock)
    assert not confirm("something else", clock)
    assert not service.confirm("nobody", PASSWORD, pepper=PEPPER, now=clock())
    assert door.actions()[-2:] == ["staff.confirmed", "staff.confirm_refused"]


def test_with_an_authenticator_both_are_asked_for(clock: HandClock) -> None:
    codes, _recovery = with_authenticator(clock)
    assert not confirm(PASSWORD, clock)
    assert not confirm("something else", clock, codes.at(clock()))
    assert confirm(PASSWORD, clock, codes.at(clock()))


def test_a_code_confirms_once_and_so_does_a_recovery_code(clock: HandClock) -> None:
    codes, recovery = with_authenticator(clock)
    code = codes.at(clock())
    assert confirm(PASSWORD, clock, code)
    assert not confirm(PASSWORD, clock, code)
    assert confirm(PASSWORD, clock, recovery[0].lower().replace("-", " "))
    assert not confirm(PASSWORD, clock, recovery[0])


def test_a_code_is_taken_half_a_minute_early_or_late_and_no_more(clock: HandClock) -> None:
    codes, _recovery = with_authenticator(clock)
    clock.advance(minutes=5)
    assert not confirm(PASSWORD, clock, codes.at(clock(), counter_offset=-2))
    assert not confirm(PASSWORD, clock, codes.at(clock(), counter_offset=2))
    assert confirm(PASSWORD, clock, codes.at(clock(), counter_offset=-1))
    assert confirm(PASSWORD, clock, codes.at(clock(), counter_offset=1))


def test_after_wrong_tries_the_next_one_waits_but_not_for_good(clock: HandClock) -> None:
    investigator()
    for _try in range(4):
        assert not confirm("something else", clock)
    held_up = confirm(PASSWORD, clock)
    assert (bool(held_up), held_up.wait) == (False, timedelta(seconds=30))
    assert door.actions()[-1] == "staff.had_to_wait"
    clock.advance(seconds=31)
    assert confirm(PASSWORD, clock)
    assert not confirm("something else", clock)
    assert confirm(PASSWORD, clock)


def sign(token: str, clock: HandClock, code: str = "", password: str = PASSWORD) -> Proof:
    return service.confirm_signing(
        "gaofeng", password, code, token=token, pepper=PEPPER, now=clock()
    )


def test_the_first_signature_of_a_session_asks_for_both_a_later_one_for_the_password(
    clock: HandClock,
) -> None:
    phone = authenticator(clock)
    assert not service.is_signing("gaofeng", phone.token, now=clock())
    assert not sign(phone.token, clock)
    assert sign(phone.token, clock, phone.codes.at(clock()))
    for _signature in range(3):
        clock.advance(minutes=14)
        assert service.is_signing("gaofeng", phone.token, now=clock())
        assert sign(phone.token, clock)
    clock.advance(minutes=16)
    assert not service.is_signing("gaofeng", phone.token, now=clock())
    assert not sign(phone.token, clock)
    assert sign(phone.token, clock, phone.codes.at(clock()))


def test_a_series_of_signatures_belongs_to_one_session_and_ends_with_a_wrong_try(
    clock: HandClock,
) -> None:
    phone = authenticator(clock)
    assert sign(phone.token, clock, phone.codes.at(clock()))
    half = service.sign_in_staff("gaofeng", PASSWORD, now=clock())
    clock.advance(seconds=30)
    other = service.show_second_factor(
        half or "", phone.codes.at(clock()), pepper=PEPPER, now=clock()
    )
    assert other is not None
    assert not service.is_signing("gaofeng", other, now=clock())
    assert service.is_signing("gaofeng", phone.token, now=clock())
    assert not sign(phone.token, clock, password="something else")
    assert not sign(phone.token, clock)
    clock.advance(seconds=30)
    assert sign(phone.token, clock, phone.codes.at(clock()))


def test_what_was_proved_for_the_account_begins_no_series(clock: HandClock) -> None:
    phone = authenticator(clock)
    assert confirm(PASSWORD, clock, phone.codes.at(clock()))
    assert not service.is_signing("gaofeng", phone.token, now=clock())


def test_whoever_stands_before_the_door_keeps_nobody_inside_from_signing(clock: HandClock) -> None:
    investigator()
    for _try in range(6):
        service.sign_in_staff("gaofeng", "guessed", now=clock())
    assert confirm(PASSWORD, clock)


def test_an_authenticator_s_key_is_sealed_for_its_owner(app: Flask, clock: HandClock) -> None:
    key = secrets.new_authenticator_key()
    sealed = secrets.seal_key(key, "staff:1", pepper=PEPPER)
    assert key not in sealed
    assert secrets.unseal_key(sealed, "staff:1", pepper=PEPPER) == key
    assert secrets.unseal_key(sealed, "staff:2", pepper=PEPPER) is None
    assert secrets.unseal_key(sealed, "staff:1", pepper="another key for the tests") is None
