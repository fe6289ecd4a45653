"""What was begun and can't be finished goes, with a record; what still can stays."""

from datetime import date, timedelta

import pytest
from flask import Flask

from pro_app.deployment import deployment
from pro_app.followup import drafts as job
from pro_app.patient import drafting
from pro_app.security.secrets import new_submission_id
from pro_app.store.engine.transaction import WORKER
from tests import factories
from tests.conftest import HandClock
from tests.rooms.patient.steps import ACTOR, NUMBER, drafts, occasion, trail


@pytest.fixture(autouse=True)
def _begun(in_app: Flask, clock: HandClock) -> None:
    """V1 is open from 22 March to 19 April 2026, and was begun on its last evening."""
    clock.set("2026-04-01T08:00+08:00")
    patient_id = factories.add_patient(NUMBER)
    clock.set("2026-04-19T22:00+08:00")
    drafting.begin_form(ACTOR, patient_id, "V1", submission_id=new_submission_id(), at=occasion())


def _clear() -> int:
    return job.clear(at=factories.at_server(WORKER, now=deployment().clock()))


def test_a_draft_goes_once_its_window_is_closed_and_it_is_too_old(clock: HandClock) -> None:
    clock.set("2026-04-20T08:00+08:00")
    assert _clear() == 0  # begun in time, it may still be finished
    clock.advance(hours=deployment().instrument.draft_hours)
    assert _clear() == 1
    assert drafts() == []
    [event] = trail("draft.discarded")
    assert (event.subject, event.visit, event.actor) == (NUMBER, "V1", WORKER.name)
    assert event.changes["submission_id"][1] is None
    assert _clear() == 0


def test_an_old_draft_of_an_open_window_stays_for_the_nurse_to_call(clock: HandClock) -> None:
    clock.set("2026-04-01T08:00+08:00")
    patient_id = factories.add_patient("LISHUI-002")
    drafting.begin_form(ACTOR, patient_id, "V1", submission_id=new_submission_id(), at=occasion())
    clock.advance(days=10)
    assert _clear() == 0
    assert len(drafts()) == 2


def test_a_draft_beside_a_form_that_is_in_goes_at_once(clock: HandClock) -> None:
    factories.add_form(factories.patient_id_of(NUMBER), "V1", date(2026, 4, 10))
    clock.instant += timedelta(minutes=1)
    assert _clear() == 1
    assert drafts() == []
