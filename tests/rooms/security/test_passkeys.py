"""Passkeys: added after a proof, asked for at the door, refused to whoever imitates one."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pro_app.security import accounts, authenticators, ceremonies, passkeys, service
from pro_app.security.passkeys import Added, NotAdded
from pro_app.security.roles import Role
from pro_app.security.second_factor import Answer
from pro_app.security.service import Stage
from pro_app.security.waiting import HasToWait
from pro_app.store.engine.transaction import CLI, reading
from pro_app.store.people.staff import Account
from pro_app.store.tables import audit_event
from tests.cast import PASSWORD, give_authenticator
from tests.conftest import HandClock
from tests.rooms.security import door
from tests.rooms.security.door import PEPPER
from tests.rooms.security.soft_key import SoftKey, content, text

PLACE = ceremonies.place_of("http://localhost")
assert PLACE is not None


@dataclass
class Owner:
    """Somebody with a passkey, signed in."""

    account: Account
    key: SoftKey
    token: str
    recovery_codes: tuple[str, ...]


def signed_in(name: str, clock: HandClock) -> tuple[Account, str]:
    accounts.add_staff(name, Role.INVESTIGATOR, ("LISHUI",), PASSWORD, actor=CLI, now=clock())
    token = service.sign_in_staff(name, PASSWORD, now=clock())
    assert token is not None
    account = service.signed_in_staff(token, now=clock())
    assert account is not None
    return account, token


def to_make(account: Account, token: str, clock: HandClock) -> dict[str, object]:
    return passkeys.to_make(account, token, PLACE, study="Study", pepper=PEPPER, now=clock())


def add(
    account: Account, token: str, key: SoftKey, clock: HandClock, name: str = "My phone"
) -> Added | NotAdded:
    said = key.make(to_make(account, token, clock))
    clock.advance(seconds=5)
    made = Answer(said, token, PLACE)
    return passkeys.add(account, name, made, pepper=PEPPER, now=clock())


def owner(clock: HandClock, name: str = "gaofeng", *, counts: bool = True) -> Owner:
    account, token = signed_in(name, clock)
    key = SoftKey(counts=counts)
    added = add(account, token, key, clock)
    assert isinstance(added, Added)
    clock.advance(minutes=1)
    return Owner(account, key, added.token, added.recovery_codes)


def half(holder: Owner, clock: HandClock) -> str:
    """The token of a session that the password began."""
    token = service.sign_in_staff(holder.account.name, PASSWORD, now=clock())
    assert token is not None
    return token


def answer(holder: Owner, token: str, clock: HandClock, key: SoftKey | None = None) -> Answer:
    options = passkeys.to_prove(holder.account, token, PLACE, pepper=PEPPER, now=clock())
    said = (key or holder.key).sign(options)
    clock.advance(seconds=5)
    return Answer(said, token, PLACE)


def show(shown: Answer | str, token: str, clock: HandClock) -> str | None:
    return service.show_second_factor(token, shown, pepper=PEPPER, now=clock())


pytestmark = pytest.mark.usefixtures("in_app")


def test_a_passkey_is_asked_for_from_then_on_and_opens(clock: HandClock) -> None:
    holder = owner(clock)
    token = half(holder, clock)
    found = service.staff_session(token, compulsory=True, now=clock())
    assert found is not None
    assert found[1] is Stage.CODE
    assert service.signed_in_staff(token, now=clock()) is None
    inside = show(answer(holder, token, clock), token, clock)
    assert inside is not None
    assert service.signed_in_staff(inside, compulsory=True, now=clock()) == holder.account
    [kept] = passkeys.find(holder.account)
    assert kept.used_at == clock()
    assert kept.sign_count == 2


def test_adding_one_ends_what_was_begun_without_it(clock: HandClock) -> None:
    account, first = signed_in("gaofeng", clock)
    elsewhere = service.sign_in_staff("gaofeng", PASSWORD, now=clock())
    added = add(account, first, SoftKey(), clock)
    assert isinstance(added, Added)
    assert len(added.recovery_codes) == 10
    tokens = (first, elsewhere or "", added.token)
    assert [service.signed_in_staff(t, now=clock()) is not None for t in tokens] == [
        False,
        False,
        True,
    ]
    clock.advance(minutes=1)
    second = add(account, added.token, SoftKey(), clock, name="A key on my ring")
    assert isinstance(second, Added)
    assert second.recovery_codes == ()  # those from before stay good


def test_a_recovery_code_opens_once_in_its_place(clock: HandClock) -> None:
    holder = owner(clock)
    assert show("000000", half(holder, clock), clock) is None
    assert show(holder.recovery_codes[0], half(holder, clock), clock) is not None
    assert show(holder.recovery_codes[0], half(holder, clock), clock) is None


def test_beside_an_authenticator_either_opens(clock: HandClock) -> None:
    holder = owner(clock)
    phone = give_authenticator(holder.account, holder.token, pepper=PEPPER, now=clock())
    clock.advance(seconds=30)
    assert show(phone.codes.at(clock()), half(holder, clock), clock) is not None
    token = half(holder, clock)
    assert show(answer(holder, token, clock), token, clock) is not None


def test_an_answer_opens_nothing_a_second_time(clock: HandClock) -> None:
    # As those are that are kept in step over several devices: no count tells them apart.
    holder = owner(clock, counts=False)
    proof = answer(holder, holder.token, clock)

    def confirm() -> bool:
        return service.confirm(holder.account.name, PASSWORD, proof, pepper=PEPPER, now=clock())

    assert confirm()
    clock.advance(seconds=1)
    assert not confirm()


def test_an_answer_shown_twice_at_once_opens_for_one(app: Flask, clock: HandClock) -> None:
    holder = owner(clock)
    token = half(holder, clock)
    proof = answer(holder, token, clock)
    shown = door.at_once(app, *[partial(show, proof, token, clock)] * 2)
    assert sorted(each is None for each in shown) == [False, True]


def test_an_answer_that_came_too_late_opens_nothing(clock: HandClock) -> None:
    holder = owner(clock)
    token = half(holder, clock)
    proof = answer(holder, token, clock)
    clock.advance(minutes=5)
    assert show(proof, token, clock) is None


def test_an_answer_for_another_session_opens_nothing(clock: HandClock) -> None:
    holder = owner(clock)
    one, other = half(holder, clock), half(holder, clock)
    proof = answer(holder, one, clock)
    assert show(Answer(proof.said, other, PLACE), other, clock) is None
    assert show(proof, one, clock) is not None


def test_a_challenge_that_was_tampered_with_or_invented_opens_nothing(clock: HandClock) -> None:
    holder = owner(clock)
    token = half(holder, clock)
    options = passkeys.to_prove(holder.account, token, PLACE, pepper=PEPPER, now=clock())
    real = content(options["challenge"])
    for challenge in (b"", bytes(56), bytes([real[0] ^ 1]) + real[1:], real[:16], real + b"x"):
        said = holder.key.sign(options | {"challenge": text(challenge)})
        assert show(Answer(said, token, PLACE), token, clock) is None
        clock.advance(minutes=1)  # that no wait is why
    later = passkeys.to_prove(holder.account, token, PLACE, pepper="another key", now=clock())
    assert show(Answer(holder.key.sign(later), token, PLACE), token, clock) is None


def test_what_another_address_asked_for_opens_nothing(clock: HandClock) -> None:
    holder = owner(clock)
    token = half(holder, clock)
    for origin in ("https://localhost", "http://localhost:8000", "http://pro.example"):
        holder.key.origin = origin
        assert show(answer(holder, token, clock), token, clock) is None
        clock.advance(minutes=1)
    holder.key.origin = "http://localhost"
    options = passkeys.to_prove(holder.account, token, PLACE, pepper=PEPPER, now=clock())
    said = holder.key.sign(options | {"rpId": "pro.example"})
    assert show(Answer(said, token, PLACE), token, clock) is None


def test_another_person_s_passkey_opens_nothing(clock: HandClock) -> None:
    holder, other = owner(clock), owner(clock, "sunli")
    token = half(holder, clock)
    assert show(answer(holder, token, clock, other.key), token, clock) is None
    imitation = SoftKey(id=holder.key.id, count=holder.key.count)
    assert show(answer(holder, token, clock, imitation), token, clock) is None
    assert door.actions()[-1] == "staff.passkey_refused"


def test_a_passkey_that_counts_backwards_was_copied(clock: HandClock) -> None:
    holder = owner(clock)
    token = half(holder, clock)
    holder.key.count = 0
    assert show(answer(holder, token, clock), token, clock) is None


def test_a_removed_passkey_opens_nothing_and_its_codes_go_with_the_last(clock: HandClock) -> None:
    holder = owner(clock)
    early = answer(holder, holder.token, clock)
    [kept] = passkeys.find(holder.account)

    def remove(shown: Answer | str, password: str = PASSWORD) -> bool:
        account = holder.account
        return passkeys.remove(account, kept.id, password, shown, pepper=PEPPER, now=clock())

    assert not remove("000000")
    assert not remove(early, "something else")
    assert remove(early)
    assert passkeys.find(holder.account) == []
    assert authenticators.codes_left(holder.account) == 0
    assert door.actions()[-1] == "staff.passkey_removed"
    token = half(holder, clock)
    found = service.staff_session(token, compulsory=True, now=clock())
    assert found is not None
    assert found[1] is Stage.SET_UP
    again = add(holder.account, token, holder.key, clock)
    assert again is NotAdded.UNFIT  # a credential counts once


def test_another_s_passkey_is_not_removed(clock: HandClock) -> None:
    holder, other = owner(clock), owner(clock, "sunli")
    [kept] = passkeys.find(other.account)
    proof = answer(holder, holder.token, clock)
    passkeys.remove(holder.account, kept.id, PASSWORD, proof, pepper=PEPPER, now=clock())
    assert passkeys.find(other.account) == [kept]


def test_a_reset_takes_passkeys_too_and_a_disabled_account_s_do_nothing(clock: HandClock) -> None:
    holder, other = owner(clock), owner(clock, "sunli")
    assert accounts.reset_second_factor("gaofeng", "lost", actor=CLI, now=clock()) is None
    assert passkeys.find(holder.account) == []
    assert authenticators.codes_left(holder.account) == 0
    person = accounts.find_person("gaofeng")
    assert person is not None
    assert not person.second_factor
    token = half(other, clock)
    proof = answer(other, token, clock)
    assert accounts.disable("sunli", "left", actor=CLI, now=clock()) is None
    assert show(proof, token, clock) is None
    assert service.sign_in_staff("sunli", PASSWORD, now=clock()) is None


def test_one_is_made_only_for_the_challenge_that_a_proof_gave(clock: HandClock) -> None:
    account, token = signed_in("gaofeng", clock)
    for_proof = passkeys.to_prove(account, token, PLACE, pepper=PEPPER, now=clock())
    key = SoftKey()
    said = key.make(to_make(account, token, clock) | {"challenge": for_proof["challenge"]})

    def add_as_it_is(said: str) -> Added | NotAdded:
        made = Answer(said, token, PLACE)
        return passkeys.add(account, "My phone", made, pepper=PEPPER, now=clock())

    assert add_as_it_is(said) is NotAdded.UNFIT
    said = SoftKey(origin="http://pro.example").make(to_make(account, token, clock))
    assert add_as_it_is(said) is NotAdded.UNFIT
    said = key.make(to_make(account, token, clock))
    assert (
        passkeys.add(account, " ", Answer(said, token, PLACE), pepper=PEPPER, now=clock())
        is NotAdded.UNNAMED
    )
    clock.advance(minutes=6)
    assert add_as_it_is(said) is NotAdded.UNFIT


def test_what_a_browser_is_told_names_nobody_and_excludes_what_there_is(clock: HandClock) -> None:
    holder, other = owner(clock), owner(clock, "sunli")
    options = to_make(holder.account, holder.token, clock)
    again = to_make(holder.account, holder.token, clock)
    of_other = to_make(other.account, other.token, clock)
    assert options["user"]["id"] == again["user"]["id"] != of_other["user"]["id"]
    assert b"gaofeng" not in content(options["user"]["id"])
    assert options["challenge"] != again["challenge"]
    assert [each["id"] for each in options["excludeCredentials"]] == [text(holder.key.id)]
    assert options["attestation"] == "none"
    assert options["rp"]["id"] == "localhost"


def test_refused_passkeys_wait_as_wrong_codes_do(clock: HandClock) -> None:
    holder = owner(clock)
    tokens = [half(holder, clock) for _try in range(5)]
    for token in tokens[:4]:
        assert show(Answer("{}", token, PLACE), token, clock) is None
    assert show(holder.recovery_codes[0], tokens[4], clock) == HasToWait(timedelta(seconds=30))
    assert door.actions()[-1] == "staff.had_to_wait"
    clock.advance(seconds=31)
    assert show(answer(holder, tokens[4], clock), tokens[4], clock) is not None


def test_the_trail_says_which_passkey_came_and_went(clock: HandClock) -> None:
    holder = owner(clock)
    with reading() as connection:
        changes = connection.execute(
            select(audit_event.c.changes).where(audit_event.c.action == "staff.passkey_added")
        ).scalar_one()
    assert changes == {"passkey": [None, "My phone"]}
    assert text(holder.key.id) not in json.dumps(changes)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.none() | st.text(max_size=8) | st.integers(), lambda each: st.dictionaries(
    st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "signature"]), each
)))  # fmt: skip
def test_whatever_a_browser_sends_is_refused_and_breaks_nothing(sent: object) -> None:
    said = json.dumps(sent)
    assert ceremonies.look_at_new(said, b"x", PLACE) is None
    assert ceremonies.challenge_in(said) is None or isinstance(sent, dict)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("http://127.0.0.1:5000", None),
        ("http://[::1]:5000", None),
        ("https://10.0.0.1", None),
        ("http://pro.example", None),
        ("http://localhost:5000", ("localhost", "http://localhost:5000")),
        ("https://Pro.Example:443/staff", ("pro.example", "https://pro.example")),
        ("https://pro.example:8443", ("pro.example", "https://pro.example:8443")),
    ],
)
def test_passkeys_are_made_for_a_name_and_never_for_a_number(
    address: str, place: tuple[str, str] | None
) -> None:
    found = ceremonies.place_of(address)
    assert (found and (found.host, found.origin)) == place
