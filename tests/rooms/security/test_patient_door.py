"""The door of patients: the card's code chooses the PIN once, link and PIN open from then on."""

from datetime import timedelta
from functools import partial
from time import perf_counter

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from pro_app.security import cards, patients, secrets
from pro_app.security.cards import NewLink
from pro_app.security.patients import CodeEnded, LinkEnded, SignedIn, WrongCode, WrongPin
from pro_app.security.roles import PATIENT_LIMITS
from pro_app.security.waiting import HasToWait
from pro_app.store.engine.transaction import CLI
from tests import factories
from tests.cast import PIN
from tests.conftest import HandClock
from tests.rooms.security.door import (
    NUMBER,
    PEPPER,
    actions,
    at_once,
    enter,
    first_card,
    link,
    new_card,
    signed_in,
)

pytestmark = pytest.mark.usefixtures("in_app")
_WRONG = "ABCD-EFGH"
_SOON = timedelta(seconds=1)


def test_a_patient_chooses_a_pin_with_the_code_and_needs_it_afterwards(clock: HandClock) -> None:
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
            # Before the wait is over nothing is looked at, nor called wrong.
            assert enter(card.token, PIN, clock, card.code) == HasToWait(refused.wait)
            clock.instant += refused.wait
    assert waits[:3] == [timedelta(0)] * 3
    assert sorted(waits) == waits
    assert waits[-1] == timedelta(minutes=15)
    assert enter(card.token, PIN, clock, _WRONG) == CodeEnded()
    clock.advance(days=1)
    assert enter(card.token, PIN, clock, card.code) == CodeEnded()
    new = new_card()
    assert isinstance(enter(new.token, PIN, clock, new.code), SignedIn)


def test_during_a_wait_nothing_tells_which_code_fits(clock: HandClock) -> None:
    card = first_card()
    for _ in range(4):
        enter(card.token, PIN, clock, _WRONG)

    def quickest(code: str) -> float:
        runs = []
        for _ in range(4):
            begun = perf_counter()
            assert isinstance(enter(card.token, PIN, clock, code), HasToWait)
            runs.append(perf_counter() - begun)
        return min(runs)

    assert quickest(_WRONG) > quickest(card.code) / 3


def test_the_right_code_after_some_wrong_ones_counts_from_the_start_again(clock: HandClock) -> None:
    card = first_card()
    for _ in range(3):
        enter(card.token, PIN, clock, _WRONG)
    assert isinstance(enter(card.token, PIN, clock, card.code), SignedIn)
    for _ in range(3):
        assert enter(card.token, "480274", clock) == WrongPin(timedelta(0))


def test_wrong_pins_make_the_next_try_wait_longer_but_never_for_good(clock: HandClock) -> None:
    token = link()
    waits = []
    for _ in range(14):
        refused = enter(token, "000000", clock)
        assert isinstance(refused, WrongPin)
        waits.append(refused.wait)
        if refused.wait:
            # Before the wait is over nothing is looked at, nor called wrong.
            assert enter(token, PIN, clock) == HasToWait(refused.wait)
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
        assert isinstance(enter(token, "000000", clock), WrongPin | HasToWait)
    assert actions().count("patient.sign_in_refused") < 10  # most were not even looked at
    new = new_card()
    assert isinstance(enter(new.token, PIN, clock, new.code), SignedIn)


def test_a_pin_reset_helps_at_once_whoever_guessed_before(clock: HandClock) -> None:
    token = link()
    for _ in range(6):
        enter(token, "000000", clock)
    patient_id = factories.patient_id_of(NUMBER)
    made = cards.reset_pin(patient_id, NUMBER, pepper=PEPPER, actor=CLI, now=clock())
    assert made is not None
    assert isinstance(enter(token, "902817", clock, made.code), SignedIn)


def test_a_patient_s_session_outlasts_a_rest_but_not_a_day(clock: HandClock) -> None:
    session = enter(link(), PIN, clock)
    clock.advance(hours=3)
    assert signed_in(session, clock) is not None
    clock.instant += PATIENT_LIMITS.idle + _SOON
    assert signed_in(session, clock) is None


def test_a_code_that_is_used_twice_at_once_chooses_one_pin(app: Flask, clock: HandClock) -> None:
    card = first_card()
    chosen = ("480273", "902817")
    came = at_once(app, *(partial(enter, card.token, pin, clock, card.code) for pin in chosen))
    assert sorted(type(each).__name__ for each in came) == ["SignedIn", "WrongPin"]
    [winner] = [pin for pin, each in zip(chosen, came, strict=True) if isinstance(each, SignedIn)]
    assert isinstance(enter(card.token, winner, clock), SignedIn)


def test_of_two_cards_made_at_once_only_one_opens(app: Flask, clock: HandClock) -> None:
    first_card()
    made = at_once(app, new_card, new_card)
    opening = [
        each for each in made if isinstance(each, NewLink) and patients.find_link(each.token)
    ]
    assert len(opening) == 1


def test_wrong_codes_sent_at_once_are_all_counted(app: Flask, clock: HandClock) -> None:
    card = first_card()
    at_once(app, *[partial(enter, card.token, PIN, clock, _WRONG)] * 4)
    assert isinstance(enter(card.token, PIN, clock, card.code), HasToWait)
    assert actions().count("code.refused") == 4


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
