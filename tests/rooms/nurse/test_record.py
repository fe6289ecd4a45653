"""What is known of a patient: completed, corrected, and what moves with it."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from pro_app.core.schedule import plan
from pro_app.core.sites import EVERYWHERE
from pro_app.deployment import deployment
from pro_app.followup.service import synchronise_flags
from pro_app.nurse import service
from pro_app.store.engine.transaction import WORKER, reading
from pro_app.store.patients.patients import find_patient
from pro_app.store.patients.state_versions import versions_of
from pro_app.store.tables import missing_flag, planned_visit
from pro_app.store.trail.trail import trail_of
from tests import factories
from tests.cast import Cast
from tests.rooms.nurse.test_events import EN, PATIENT, ask, save, statuses

RECORD = f"{PATIENT}/record"
RANDOMISED = date(2025, 1, 10)
KNOWN = {
    "language": "zh",
    "able": "yes",
    "screened_on": "2025-01-02",
    "pro_consent_on": "2025-01-02",
    "consent_version": "",
    "randomised_on": RANDOMISED.isoformat(),
}


@pytest.fixture
def world(app: Flask) -> Flask:
    """V1 was answered on the last day of its window."""
    with app.app_context():
        patient_id = factories.add_patient(
            screened_on=date(2025, 1, 2), pro_consent_on=date(2025, 1, 2), randomised_on=RANDOMISED
        )
        factories.add_form(patient_id, "V0", date(2025, 1, 10))
        factories.add_form(patient_id, "V1", date(2025, 3, 27))
    return app


def change(nurse: FlaskClient, **fields: str) -> TestResponse:
    return save(nurse, RECORD, **(KNOWN | fields))


def last_recorded(app: Flask) -> tuple[str, dict[str, list[str | None]], str | None]:
    with app.app_context(), reading() as connection:
        [last, *_] = trail_of(connection, "LISHUI-001", limit=1)
        return last.action, {k: list(v) for k, v in last.changes.items()}, last.reason


def test_21_a_corrected_randomisation_moves_every_target_and_forms_keep_their_days(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    assert statuses(world)["V1"] == "VALID"
    later = RANDOMISED + timedelta(days=7)
    shown = ask(nurse, RECORD, **(KNOWN | {"randomised_on": later.isoformat(), "why": "misread"}))
    for old in ("2025-03-27 – 2025-04-24", "target 2025-04-10"):
        assert old in shown.text
    for new in ("2025-04-03 – 2025-05-01", "target 2025-04-17"):
        assert new in shown.text
    assert "Forms that were handed in keep their days" in shown.text
    assert statuses(world)["V1"] == "VALID"  # nothing is saved yet

    change(nurse, randomised_on=later.isoformat(), why="misread")
    after = entries(world)
    assert (after["V1"].status, after["V1"].answered_on) == ("OUT_OF_WINDOW", date(2025, 3, 27))
    with world.app_context(), reading() as connection:
        visits = plan(deployment().study.visits, later)
        kept = select(planned_visit.c.visit, planned_visit.c.target_on)
        assert dict(connection.execute(kept).all()) == {v.visit: v.target_on for v in visits}
    assert last_recorded(world) == (
        "patient.corrected",
        {"randomised_on": [RANDOMISED.isoformat(), later.isoformat()]},
        "misread",
    )


def entries(app: Flask) -> dict[str, service.Entry]:
    with app.app_context():
        found = service.ledger(as_of=deployment().today(), at=factories.at_server())
        return {entry.visit: entry for entry in found}


def test_a_flag_moves_with_its_window_and_closes_when_it_has_not_closed_yet(
    world: Flask, cast: Cast
) -> None:
    with world.app_context():
        synchronise_flags(at=factories.at_server(WORKER))
    change(cast.nurse_of_lishui(), randomised_on="2025-02-25", why="misread")
    query = select(missing_flag.c.visit, missing_flag.c.closed_window_on).where(
        missing_flag.c.closed_at.is_(None)
    )
    with world.app_context(), reading() as connection:
        flags = dict(connection.execute(query).all())
    assert flags == {"V2": date(2025, 9, 8), "V3": date(2025, 12, 9)}


def test_a_recorded_value_changes_only_with_a_reason(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    answer = ask(nurse, RECORD, **(KNOWN | {"language": "en"}))
    assert (answer.status_code, "Write in a few words why" in answer.text) == (422, True)
    investigator = cast.investigator_of_lishui()
    change(investigator, language="en", able="no", why="misread at the randomisation")
    assert last_recorded(world)[1] == {"language": ["zh", "en"], "able": ["yes", "no"]}
    with world.app_context(), reading() as connection:
        patient = find_patient(connection, "LISHUI-001", sites=EVERYWHERE)
        assert patient
        assert (patient.state.language, patient.state.able) == ("en", False)
        versions = versions_of(connection, patient.id)
    assert [v.state.language for v in versions] == ["zh", "en"]


def test_what_was_empty_is_filled_without_a_reason(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient(pro_consent_on=None, randomised_on=None, screened_on=date(2026, 3, 1))
    nurse = cast.nurse_of_lishui()
    fields = {"language": "zh", "able": "yes", "screened_on": "2026-03-01"}
    consent = {"pro_consent_on": "2026-03-02"}
    assert "which version" in ask(nurse, RECORD, **fields, **consent).text
    shown = ask(nurse, RECORD, **fields, **consent, consent_version="PRO 2.0")
    assert "The patient can open: V0" in shown.text
    save(nurse, RECORD, **fields, **consent, consent_version="PRO 2.0")
    assert statuses(app) == {"V0": "WINDOW_OPEN"}
    assert last_recorded(app) == (
        "patient.filled",
        {"pro_consent_on": [None, "2026-03-02"], "consent_version": [None, "PRO 2.0"]},
        None,
    )
    save(
        nurse,
        RECORD,
        **fields,
        **consent,
        consent_version="PRO 2.0",
        randomised_on="2026-03-04",
    )
    assert len(statuses(app)) == len(plan_of(app))


def test_the_time_of_randomisation_is_filled_and_corrected(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    change(nurse, randomised_time="09:30")
    assert last_recorded(world) == ("patient.filled", {"randomised_time": [None, "09:30"]}, None)
    shown = ask(nurse, RECORD, **(KNOWN | {"randomised_time": "10:30", "why": "misread"}))
    assert "09:30" in shown.text
    change(nurse, randomised_time="10:30", why="misread")
    assert last_recorded(world)[1] == {"randomised_time": ["09:30", "10:30"]}
    assert "10:30" in nurse.get(PATIENT, headers=EN).text


def test_a_time_of_randomisation_needs_its_day(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient(randomised_on=None)
    fields = KNOWN | {"randomised_on": "", "randomised_time": "09:30", "why": "x"}
    fields |= {"screened_on": "2026-01-01", "pro_consent_on": "2026-01-01"}
    answer = ask(cast.nurse_of_lishui(), RECORD, **fields)
    assert (answer.status_code, "Write the day of randomisation, too" in answer.text) == (422, True)


def plan_of(app: Flask) -> tuple[object, ...]:
    with app.app_context():
        return plan(deployment().study.visits, RANDOMISED)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"randomised_on": "2026-03-06", "why": "x"}, "This day is in the future."),
        ({"randomised_on": "10.1.2025", "why": "x"}, "Write the day as 2026-03-05."),
        ({"randomised_on": "", "why": "x"}, "can be corrected, but not emptied"),
        ({"randomised_time": "24:00", "why": "x"}, "Write the time as 09:30."),
        ({"language": "fr", "why": "x"}, "Choose one from the list."),
        ({"consent_version": "2" * 41}, "keep it under 40 characters"),
        ({}, "Nothing was changed. Change"),
    ],
)
def test_what_can_not_be_is_refused(
    world: Flask, cast: Cast, fields: dict[str, str], says: str
) -> None:
    answer = ask(cast.nurse_of_lishui(), RECORD, **(KNOWN | fields))
    assert (answer.status_code, says in answer.text) == (422, True)


def test_a_screening_after_what_happened_names_it_and_its_day(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    save(nurse, f"{PATIENT}/events", kind="surgery", on="2025-02-01")
    fields = KNOWN | {"screened_on": "2025-03-01", "why": "misread"}
    answer = ask(nurse, RECORD, **fields)
    assert "Surgery is recorded for 2025-02-01, before this screening." in answer.text
    answer = nurse.post(RECORD, data=fields | {"step": "look"}, headers={"Accept-Language": "zh"})
    assert (answer.status_code, "2025-02-01 已记录“手术”" in answer.text) == (422, True)


def test_a_consent_after_a_form_is_warned_of(world: Flask, cast: Cast) -> None:
    fields = KNOWN | {"pro_consent_on": "2025-02-01", "consent_version": "2", "why": "new form"}
    shown = ask(cast.nurse_of_lishui(), RECORD, **fields)
    assert "have days before this consent" in shown.text


def test_only_the_nurses_of_the_site_may_change_a_record(world: Flask, cast: Cast) -> None:
    fields = KNOWN | {"language": "en", "why": "x", "step": "save"}
    assert cast.nurse_of_jiaxing().get(RECORD, headers=EN).status_code == 404
    assert ask(cast.nurse_of_jiaxing(), RECORD, **fields).status_code == 404
    assert ask(cast.statistician(), RECORD, **fields).status_code == 403
