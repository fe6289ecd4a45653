"""The door of patients: the card's code chooses the PIN once, link and PIN open from then on."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app.security import cards, pins, secrets, service
from pro_app.security.roles import PATIENT_LIMITS, TABLET_LIMITS, Role
from pro_app.security.service import CodeEnded, EasyPin, LinkEnded, SignedIn, WrongCode, WrongPin
from pro_app.store.transaction import CLI
from tests import factories
from tests.cast import PASSWORD, PIN
from tests.conftest import HandClock
from tests.rooms.security.door import (
    NUMBER,
    PEPPER,
    actions,
    enter,
    first_card,
    link,
    new_card,
    signed_in,
)

pytestmark = pytest.mark.usefixtures("in_app")
_WRONG = "ABCD-EFGH"
_SOON = timedelta(seconds=1)


def test_a_patient_chooses_her_pin_with_the_code_and_needs_it_afterwards(clock: HandClock) -> None:
    card = first_card()
    found = signed_in(enter(card.token, PIN, clock, card.code), clock)
    assert found is not None
    assert (found.number, found.tablet) == (NUMBER, False)
    assert enter(card.token, "480274", clock) == WrongPin(timedelta(0))
    assert isinstance(enter(card.token, PIN, clock), SignedIn)


def test_the_link_alone_chooses_no_pin(clock: HandClock) -> None:
    card = first_card()
    assert enter(card.token, PIN, clock) == WrongCode(timedelta(0))
    assert enter(card.token, PIN, clock, _WRONG) == WrongCode(timedelta(0))
    assert "pin.chosen" not in actions()
    assert actions().count("code.refused") == 2


def test_a_code_is_used_up_by_choosing_the_pin(clock: HandClock) -> None:
    card = first_card()
    enter(card.token, PIN, clock, card.code)
    # With the code again, whoever found the card still has no way to another PIN.
    assert enter(card.token, "902817", clock, card.code) == WrongPin(timedelta(0))
    assert isinstance(enter(card.token, PIN, clock), SignedIn)


def test_a_code_opens_for_14_days(clock: HandClock) -> None:
    card = first_card()
    assert card.code_until - clock() == timedelta(days=14)
    clock.instant = card.code_until + _SOON
    assert enter(card.token, PIN, clock, card.code) == CodeEnded()
    clock.instant = card.code_until
    assert isinstance(enter(card.token, PIN, clock, card.code), SignedIn)


def test_a_code_stands_for_its_own_card_alone(clock: HandClock) -> None:
    first = first_card()
    second = new_card()
    assert enter(first.token, PIN, clock, first.code) == LinkEnded()
    assert enter(second.token, PIN, clock, first.code) == WrongCode(timedelta(0))
    assert isinstance(enter(second.token, PIN, clock, second.code), SignedIn)


def test_wrong_codes_wait_longer_each_time_and_ten_of_them_void_the_code(clock: HandClock) -> None:
    card = first_card()
    waits = []
    for _ in range(9):
        refused = enter(card.token, PIN, clock, _WRONG)
        assert isinstance(refused, WrongCode)
        waits.append(refused.wait)
        if refused.wait:
            # Before the wait is over not even the right code is tried.
            assert isinstance(enter(card.token, PIN, clock, card.code), WrongCode)
            clock.instant += refused.wait
    assert waits[:3] == [timedelta(0)] * 3
    assert sorted(waits) == waits
    assert waits[-1] == timedelta(minutes=15)
    assert enter(card.token, PIN, clock, _WRONG) == CodeEnded()
    clock.advance(days=1)
    assert enter(card.token, PIN, clock, card.code) == CodeEnded()
    new = new_card()
    assert isinstance(enter(new.token, PIN, clock, new.code), SignedIn)


def test_the_right_code_after_some_wrong_ones_counts_from_the_start_again(clock: HandClock) -> None:
    card = first_card()
    for _ in range(3):
        enter(card.token, PIN, clock, _WRONG)
    assert isinstance(enter(card.token, PIN, clock, card.code), SignedIn)
    for _ in range(3):
        assert enter(card.token, "480274", clock) == WrongPin(timedelta(0))


@pytest.mark.parametrize(
    "pin",
    [
        "0000",
        "111111",
        "1234",
        "12345",
        "123456",
        "4321",
        "987654",
        "7890",
        "3210",
        "1212",
        "123123",
    ],
)
def test_a_pin_that_is_guessed_first_is_refused_and_costs_no_try(
    pin: str, clock: HandClock
) -> None:
    card = first_card()
    for _ in range(12):
        assert enter(card.token, pin, clock, card.code) == EasyPin()
    assert isinstance(enter(card.token, PIN, clock, card.code), SignedIn)


@pytest.mark.parametrize("text", ["123", "1234567", "12a4", "１２３４", "", " 1234"])
def test_a_pin_is_four_to_six_plain_digits(text: str) -> None:
    assert not pins.is_pin(text)
    assert pins.is_pin(PIN)
    assert pins.is_pin("0000")


def test_hardly_any_pin_is_refused_for_being_easy() -> None:
    easy = [pin for pin in (f"{n:04}" for n in range(10_000)) if pins.is_easily_guessed(pin)]
    assert {"1234", "0000", "1212", "9012"} <= set(easy)
    assert len(easy) < 150
    assert not pins.is_easily_guessed(PIN)


def test_wrong_pins_make_the_next_try_wait_longer_but_never_for_good(clock: HandClock) -> None:
    token = link()
    waits = []
    for _ in range(14):
        refused = enter(token, "000000", clock)
        assert isinstance(refused, WrongPin)
        waits.append(refused.wait)
        if refused.wait:
            # Before the wait is over not even the right PIN is tried.
            assert isinstance(enter(token, PIN, clock), WrongPin)
            clock.instant += refused.wait
    assert waits[:3] == [timedelta(0)] * 3
    assert waits[3] == timedelta(seconds=30)
    assert sorted(waits) == waits
    assert max(waits) == timedelta(minutes=15)
    assert isinstance(enter(token, PIN, clock), SignedIn)
    assert enter(token, "000000", clock) == WrongPin(timedelta(0))  # counted from the start again


def test_a_siege_does_not_shut_a_patient_out(clock: HandClock) -> None:
    token = link()
    for _ in range(20):
        clock.advance(seconds=20)
        assert isinstance(enter(token, "000000", clock), WrongPin)
    assert actions().count("patient.sign_in_refused") < 10  # most were not even looked at
    new = new_card()
    assert isinstance(enter(new.token, PIN, clock, new.code), SignedIn)


def test_a_new_card_ends_the_old_link_and_its_sessions(clock: HandClock) -> None:
    token = link()
    session = enter(token, PIN, clock)
    new_card()
    assert service.find_link(token) is None
    assert isinstance(enter(token, PIN, clock), LinkEnded)
    assert signed_in(session, clock) is None


def test_a_pin_reset_keeps_the_link_and_ends_pin_and_sessions(clock: HandClock) -> None:
    token = link()
    session = enter(token, PIN, clock)
    patient_id = factories.patient_id_of(NUMBER)
    made = cards.reset_pin(patient_id, NUMBER, pepper=PEPPER, actor=CLI, now=clock())
    assert made is not None
    assert signed_in(session, clock) is None
    assert enter(token, PIN, clock) == WrongCode(timedelta(0))
    found = signed_in(enter(token, "902817", clock, made.code), clock)
    assert found is not None
    assert found.number == NUMBER
    assert enter(token, PIN, clock) == WrongPin(timedelta(0))
    assert actions().count("pin.reset") == 1


def test_a_pin_reset_helps_at_once_whoever_guessed_before(clock: HandClock) -> None:
    token = link()
    for _ in range(6):
        enter(token, "000000", clock)
    patient_id = factories.patient_id_of(NUMBER)
    made = cards.reset_pin(patient_id, NUMBER, pepper=PEPPER, actor=CLI, now=clock())
    assert made is not None
    assert isinstance(enter(token, "902817", clock, made.code), SignedIn)


def test_without_a_card_there_is_no_pin_to_reset(clock: HandClock) -> None:
    patient_id = factories.add_patient(NUMBER)
    assert cards.reset_pin(patient_id, NUMBER, pepper=PEPPER, actor=CLI, now=clock()) is None
    assert cards.find_card(patient_id, now=clock()) is None


def test_staff_see_when_a_card_was_made_and_used_and_no_secret(clock: HandClock) -> None:
    issued_at = clock()
    card = first_card()
    patient_id = factories.patient_id_of(NUMBER)
    fresh = cards.find_card(patient_id, now=clock())
    assert fresh == cards.Card(issued_at, False, card.code_until, None)
    clock.advance(hours=1)
    enter(card.token, PIN, clock, card.code)
    used = cards.find_card(patient_id, now=clock())
    assert used == cards.Card(issued_at, True, None, clock())
    new_card()
    clock.advance(days=15)
    too_old = cards.find_card(patient_id, now=clock())
    assert too_old is not None
    assert (too_old.has_pin, too_old.code_until) == (False, None)


def test_a_patient_s_session_outlasts_a_rest_but_not_a_day(clock: HandClock) -> None:
    session = enter(link(), PIN, clock)
    clock.advance(hours=3)
    assert signed_in(session, clock) is not None
    clock.instant += PATIENT_LIMITS.idle + _SOON
    assert signed_in(session, clock) is None


def _handed_over(clock: HandClock) -> tuple[str, str]:
    """The nurse's session's token and the tablet's."""
    now = clock()
    service.add_staff("lina", Role.NURSE, "LISHUI", PASSWORD, actor=CLI, now=now)
    nurse = service.sign_in_staff("lina", PASSWORD, now=now)
    assert nurse is not None
    patient_id = factories.patient_id_of(NUMBER)
    tablet = cards.hand_over_tablet(patient_id, NUMBER, staff_token=nurse, actor=CLI, now=now)
    return nurse, tablet


def test_the_tablet_is_hers_alone_and_her_own_phone_stays_in(clock: HandClock) -> None:
    phone = enter(link(), PIN, clock)
    nurse, tablet = _handed_over(clock)
    assert service.signed_in_staff(nurse, now=clock()) is None
    found = service.signed_in_patient(tablet, now=clock())
    assert found is not None
    assert (found.number, found.tablet) == (NUMBER, True)
    assert signed_in(phone, clock) is not None
    card = cards.find_card(factories.patient_id_of(NUMBER), now=clock())
    assert card is not None
    assert card.has_pin
    assert "tablet.handed_over" in actions()


def test_the_tablet_ends_after_five_idle_minutes_and_not_while_it_is_used(clock: HandClock) -> None:
    factories.add_patient(NUMBER)
    _, tablet = _handed_over(clock)
    for _ in range(10):
        clock.advance(minutes=4, seconds=45)
        assert service.signed_in_patient(tablet, now=clock())
    clock.instant += TABLET_LIMITS.idle + _SOON
    assert service.signed_in_patient(tablet, now=clock()) is None


def test_the_first_sign_in_makes_the_key_of_her_phone_and_later_ones_keep_it(
    clock: HandClock,
) -> None:
    card = first_card()
    patient_id = factories.patient_id_of(NUMBER)
    _handed_over(clock)
    assert service.phone_key(patient_id) is None  # not for a tablet that others use too
    enter(card.token, PIN, clock, card.code)
    made = service.phone_key(patient_id)
    assert made is not None
    owner, key = made
    assert (len(owner), len(key)) == (16, 43)
    assert owner not in key
    new = new_card()
    enter(new.token, PIN, clock, new.code)
    assert service.phone_key(patient_id) == made


def test_only_the_card_in_force_can_be_printed(clock: HandClock) -> None:
    card = first_card()
    patient_id = factories.patient_id_of(NUMBER)

    def printed(token: str, code: str, of: int = patient_id) -> bool:
        until = cards.print_card(of, NUMBER, token, code, pepper=PEPPER, actor=CLI, now=clock())
        return until == card.code_until

    assert not printed(card.token, _WRONG)
    assert not printed("unknown", card.code)
    assert not printed(card.token, card.code, of=patient_id + 1)
    assert "card.printed" not in actions()
    assert printed(card.token, card.code)
    assert actions()[-1] == "card.printed"
    enter(card.token, PIN, clock, card.code)
    assert not printed(card.token, card.code)


_CODES = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=8, max_size=8)


@given(_CODES, st.data())
def test_a_code_is_read_as_people_type_it(plain: str, data: st.DataObject) -> None:
    code = f"{plain[:4]}-{plain[4:]}"
    typed = plain.replace("0", data.draw(st.sampled_from("0Oo")))
    typed = typed.replace("1", data.draw(st.sampled_from("1ILil")))
    typed = data.draw(st.sampled_from([str.lower, str.upper]))(typed)
    gap = data.draw(st.sampled_from(["", " ", "-", "－", "—", " - "]))
    assert secrets.code_in(f" {typed[:4]}{gap}{typed[4:]} ") == code


def test_codes_have_forty_bits_and_no_letter_that_is_misread() -> None:
    made = {secrets.new_code() for _ in range(300)}
    assert len(made) == 300
    assert all(len(code) == 9 and code[4] == "-" for code in made)
    assert not set("".join(made)) & set("ILOU")
    assert all(secrets.code_in(code) == code for code in made)
