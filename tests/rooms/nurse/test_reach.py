"""The last sign of a patient, on the patient's page and in the rows of Today."""

from datetime import date

import pytest
from flask import Flask

from pro_app.core.contact import Channel, Outcome
from pro_app.core.reach import Proof, Way
from pro_app.core.sites import EVERYWHERE
from pro_app.deployment import deployment
from pro_app.nurse import calls
from pro_app.store.engine.transaction import reading
from pro_app.store.statuses.reach import reach_of
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock

NUMBER = "LISHUI-001"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def patient_id(app: Flask) -> int:
    """The month-6 window is open; that of month 3 opened on 20 November."""
    with app.app_context():
        return factories.add_patient(NUMBER, randomised_on=date(2025, 9, 4))


def last(app: Flask) -> tuple[Proof | None, bool]:
    with app.app_context(), reading() as connection:
        parts = deployment()
        found = reach_of(connection, parts.study, [NUMBER], today=parts.today())[NUMBER]
        return found.proof, found.lost


def call(app: Flask, outcome: Outcome) -> None:
    with app.app_context():
        calls.write_down(
            NUMBER,
            visit=None,
            channel=Channel.SMS,
            outcome=outcome,
            call_back_at=None,
            at=factories.at_desk(factories.ACTOR, EVERYWHERE),
        )


def test_a_form_a_sign_in_and_a_call_that_was_answered_are_proofs(
    app: Flask, patient_id: int, cast: Cast, clock: HandClock
) -> None:
    assert last(app) == (None, True)
    with app.app_context():
        factories.add_form(patient_id, "V0", date(2025, 9, 4))
    assert last(app) == (Proof(date(2025, 9, 4), Way.FORM), True)
    cast.patient(NUMBER)
    assert last(app) == (Proof(date(2026, 3, 5), Way.PAGE), False)
    clock.set("2026-03-06T08:00+08:00")
    for outcome in (Outcome.NO_ANSWER, Outcome.REMINDED):
        call(app, outcome)
    assert last(app) == (Proof(date(2026, 3, 5), Way.PAGE), False)
    call(app, Outcome.REACHED)
    assert last(app) == (Proof(date(2026, 3, 6), Way.CALL), False)


def test_who_gave_no_sign_is_marked_on_today_and_on_their_page(
    app: Flask, patient_id: int, cast: Cast
) -> None:
    with app.app_context():
        factories.add_form(patient_id, "V0", date(2025, 9, 4))
    nurse = cast.nurse_of_lishui()
    assert "no contact since 2025-09-04" in nurse.get("/staff/today", headers=ENGLISH).text
    page = nurse.get(f"/staff/patients/{NUMBER}", headers=ENGLISH).text
    assert "2025-09-04, form answered" in page
    assert "a whole visit ago" in page
    call(app, Outcome.REACHED)
    assert "no contact since" not in nurse.get("/staff/today", headers=ENGLISH).text
    page = nurse.get(f"/staff/patients/{NUMBER}", headers=ENGLISH).text
    assert "2026-03-05, spoken with" in page
    assert "a whole visit ago" not in page
