"""A number that was declared wrong stands in no list."""

from datetime import date

from flask import Flask

from pro_app.acts.person import operator
from pro_app.acts.void_deeds import Wanted
from pro_app.acts.voids import Voided, declare
from pro_app.core.facts import EventKind
from pro_app.core.sites import EVERYWHERE
from pro_app.core.voids import What
from pro_app.deployment import deployment
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI, reading
from pro_app.store.forms.decisions import waiting
from pro_app.store.forms.form_detail import find_form
from tests import factories
from tests.conftest import HandClock
from tests.rooms.intake.desk import Desk
from tests.rooms.intake.desk import patient as patient_row


def test_nothing_waits_of_a_number_that_was_declared_wrong(in_app: Flask) -> None:
    patient_id = factories.add_patient(screened_on=date(2026, 1, 1))
    factories.add_form(patient_id, "V0", date(2026, 1, 5))
    factories.add_form(patient_id, "V0", date(2026, 1, 5), standing=False)
    with reading() as connection:
        assert [each.number for each in waiting(connection, EVERYWHERE)] == ["LISHUI-001"]
        assert find_form(connection, 1, sites=EVERYWHERE)
    at = occasion_of(deployment(), operator(CLI))
    done = declare(Wanted(What.PATIENT, "LISHUI-001", "entered twice"), at=at)
    assert isinstance(done, Voided)
    with reading() as connection:
        assert waiting(connection, EVERYWHERE) == []
        assert find_form(connection, 1, sites=EVERYWHERE) is None


def test_a_withdrawal_of_a_number_that_was_declared_wrong_asks_nothing(in_app: Flask) -> None:
    patient_id = factories.add_patient(screened_on=date(2026, 1, 1))
    factories.add_event(patient_id, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 1, 4))
    factories.add_form(patient_id, "V0", date(2026, 1, 5))
    with reading() as connection:
        assert [each.number for each in waiting(connection, EVERYWHERE)] == ["LISHUI-001"]
    at = occasion_of(deployment(), operator(CLI))
    assert isinstance(declare(Wanted(What.PATIENT, "LISHUI-001", "entered twice"), at=at), Voided)
    with reading() as connection:
        assert waiting(connection, EVERYWHERE) == []


def test_a_number_still_stands_at_an_instant_before_it_was_declared_wrong(
    desk: Desk, clock: HandClock
) -> None:
    before = "2026-03-05T08:00:00+08:00"
    desk.take("patients", patient_row(), patient_row("LISHUI-002"))
    counted = desk.compliance("2026-03-05")
    clock.advance(hours=1)
    desk.do("void", "patient", "LISHUI-002", "--why", "entered twice")
    assert desk.ledger("2026-03-05", number="LISHUI-002") == {}
    known_then = ("--known-at", before)
    assert "V0" in desk.ledger("2026-03-05", *known_then, number="LISHUI-002")
    assert desk.compliance("2026-03-05", *known_then) == counted
    assert desk.compliance("2026-03-05") != counted
