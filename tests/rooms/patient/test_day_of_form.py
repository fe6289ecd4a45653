"""A form belongs to the day on which it was answered, by the server's clock."""

from datetime import date, timedelta

import pytest
from flask import Flask

from pro_app.core.facts import EventKind
from pro_app.core.ledger import Status
from pro_app.core.refused import Refused, Why
from pro_app.patient import drafting
from tests import factories
from tests.conftest import HandClock
from tests.rooms.patient.steps import (
    ACTOR,
    entry,
    filled,
    forms,
    occasion,
    receive,
    scores,
    taken,
    trail,
)


@pytest.fixture(autouse=True)
def _in_app(in_app: Flask, patient_id: int) -> None:
    """Every test here speaks to the service, with the month-3 window open."""


def test_answered_at_half_past_seven_belongs_to_that_local_day(april: HandClock) -> None:
    patient = factories.add_patient(
        "LISHUI-009",
        screened_on=date(2026, 4, 1),
        pro_consent_on=date(2026, 4, 1),
        randomised_on=date(2026, 4, 2),
    )
    april.set("2026-04-02T07:30+08:00")  # the day before, in UTC
    receive(patient, filled("V0"))
    assert forms()[0].answered_on == date(2026, 4, 2)
    assert entry(patient, "V0", date(2026, 4, 2)).status is Status.VALID


def test_one_minute_before_midnight_is_the_last_day(patient_id: int, april: HandClock) -> None:
    april.set("2026-04-19T23:59+08:00")
    receive(patient_id, filled())
    assert entry(patient_id, "V1", date(2026, 5, 1)).status is Status.VALID


def test_midnight_is_the_next_day_and_what_was_begun_before_it_is_out_of_window(
    patient_id: int, april: HandClock
) -> None:
    april.set("2026-04-19T23:40+08:00")
    form = filled()
    at = occasion()
    drafting.begin_form(ACTOR, patient_id, "V1", submission_id=form.submission_id, at=at)
    april.set("2026-04-20T00:00+08:00")
    receive(patient_id, form)
    assert forms()[0].answered_on == date(2026, 4, 20)
    assert entry(patient_id, "V1", date(2026, 5, 1)).status is Status.OUT_OF_WINDOW


def test_finished_after_the_close_it_is_kept_and_classified(
    patient_id: int, april: HandClock
) -> None:
    april.set("2026-04-20T00:00+08:00")
    taken(receive(patient_id, filled()))
    assert entry(patient_id, "V1", date(2026, 5, 1)).status is Status.OUT_OF_WINDOW


def test_before_the_window_has_opened_there_is_no_such_form(
    patient_id: int, april: HandClock
) -> None:
    april.set("2026-03-21T23:59+08:00")
    assert receive(patient_id, filled()) == Refused(Why.NOT_OPEN_YET)
    assert (forms(), trail("form.")) == ([], [])


def test_a_phone_three_days_ahead_does_not_move_the_day(patient_id: int) -> None:
    ahead = occasion().now + timedelta(days=3)
    receive(patient_id, filled(device_at=ahead, device_offset_minutes=480))
    [form] = forms()
    assert form.answered_on == date(2026, 4, 1)
    assert form.device_at - form.received_at == timedelta(days=3)
    assert form.device_offset_minutes == 480


def test_five_visits_one_after_the_other_are_all_there(patient_id: int, april: HandClock) -> None:
    for count, month in enumerate(["2026-04", "2026-07", "2026-10", "2027-01", "2027-07"], 1):
        april.set(f"{month}-05T08:00+08:00")
        receive(patient_id, filled(f"V{count}"))
        assert len(forms()) == len(scores()) == count


def test_answered_before_the_withdrawal_and_arrived_after_it_counts(
    patient_id: int, april: HandClock
) -> None:
    factories.add_event(patient_id, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 4, 2))
    april.set("2026-04-04T08:00+08:00")
    receive(patient_id, filled(answered_on=date(2026, 4, 1)))
    assert entry(patient_id, "V1", date(2026, 4, 4)).status is Status.VALID


def test_answered_after_the_withdrawal_is_put_aside_for_the_site(
    patient_id: int, april: HandClock
) -> None:
    factories.add_event(patient_id, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 3, 30))
    receive(patient_id, filled())
    assert entry(patient_id, "V1", date(2026, 4, 4)).status is Status.QUARANTINE_AFTER_WITHDRAWAL


def test_no_form_before_consent(april: HandClock) -> None:
    patient = factories.add_patient("LISHUI-009", pro_consent_on=None)
    assert receive(patient, filled()) == Refused(Why.NO_CONSENT)
