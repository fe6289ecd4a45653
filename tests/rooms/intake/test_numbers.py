"""One patient, one number, however it is written, at every door that takes numbers."""

import json
import re
import threading
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.facts import EventKind
from pro_app.security.roles import Role
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import audit_event, event, form
from pro_app.store.tables import patient as patient_table
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.intake import desk as files
from tests.rooms.intake.desk import Desk
from tests.rooms.intake.test_enrol import EN, ENROL, NEW_PATIENT, line, save, send, text

DAY = date(2026, 2, 1)
SPELLINGS = [
    "lishui-001",
    "LISHUI-1",
    "LISHUI-001.",
    "ＬＩＳＨＵＩ－００１",
    "Lishui—001",
    " lishui 01 ",
]


def numbers(app: Flask) -> list[str]:
    with app.app_context(), reading() as connection:
        found = connection.execute(select(patient_table.c.number).order_by(patient_table.c.id))
        return list(found.scalars())


def subjects(app: Flask, action: str) -> list[str]:
    query = select(audit_event.c.subject).where(audit_event.c.action == action)
    with app.app_context(), reading() as connection:
        return list(connection.execute(query.order_by(audit_event.c.id)).scalars())


def count(app: Flask, table) -> int:
    with app.app_context(), reading() as connection:
        return len(connection.execute(select(table)).all())


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_number_typed_otherwise_is_kept_in_its_normal_form(
    app: Flask, cast: Cast, typed: str
) -> None:
    nurse = cast.nurse_of_lishui()
    answer = nurse.post(ENROL, data=NEW_PATIENT | {"patient_id": typed}, headers=EN)
    assert answer.headers["Location"] == "/staff/patients/LISHUI-001"
    assert "LISHUI-001 is enrolled." in nurse.get(answer.headers["Location"], headers=EN).text
    assert numbers(app) == subjects(app, "patient.added") == ["LISHUI-001"]
    # And nobody is enrolled twice under it.
    for again in (*SPELLINGS, "LISHUI-001"):
        answer = nurse.post(ENROL, data=NEW_PATIENT | {"patient_id": again}, headers=EN)
        assert answer.status_code == 422
        assert "expected a number that is not in use" in answer.text
    assert numbers(app) == ["LISHUI-001"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("JIAXING-905", "a number of another site; expected one such as LISHUI-001"),
        ("jiaxing 905", "a number of another site; expected one such as LISHUI-001"),
        *[
            (typed, "such as LISHUI-001 (LISHUI-###, where # is a digit)")
            for typed in ("NA", "999", "-", "无", "LISHUI-1000", "LISHUI", "001", "../001", "1.5")
        ],
        ("", "expected a value"),
        ("13800138000", "looks like a telephone"),
    ],
)
def test_what_is_no_number_of_the_site_is_refused_with_what_is_expected(
    app: Flask, cast: Cast, desk: Desk, typed: str, says: str
) -> None:
    answer = cast.nurse_of_lishui().post(
        ENROL, data=NEW_PATIENT | {"patient_id": typed}, headers=EN
    )
    assert (answer.status_code, says in answer.text) == (422, True)
    shown = send(cast.data_manager(), text(line(typed)))
    assert (shown.status_code, says in shown.text) == (422, True)
    told = desk.take_nothing("patients", files.patient(typed, site="LISHUI"))
    assert "patients.csv:2: patient_id: " in told
    assert says in told
    assert numbers(app) == []


def test_another_sites_nurse_does_not_learn_whether_the_number_is_taken(
    app: Flask, cast: Cast
) -> None:
    with app.app_context():
        factories.add_patient("JIAXING-001", "JIAXING")
    nurse = cast.nurse_of_lishui()
    told = set()
    for number in ("JIAXING-001", "JIAXING-002"):
        page = nurse.post(ENROL, data=NEW_PATIENT | {"patient_id": number}, headers=EN).text
        told.add(re.sub(r'name="csrf_token" value="[^"]*"', "", page).replace(number, ""))
    assert len(told) == 1


def test_one_file_with_a_number_in_four_spellings_brings_one_patient(
    app: Flask, desk: Desk
) -> None:
    rows = [files.patient(typed, site="LISHUI") for typed in ("LISHUI-001", *SPELLINGS)]
    told = desk.take("patients", *rows)
    assert told == "patients: 1 added, 0 filled, 6 unchanged\n"
    assert "patients.csv:3: warning: this is already on line 2" in desk.remarks
    told = desk.take("patients", files.patient("lishui-1", site="LISHUI"))
    assert told == "patients: 0 added, 0 filled, 1 unchanged\n"
    assert numbers(app) == ["LISHUI-001"]


def test_a_file_by_page_keeps_the_normal_form(app: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    shown = send(nurse, text(line("lishui-1"), line("LISHUI—２")))
    assert save(nurse, shown).status_code == 302
    assert numbers(app) == ["LISHUI-001", "LISHUI-002"]


def test_events_forms_and_reasons_find_the_patient_that_was_meant(
    app: Flask, desk: Desk, clock: HandClock
) -> None:
    clock.set("2026-06-05T08:00+08:00")
    desk.take("patients", files.patient())
    for typed in ("LISHUI-001", *SPELLINGS):
        desk.take("events", files.event("progression", "2026-02-01", typed))
        desk.take("forms", files.form("V0", "2026-01-05", typed))
    assert count(app, event) == count(app, form) == 1
    assert subjects(app, "event.added") == subjects(app, "form.received") == ["LISHUI-001"]
    told = desk.do(
        "reason", "lishui-1", "V1", "P_FORGOT", "--said-by", "patient", "--on", "2026-06-01"
    )
    assert told == "LISHUI-001 V1 P_FORGOT\n"
    assert subjects(app, "reason.given") == ["LISHUI-001"]
    for kind, row in (
        ("events", files.event("death", "2026-02-02", "LISHUI-2")),
        ("forms", files.form("V1", "2026-04-05", "LISHUI-2")),
    ):
        told = desk.take_nothing(kind, row)
        assert f"{kind}.csv:2: patient_id: 'LISHUI-2' – expected a patient who has been" in told


def test_patients_from_before_the_pattern_stay_usable(
    app: Flask, cast: Cast, desk: Desk, clock: HandClock
) -> None:
    clock.set("2026-06-05T08:00+08:00")
    with app.app_context():
        for number in ("old.7", "lishui-004", "LISHUI-4"):
            factories.add_patient(number)
    nurse = cast.nurse_of_lishui()
    for number in ("old.7", "lishui-004", "LISHUI-4"):
        assert nurse.get(f"/staff/patients/{number}").status_code == 200
        desk.take("events", files.event("progression", "2026-02-01", number))
        desk.take("patients", files.patient(number, site="LISHUI"))
    desk.take("forms", files.form("V0", "2026-01-05", "OLD-7"))
    assert subjects(app, "form.received") == ["old.7"]
    assert len(numbers(app)) == 3
    # Two could be meant: none is guessed, and no third comes into being.
    several = "expected the number exactly as it is recorded"
    assert several in desk.take_nothing("events", files.event("death", "2026-02-02", "LISHUI-004"))
    assert several in desk.take_nothing("forms", files.form("V1", "2026-04-05", "LISHUI-004"))
    assert several in desk.take_nothing("patients", files.patient("LISHUI-004"))
    answer = nurse.post(ENROL, data=NEW_PATIENT | {"patient_id": "LISHUI-004"}, headers=EN)
    assert several in answer.text
    assert nurse.get("/staff/patients/LISHUI-004").status_code == 404


def test_pages_find_the_number_that_was_meant(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for number in ("LISHUI-001", "LISHUI-100"):
            factories.add_patient(number)
        factories.add_patient("JIAXING-001", "JIAXING")
        factories.add_event(factories.patient_id_of("LISHUI-100"), EventKind.SURGERY, DAY)
    nurse = cast.nurse_of_lishui()
    for typed in SPELLINGS:
        found = nurse.get("/staff/ledger", query_string={"number": typed}, headers=EN).text
        assert "/staff/patients/LISHUI-001" in found
        trail = nurse.get("/staff/trail", query_string={"number": typed}, headers=EN).text
        assert "LISHUI-001" in trail
        assert "LISHUI-100" not in trail
        there = nurse.get(f"/staff/patients/{typed.strip()}")
        assert there.headers["Location"] == "/staff/patients/LISHUI-001"
    # What is typed may be a part of it, too.
    assert "LISHUI-100" in nurse.get("/staff/ledger?number=lishui-1").text
    straight = nurse.get("/staff/ledger?search=1&number=Ｌishui－００１")
    assert straight.headers["Location"] == "/staff/patients/LISHUI-001"
    for path in ("patients/jiaxing-1", "patients/JIAXING-001"):
        assert nurse.get(f"/staff/{path}").status_code == 404
    assert "JIAXING-001" not in nurse.get("/staff/ledger?number=JIAXING-1").text.replace(
        'value="JIAXING-1"', ""
    )


def test_queries_are_found_by_the_number_that_was_meant(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient("LISHUI-001")
    manager = cast.data_manager()
    manager.post("/staff/queries/about/LISHUI-001", data={"words": "Please look again."})
    for typed in ("lishui-1", "LISHUI－００１", "ishui"):
        shown = manager.get("/staff/queries", query_string={"number": typed}).text
        assert "Please look again." in shown
    assert "Please look again." not in manager.get("/staff/queries?number=LISHUI-2").text


def test_the_trails_file_tells_which_number_was_meant(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient("LISHUI-001")
    cast.data_manager().post("/staff/trail", data={"number": "lishui-1"}).close()
    query = select(audit_event.c.changes).where(audit_event.c.action == "trail.exported")
    with app.app_context(), reading() as connection:
        [changes] = connection.execute(query).scalars()
    assert json.loads(json.dumps(changes))["number"] == [None, "LISHUI-001"]


def test_two_who_enrol_one_patient_at_once_in_two_spellings_make_one(
    app: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    nurse.post(
        ENROL, data=NEW_PATIENT | {"patient_id": "LISHUI-009"}
    )  # the database is the study's now
    people = [cast.staff(f"nurse{n}", Role.NURSE, "LISHUI") for n in range(4)]
    start, answers = threading.Barrier(len(people)), []

    def enrol(client: FlaskClient, typed: str) -> None:
        start.wait()
        answers.append(client.post(ENROL, data=NEW_PATIENT | {"patient_id": typed}).status_code)

    typing = zip(people, ("LISHUI-001", "lishui-1", "LISHUI－００１", "lishui 01"), strict=True)
    threads = [threading.Thread(target=enrol, args=each) for each in typing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 422, 422, 422]
    assert numbers(app) == ["LISHUI-009", "LISHUI-001"]
