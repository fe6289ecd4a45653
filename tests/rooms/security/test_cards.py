"""What a nurse does at the patient's door: new cards, new PINs, the hospital's tablet."""

from datetime import timedelta

import pytest

from pro_app.security import accounts, cards, patients, service
from pro_app.security.patients import LinkEnded, SignedIn, WrongCode, WrongPin
from pro_app.security.roles import TABLET_LIMITS, Role
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.people.phone_keys import find_phone_key, put_phone_key
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


def test_a_new_card_ends_the_old_link_and_its_sessions(clock: HandClock) -> None:
    token = link()
    session = enter(token, PIN, clock)
    new_card()
    assert patients.find_link(token) is None
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


def _handed_over(clock: HandClock) -> tuple[str, str]:
    """The nurse's session's token and the tablet's."""
    now = clock()
    accounts.add_staff("lina", Role.NURSE, ("LISHUI",), PASSWORD, actor=CLI, now=now)
    nurse = service.sign_in_staff("lina", PASSWORD, now=now)
    assert nurse is not None
    patient_id = factories.patient_id_of(NUMBER)
    tablet = cards.hand_over_tablet(patient_id, NUMBER, staff_token=nurse, actor=CLI, now=now)
    return nurse, tablet


def test_the_tablet_is_one_patient_s_alone_and_their_phone_stays_in(clock: HandClock) -> None:
    phone = enter(link(), PIN, clock)
    nurse, tablet = _handed_over(clock)
    assert service.signed_in_staff(nurse, now=clock()) is None
    found = patients.signed_in_patient(tablet, now=clock())
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
        assert patients.signed_in_patient(tablet, now=clock())
    clock.instant += TABLET_LIMITS.idle + _SOON
    assert patients.signed_in_patient(tablet, now=clock()) is None


def test_the_first_sign_in_makes_the_key_of_the_phone_and_later_ones_keep_it(
    clock: HandClock,
) -> None:
    card = first_card()
    patient_id = factories.patient_id_of(NUMBER)
    _handed_over(clock)
    assert (
        patients.phone_key(patient_id, pepper=PEPPER) is None
    )  # not for a tablet that others use too
    enter(card.token, PIN, clock, card.code)
    made = patients.phone_key(patient_id, pepper=PEPPER)
    assert made is not None
    owner, key = made
    assert (len(owner), len(key)) == (16, 43)
    assert owner not in key
    with reading() as connection:
        stored = find_phone_key(connection, patient_id)
    assert stored is not None
    assert key not in stored
    assert patients.phone_key(patient_id, pepper="another key, by which it can't be opened") is None
    new = new_card()
    enter(new.token, PIN, clock, new.code)
    assert patients.phone_key(patient_id, pepper=PEPPER) == made


def test_a_key_that_lay_open_is_sealed_when_the_patient_next_signs_in(clock: HandClock) -> None:
    card = first_card()
    patient_id = factories.patient_id_of(NUMBER)
    with transaction(CLI, clock()) as tx:
        put_phone_key(tx, patient_id, "k" * 43)
        tx.record("patient.changed", NUMBER)
    enter(card.token, PIN, clock, card.code)
    with reading() as connection:
        assert "k" * 43 not in str(find_phone_key(connection, patient_id))
    made = patients.phone_key(patient_id, pepper=PEPPER)
    assert made is not None
    assert made[1] == "k" * 43


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
