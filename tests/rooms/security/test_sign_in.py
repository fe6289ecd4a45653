"""The two doors: staff by name and password, patients by link and PIN."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.deployment import deployment
from pro_app.security import secrets, service
from pro_app.security.roles import PATIENT_LIMITS, STAFF_LIMITS, Role
from pro_app.security.service import LinkEnded, SignedIn, WrongPin
from pro_app.store.tables import audit_event, patient_link, sign_in, staff
from pro_app.store.transaction import CLI, reading
from tests import factories
from tests.cast import PASSWORD, PIN
from tests.conftest import HandClock

pytestmark = pytest.mark.usefixtures("in_app")
PEPPER = "a key for tests that is long enough"


def link() -> str:
    patient_id = factories.add_patient()
    return service.new_link(patient_id, "LISHUI-001", actor=CLI, now=deployment().now())


def enter(token: str, pin: str, clock: HandClock) -> SignedIn | WrongPin | LinkEnded:
    return service.sign_in_patient(token, pin, pepper=PEPPER, now=clock())


def nurse() -> None:
    now = deployment().now()
    assert service.add_staff("lina", Role.NURSE, "LISHUI", PASSWORD, actor=CLI, now=now)


def test_only_name_and_password_together_sign_in(clock: HandClock) -> None:
    nurse()
    assert service.sign_in_staff("lina", "wrong", now=clock()) is None
    assert service.sign_in_staff("nobody", PASSWORD, now=clock()) is None
    token = service.sign_in_staff("lina", PASSWORD, now=clock())
    assert token is not None
    account = service.signed_in_staff(token, now=clock())
    assert account is not None
    assert (account.name, account.role, account.site) == ("lina", "nurse", "LISHUI")


def test_a_name_is_never_given_twice(clock: HandClock) -> None:
    nurse()
    assert not service.add_staff("lina", Role.NURSE, "ZJCC", PASSWORD, actor=CLI, now=clock())


@pytest.mark.parametrize(("role", "site"), [(Role.NURSE, None), (Role.DATA_MANAGER, "LISHUI")])
def test_a_nurse_has_one_site_and_the_others_have_none(
    role: Role, site: str | None, clock: HandClock
) -> None:
    with pytest.raises(ValueError, match="do not go together"):
        service.add_staff("lina", role, site, PASSWORD, actor=CLI, now=clock())


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
    assert service.reset_password("lina", "another long password", actor=CLI, now=clock())
    assert service.signed_in_staff(second, now=clock()) is None
    assert service.sign_in_staff("lina", PASSWORD, now=clock()) is None


def test_no_secret_is_stored_as_it_is(clock: HandClock) -> None:
    nurse()
    token = link()
    session = enter(token, PIN, clock)
    assert isinstance(session, SignedIn)
    with reading() as connection:
        kept = [
            str(row)
            for table in (staff, patient_link, sign_in, audit_event)
            for row in connection.execute(select(table))
        ]
    for secret in (PASSWORD, PIN, token, session.token):
        assert not [row for row in kept if secret in row]


def test_a_patient_chooses_her_pin_on_first_use_and_needs_it_afterwards(clock: HandClock) -> None:
    token = link()
    first = enter(token, PIN, clock)
    assert isinstance(first, SignedIn)
    found = service.signed_in_patient(first.token, now=clock())
    assert found is not None
    assert found.number == "LISHUI-001"
    assert enter(token, "000000", clock) == WrongPin(timedelta(0))
    assert isinstance(enter(token, PIN, clock), SignedIn)


def test_wrong_pins_make_the_next_try_wait_longer_but_never_for_good(clock: HandClock) -> None:
    token = link()
    enter(token, PIN, clock)
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


def test_a_thousand_guesses_do_not_shut_a_patient_out(clock: HandClock) -> None:
    token = link()
    enter(token, PIN, clock)
    tried = 0
    for _ in range(20):
        clock.advance(seconds=20)
        refused = enter(token, "000000", clock)
        assert isinstance(refused, WrongPin)
        tried += 1
    with reading() as connection:
        counted = connection.execute(select(patient_link.c.wrong_pins)).scalar_one()
    assert counted < tried / 2  # most were not even looked at
    patient_id = factories.patient_id_of("LISHUI-001")
    new = service.new_link(patient_id, "LISHUI-001", actor=CLI, now=clock())
    assert isinstance(enter(new, PIN, clock), SignedIn)


def test_a_new_link_ends_the_old_one_and_its_sessions(clock: HandClock) -> None:
    token = link()
    session = enter(token, PIN, clock)
    assert isinstance(session, SignedIn)
    patient_id = factories.patient_id_of("LISHUI-001")
    service.new_link(patient_id, "LISHUI-001", actor=CLI, now=clock())
    assert service.find_link(token) is None
    assert isinstance(enter(token, PIN, clock), LinkEnded)
    assert service.signed_in_patient(session.token, now=clock()) is None


def test_a_patient_s_session_outlasts_a_rest_but_not_a_day(clock: HandClock) -> None:
    session = enter(link(), PIN, clock)
    assert isinstance(session, SignedIn)
    clock.advance(hours=3)
    assert service.signed_in_patient(session.token, now=clock()) is not None
    clock.instant += PATIENT_LIMITS.idle + timedelta(seconds=1)
    assert service.signed_in_patient(session.token, now=clock()) is None


@pytest.mark.parametrize("text", ["123", "1234567", "12a4", "１２３４", "", " 1234"])
def test_a_pin_is_four_to_six_plain_digits(text: str) -> None:
    assert not service.is_pin(text)
    assert service.is_pin(PIN)
    assert service.is_pin("0000")


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
