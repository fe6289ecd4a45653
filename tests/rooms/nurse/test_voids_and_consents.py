"""Declare wrong, add a version of the consent, decide after a withdrawal: on the pages."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.facts import EventKind
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import allocation, consent, form, signature, void
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.rooms.nurse.test_events import EN, PATIENT, ask, fields_of, save, statuses

SIGNED = {"password": PASSWORD}


@pytest.fixture
def world(app: Flask) -> Flask:
    """Randomised on 10 January 2025; V0 and V1 are in, and a progression."""
    with app.app_context():
        patient_id = factories.add_patient(
            screened_on=date(2025, 1, 2), randomised_on=date(2025, 1, 10), arm="RADICAL"
        )
        factories.add_form(patient_id, "V0", date(2025, 1, 10))
        factories.add_form(patient_id, "V1", date(2025, 4, 10))
        factories.add_event(patient_id, EventKind.PROGRESSION, date(2025, 6, 1))
    return app


def rows(app: Flask, query: object) -> list[tuple[object, ...]]:
    with app.app_context(), reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def v1(app: Flask) -> str:
    [(found,)] = rows(app, select(form.c.submission_id).where(form.c.visit == "V1"))
    return str(found)


def sign(client: FlaskClient, path: str, **fields: str) -> str:
    shown = ask(client, path, **fields)
    assert shown.status_code == 200, shown.text
    data = fields_of(shown) | {"step": "save"} | SIGNED
    done = client.post(path, data=data, headers=EN, follow_redirects=True)
    assert done.status_code == 200, done.text
    return done.text


def test_a_form_is_declared_wrong_by_signature_and_shown_struck_out(
    world: Flask, cast: Cast
) -> None:
    investigator = cast.investigator_of_lishui()
    fields = {"what": "form", "form": v1(world), "visit": "V1", "why": "another patient’s"}
    shown = ask(investigator, f"{PATIENT}/void", **fields)
    assert "Missing" in shown.text  # what becomes of the visit
    assert rows(world, select(void.c.id)) == []
    unsigned = investigator.post(
        f"{PATIENT}/void", data=fields | {"step": "save", "password": "wrong"}, headers=EN
    )
    assert (unsigned.status_code, rows(world, select(void.c.id))) == (422, [])
    page = sign(investigator, f"{PATIENT}/void", **fields)
    assert "<s>Form V1" in page
    assert statuses(world)["V1"] == "MISSING"
    assert rows(world, select(signature.c.kind)) == [("void",)]
    again = ask(investigator, f"{PATIENT}/void", **fields)
    assert (again.status_code, "declared wrong before" in again.text) == (422, True)


def test_an_event_a_randomisation_and_a_number_are_declared_wrong(world: Flask, cast: Cast) -> None:
    investigator = cast.investigator_of_lishui()
    event = {
        "what": "event",
        "kind": "progression",
        "on": "2025-06-01",
        "why": "not of this patient",
    }
    assert "Disease progressed" in sign(investigator, f"{PATIENT}/void", **event)
    sign(investigator, f"{PATIENT}/void", what="randomisation", why="not of this patient")
    assert set(statuses(world)) == {"V0"}
    page = sign(investigator, f"{PATIENT}/void", what="patient", why="entered twice")
    assert "<s>LISHUI-001</s>" in page
    assert statuses(world) == {}
    assert [kind for (kind,) in rows(world, select(void.c.kind).order_by(void.c.id))] == [
        "event",
        "randomisation",
        "patient",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"what": "arm", "why": "no"},
        {"what": "form", "why": "which?"},
        {"what": "event", "kind": "death", "on": "2025-13-01", "why": "no such day"},
        {"what": "randomisation"},
    ],
)
def test_what_is_not_said_is_asked_for(world: Flask, cast: Cast, fields: dict[str, str]) -> None:
    answer = ask(cast.investigator_of_lishui(), f"{PATIENT}/void", **fields)
    assert answer.status_code == 422
    assert rows(world, select(void.c.id)) == []


def test_the_nurse_declares_nothing_wrong(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    assert nurse.get(f"{PATIENT}/void").status_code == 403
    assert "Declare wrong" not in nurse.get(PATIENT, headers=EN).text


def test_the_statistician_declares_an_arm_wrong_and_nobody_reads_it(
    world: Flask, cast: Cast
) -> None:
    statistician = cast.statistician()
    assert cast.investigator_of_lishui().get(f"{PATIENT}/void/arm").status_code == 403
    page = statistician.get(f"{PATIENT}/void/arm", headers=EN).text
    assert "RADICAL" not in page
    done = statistician.post(f"{PATIENT}/void/arm", data={"why": "swapped"} | SIGNED, headers=EN)
    assert done.status_code == 302
    assert rows(world, select(allocation.c.superseded_at))[0][0] is not None
    again = statistician.post(f"{PATIENT}/void/arm", data={"why": "again"} | SIGNED, headers=EN)
    assert (again.status_code, "declared wrong before" in again.text) == (422, True)


def test_a_nurse_adds_a_version_and_the_first_day_stays(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    shown = ask(nurse, f"{PATIENT}/consents", version="2.0", on="2026-01-15")
    assert "The first consent and its day stay as they are" in shown.text
    save(nurse, f"{PATIENT}/consents", version="2.0", on="2026-01-15")
    assert rows(world, select(consent.c.version, consent.c.consented_on)) == [
        ("2.0", date(2026, 1, 15))
    ]
    assert statuses(world)["V1"] == "VALID"
    assert "2026-01-15" in nurse.get(PATIENT, headers=EN).text
    twice = ask(nurse, f"{PATIENT}/consents", version="2.0", on="2026-01-15")
    assert (twice.status_code, "recorded already" in twice.text) == (422, True)


def test_a_correction_of_the_first_day_names_past_reports(world: Flask, cast: Cast) -> None:
    shown = ask(
        cast.nurse_of_lishui(),
        f"{PATIENT}/record",
        language="zh",
        able="yes",
        screened_on="2025-01-02",
        pro_consent_on="2026-01-15",
        consent_version="2.0",
        randomised_on="2025-01-10",
        why="misread",
    )
    assert "Reports of past days change, too" in shown.text


def test_the_investigator_signs_what_becomes_of_the_data(world: Flask, cast: Cast) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    save(nurse, f"{PATIENT}/events", kind="withdrawal_consent", on="2026-02-01")
    page = nurse.get(PATIENT, headers=EN).text
    assert "No data of this patient are shown or exported" in page
    decision = {"decision": "retain", "source": "letter of the board"}
    path = f"{PATIENT}/consents/decision"
    assert nurse.post(path, data=decision | SIGNED, headers=EN).status_code == 403
    unsigned = investigator.post(path, data=decision, headers=EN)
    assert unsigned.status_code == 422
    assert investigator.post(path, data=decision | SIGNED, headers=EN).status_code == 302
    assert "No data of this patient" not in nurse.get(PATIENT, headers=EN).text


def test_a_transfer_takes_the_record_to_the_new_site(world: Flask, cast: Cast) -> None:
    nurse, there = cast.nurse_of_lishui(), cast.nurse_of_jiaxing()
    assert there.get(PATIENT).status_code == 404
    shown = ask(nurse, f"{PATIENT}/events", kind="transfer", on="2025-07-01", to_site="JIAXING")
    assert "Once this is saved, only" in shown.text
    done = nurse.post(f"{PATIENT}/events", data=fields_of(shown) | {"step": "save"}, headers=EN)
    assert done.headers["Location"].endswith("/staff/ledger")
    assert nurse.get(PATIENT).status_code == 404
    assert there.get(PATIENT).status_code == 200
    again = ask(there, f"{PATIENT}/events", kind="transfer", on="2025-07-01", to_site="ZJCC")
    assert (again.status_code, "A transfer on 2025-07-01" in again.text) == (422, True)


def test_a_return_lets_the_patient_answer_again(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    save(nurse, f"{PATIENT}/events", kind="withdrawal_questionnaires", on="2025-05-01")
    assert statuses(world)["V2"] == "NE_WITHDRAWN"
    shown = ask(nurse, f"{PATIENT}/events", kind="return_to_questionnaires", on="2025-09-01")
    assert "Messages to the patient begin again" in shown.text
    save(nurse, f"{PATIENT}/events", kind="return_to_questionnaires", on="2025-09-01")
    assert (statuses(world)["V2"], statuses(world)["V3"]) == ("NE_WITHDRAWN", "MISSING")
