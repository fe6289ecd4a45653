"""The door of staff: name and password; and what is true of every secret."""

from datetime import timedelta

import pytest
from argon2 import Type
from flask import Flask
from sqlalchemy import select

from pro_app.core.sites import EVERYWHERE, Sites, only
from pro_app.deployment import deployment
from pro_app.security import accounts, secrets, service
from pro_app.security.patients import SignedIn
from pro_app.security.roles import STAFF_LIMITS, Role
from pro_app.store.engine.transaction import CLI, reading
from pro_app.store.people.staff import Account
from pro_app.store.tables import audit_event, patient_link, sign_in, staff
from tests.cast import PASSWORD, PIN
from tests.conftest import STRONG, HandClock
from tests.rooms.security import door

pytestmark = pytest.mark.usefixtures("in_app")


def nurse() -> None:
    now = deployment().now()
    assert accounts.add_staff("lina", Role.NURSE, ("LISHUI",), PASSWORD, actor=CLI, now=now)


def test_only_name_and_password_together_sign_in(clock: HandClock) -> None:
    nurse()
    assert service.sign_in_staff("lina", "wrong", now=clock()) is None
    assert service.sign_in_staff("nobody", PASSWORD, now=clock()) is None
    token = service.sign_in_staff("lina", PASSWORD, now=clock())
    assert token is not None
    account = service.signed_in_staff(token, now=clock())
    assert account is not None
    assert (account.name, account.role, account.sites) == ("lina", "nurse", ("LISHUI",))


def test_a_name_is_never_given_twice(clock: HandClock) -> None:
    nurse()
    assert not accounts.add_staff("lina", Role.NURSE, ("ZJCC",), PASSWORD, actor=CLI, now=clock())


@pytest.mark.parametrize(
    ("role", "sites"),
    [
        (Role.NURSE, ()),
        (Role.INVESTIGATOR, ("LISHUI", "ZJCC")),
        (Role.MONITOR, ()),
        (Role.DATA_MANAGER, ("LISHUI",)),
    ],
)
def test_sites_go_with_the_role(role: Role, sites: tuple[str, ...], clock: HandClock) -> None:
    with pytest.raises(ValueError, match="do not go together"):
        accounts.add_staff("lina", role, sites, PASSWORD, actor=CLI, now=clock())


def test_staff_sessions_end_when_idle_and_in_any_case(clock: HandClock) -> None:
    nurse()
    token = service.sign_in_staff("lina", PASSWORD, now=clock())
    assert token is not None
    begun = clock()
    while clock() - begun <= STAFF_LIMITS.absolute:
        assert service.signed_in_staff(token, now=clock())
        clock.advance(minutes=29)
    assert service.signed_in_staff(token, now=clock()) is None
    token = service.sign_in_staff("lina", PASSWORD, now=clock())
    assert token is not None
    clock.instant += STAFF_LIMITS.idle + timedelta(seconds=1)
    assert service.signed_in_staff(token, now=clock()) is None


def test_signing_out_and_a_new_password_end_sessions_on_the_server(clock: HandClock) -> None:
    nurse()
    first = service.sign_in_staff("lina", PASSWORD, now=clock())
    second = service.sign_in_staff("lina", PASSWORD, now=clock())
    assert first is not None
    assert second is not None
    service.sign_out(first, CLI, now=clock())
    assert service.signed_in_staff(first, now=clock()) is None
    assert service.signed_in_staff(second, now=clock()) is not None
    assert accounts.reset_password("lina", "another long password", actor=CLI, now=clock())
    assert service.signed_in_staff(second, now=clock()) is None
    assert service.sign_in_staff("lina", PASSWORD, now=clock()) is None


def _rows() -> list[str]:
    with reading() as connection:
        return [
            str(row)
            for table in (staff, patient_link, sign_in, audit_event)
            for row in connection.execute(select(table))
        ]


def test_no_secret_is_stored_as_it_is(clock: HandClock) -> None:
    nurse()
    card = door.first_card()
    before = _rows()
    session = door.enter(card.token, PIN, clock, card.code)
    assert isinstance(session, SignedIn)
    kept = before + _rows()
    for secret in (PASSWORD, PIN, card.token, card.code, session.token):
        assert not [row for row in kept if secret in row]


def test_refused_and_granted_sign_ins_are_in_the_trail(clock: HandClock) -> None:
    nurse()
    service.sign_in_staff("lina", "wrong", now=clock())
    service.sign_in_staff("typed my password here", "x", now=clock())
    service.sign_in_staff("lina", PASSWORD, now=clock())
    with reading() as connection:
        rows = connection.execute(select(audit_event).order_by(audit_event.c.id)).all()
    assert [(row.action, row.subject) for row in rows] == [
        ("staff.added", "staff:lina"),
        ("staff.sign_in_refused", "staff:lina"),
        ("staff.sign_in_refused", "staff:unknown"),
        ("staff.signed_in", "staff:lina"),
    ]


def test_a_receipt_number_is_the_same_for_the_same_form_and_can_be_read_out() -> None:
    first, second = secrets.new_submission_id(), secrets.new_submission_id()
    assert secrets.receipt_of(first) == secrets.receipt_of(first) != secrets.receipt_of(second)
    assert not set(secrets.receipt_of(first)) & set("ILOU")
    assert len(secrets.receipt_of(first)) == 9


@pytest.mark.parametrize("text", ["", "x", "00000000-0000-0000-0000-00000000000G", "{%s}"])
def test_what_is_no_submission_id_is_recognised(text: str, app: Flask) -> None:
    assert not secrets.is_submission_id(text)
    assert secrets.is_submission_id(secrets.new_submission_id())
    assert secrets.is_submission_id(secrets.submission_id_of("paper"))


def test_a_stolen_hash_costs_its_thief_memory_and_time() -> None:
    # At least what OWASP's cheat sheet asks of argon2id: 19 MiB and two passes.
    assert STRONG.type is Type.ID
    assert STRONG.memory_cost >= 19 * 1024
    assert STRONG.time_cost >= 2


@pytest.mark.parametrize(
    ("role", "given", "seen"),
    [
        (Role.NURSE, ("LISHUI",), only("LISHUI")),
        (Role.MONITOR, ("LISHUI", "JIAXING"), only("LISHUI", "JIAXING")),
        (Role.DATA_MANAGER, (), EVERYWHERE),
        (Role.STATISTICIAN, (), EVERYWHERE),
        (Role.ADMINISTRATOR, (), only()),
        # A right with a hole in it, and a role that this version does not know.
        (Role.NURSE, (), only()),
        (Role.MONITOR, (), only()),
        ("auditor", (), only()),
    ],
)
def test_a_role_sees_the_sites_of_its_right_and_never_more(
    role: str, given: tuple[str, ...], seen: Sites
) -> None:
    person = service.person_of(Account(1, "lina", role, given))
    assert (person.name, person.role, person.sites) == ("lina", role, seen)
