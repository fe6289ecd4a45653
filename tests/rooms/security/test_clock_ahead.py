"""A host whose clock ran ahead and was put right: its doors open as before.

Each test does something two hours or 400 days ahead and goes back.
"""

from datetime import timedelta

import pytest

from pro_app.security import accounts, cards, service
from pro_app.security.patients import CodeEnded, SignedIn, WrongPin
from pro_app.security.second_factor import matching_step
from pro_app.security.waiting import HasToWait
from pro_app.store.engine.transaction import CLI, take_cut, transaction
from tests import factories
from tests.cast import PASSWORD, PIN
from tests.conftest import HandClock
from tests.rooms.security import test_passkeys as passkeys
from tests.rooms.security.door import NUMBER, enter, first_card, link, new_card, signed_in
from tests.rooms.security.test_confirming import authenticator, confirm, investigator, sign
from tests.rooms.security.test_sign_in import nurse

pytestmark = [
    pytest.mark.usefixtures("in_app"),
    pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=400)], ids=str),
]


def test_a_patient_s_wait_from_ahead_is_over(clock: HandClock, ahead: timedelta) -> None:
    token = link()
    clock.instant += ahead
    for _ in range(12):
        tried = enter(token, "000000", clock)
        clock.instant += tried.wait if isinstance(tried, WrongPin) else timedelta(0)
    clock.instant -= ahead + timedelta(minutes=60)
    # It is looked at once, and then counted by the clock that is right.
    assert enter(token, "000000", clock) == WrongPin(timedelta(minutes=15))
    assert isinstance(enter(token, PIN, clock), HasToWait)
    clock.advance(minutes=15)
    assert isinstance(enter(token, PIN, clock), SignedIn)


def test_a_wait_of_staff_from_ahead_is_over(clock: HandClock, ahead: timedelta) -> None:
    nurse()
    clock.instant += ahead
    for _ in range(4):
        assert service.sign_in_staff("lina", "guessed", now=clock()) is None
    clock.instant -= ahead
    assert service.sign_in_staff("lina", "guessed", now=clock()) is None
    # And no gap is left: what is wrong now makes wait now.
    assert isinstance(service.sign_in_staff("lina", PASSWORD, now=clock()), HasToWait)
    clock.advance(minutes=1)
    assert isinstance(service.sign_in_staff("lina", PASSWORD, now=clock()), str)


def test_a_wait_inside_from_ahead_is_over(clock: HandClock, ahead: timedelta) -> None:
    investigator()
    clock.instant += ahead
    for _ in range(5):
        assert not confirm("guessed", clock)
    clock.instant -= ahead
    assert confirm(PASSWORD, clock)


def test_sessions_that_were_begun_or_seen_ahead_end_for_good_and_new_ones_begin(
    clock: HandClock, ahead: timedelta
) -> None:
    nurse()
    token = link()
    clock.instant += ahead
    of_patient, of_staff = enter(token, PIN, clock), _staff(clock)
    clock.instant -= ahead
    assert signed_in(of_patient, clock) is None
    assert service.signed_in_staff(of_staff, now=clock()) is None
    assert accounts.sessions(_account(clock), now=clock())[0].seen_at == clock()
    begun = enter(token, PIN, clock)
    clock.advance(seconds=-50)  # as a neighbour's clock may be
    assert signed_in(begun, clock) is not None
    clock.instant += ahead
    assert signed_in(of_patient, clock) is None
    assert service.signed_in_staff(of_staff, now=clock()) is None


def _staff(clock: HandClock) -> str:
    token = service.sign_in_staff("lina", PASSWORD, now=clock())
    assert isinstance(token, str)
    return token


def _account(clock: HandClock):  # type: ignore[no-untyped-def]
    account = service.signed_in_staff(_staff(clock), now=clock())
    assert account is not None
    return account


def test_ways_in_name_no_session_from_ahead(clock: HandClock, ahead: timedelta) -> None:
    token = link()
    patient_id = factories.patient_id_of(NUMBER)
    clock.instant += ahead
    enter(token, PIN, clock)
    clock.instant -= ahead
    [way] = cards.ways_in(patient_id, now=clock())
    assert [each.seen_at for each in way.sessions] == [clock()]


def test_a_card_from_ahead_opens_unless_it_would_for_years(
    clock: HandClock, ahead: timedelta
) -> None:
    clock.instant += ahead
    card = first_card()
    clock.instant -= ahead
    opened = enter(card.token, PIN, clock, card.code)
    if ahead < timedelta(days=1):
        assert isinstance(opened, SignedIn)
        return
    assert opened == CodeEnded()
    new = new_card()
    assert isinstance(enter(new.token, PIN, clock, new.code), SignedIn)


def test_an_authenticator_s_codes_open_again(clock: HandClock, ahead: timedelta) -> None:
    phone = authenticator(clock)
    clock.instant += ahead
    assert confirm(PASSWORD, clock, phone.codes.at(clock()))
    clock.instant -= ahead
    code = phone.codes.at(clock())
    assert confirm(PASSWORD, clock, code)
    assert not confirm(PASSWORD, clock, code)  # once, as ever
    step = int(clock().timestamp()) // 30
    key = phone.codes.secret
    assert matching_step(key, code, clock(), after=step) is None
    assert matching_step(key, code, clock(), after=step + 3) is None


def test_a_passkey_opens_again_and_each_answer_once(clock: HandClock, ahead: timedelta) -> None:
    holder = passkeys.owner(clock)
    clock.instant += ahead
    token = passkeys.half(holder, clock)
    assert passkeys.show(passkeys.answer(holder, token, clock), token, clock) is not None
    clock.instant -= ahead
    clock.advance(seconds=1)
    token = passkeys.half(holder, clock)
    answer = passkeys.answer(holder, token, clock)
    assert passkeys.show(answer, token, clock) is not None
    again = passkeys.half(holder, clock)
    assert passkeys.show(answer, again, clock) is None


def test_a_series_of_signatures_from_ahead_is_over(clock: HandClock, ahead: timedelta) -> None:
    phone = authenticator(clock)
    clock.instant += ahead
    assert sign(phone.token, clock, phone.codes.at(clock()))
    clock.instant -= ahead
    assert not service.is_signing("gaofeng", phone.token, now=clock())
    assert sign(phone.token, clock, phone.codes.at(clock()))


def test_a_look_over_the_rights_from_ahead_is_due_again(clock: HandClock, ahead: timedelta) -> None:
    seen = accounts.fingerprint(accounts.people())
    assert accounts.review(seen, None, actor=CLI, now=clock() + ahead) is None
    assert accounts.standing(now=clock()).due_at is None
    assert accounts.review(seen, None, actor=CLI, now=clock()) is None
    assert accounts.standing(now=clock()).due_at == clock() + accounts.REVIEW_EVERY


def test_after_a_cut_that_was_taken_ahead_people_sign_in_and_wait_by_the_clock(
    clock: HandClock, ahead: timedelta
) -> None:
    nurse()
    token = link()
    with transaction(CLI, clock() + ahead) as tx:
        tx.record("help.asked", NUMBER)
    take_cut(clock() + ahead)
    for _ in range(4):
        enter(token, "000000", clock)
        assert service.sign_in_staff("lina", "guessed", now=clock()) is None
    assert enter(token, PIN, clock) == HasToWait(timedelta(seconds=30))
    held_up = service.sign_in_staff("lina", PASSWORD, now=clock())
    assert held_up == HasToWait(timedelta(seconds=30))
    clock.advance(seconds=30)
    assert signed_in(enter(token, PIN, clock), clock) is not None
    assert service.signed_in_staff(_staff(clock), now=clock()) is not None
