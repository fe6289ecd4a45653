"""`flask import patients`: added once, filled where empty, never overwritten."""

from datetime import time

import pytest
from flask import Flask
from sqlalchemy import func, select

from pro_app.core.sites import EVERYWHERE
from pro_app.store.engine.state import claim, read_state
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.patients.patients import arms_of, find_patient
from pro_app.store.tables import audit_event, patient_version, planned_visit
from pro_app.store.tables import patient as patient_table
from tests.conftest import HandClock
from tests.rooms.intake.desk import Desk, patient, text_of

EMPTY = dict.fromkeys(
    ("arm", "language", "screened_on", "pro_consent_on", "randomised_on", "able"), ""
)


@pytest.fixture
def stored(app: Flask):
    """Count rows, and read the trail."""

    class Stored:
        def count(self, table) -> int:
            with app.app_context(), reading() as connection:
                return connection.execute(select(func.count()).select_from(table)).scalar_one()

        def trail(self, action: str) -> list[tuple[str, dict]]:
            query = (
                select(audit_event).where(audit_event.c.action == action).order_by(audit_event.c.id)
            )
            with app.app_context(), reading() as connection:
                return [(row.subject, row.changes) for row in connection.execute(query)]

        def patient(self, number: str = "LISHUI-001"):
            with app.app_context(), reading() as connection:
                found = find_patient(connection, number, sites=EVERYWHERE)
                return found.state, arms_of(connection).get(found.id)

    return Stored()


def test_the_same_file_twice_changes_nothing(desk: Desk, stored) -> None:
    rows = [patient(f"LISHUI-{number:03}") for number in range(1, 31)]

    assert desk.take("patients", *rows) == "patients: 30 added, 0 filled, 0 unchanged\n"
    trail = stored.count(audit_event)
    assert desk.take("patients", *rows) == "patients: 0 added, 0 filled, 30 unchanged\n"
    assert "warning" not in desk.remarks
    assert stored.count(audit_event) == trail
    assert stored.count(patient_version) == 30
    assert stored.count(planned_visit) == 330


def test_the_first_import_makes_the_database_the_studys(desk: Desk, app: Flask) -> None:
    desk.take("patients", patient())

    with app.app_context(), reading() as connection:
        state = read_state(connection)
    assert state is not None
    assert (state.study, state.synthetic) == ("nct04158843", False)


def test_what_was_empty_is_filled_later(desk: Desk, stored) -> None:
    desk.take("patients", patient(**EMPTY))
    assert stored.count(planned_visit) == 0
    told = desk.take("patients", patient(**EMPTY | {"screened_on": "2026-01-01"}))
    assert told == "patients: 0 added, 1 filled, 0 unchanged\n"
    assert stored.count(planned_visit) == 1
    assert desk.take("patients", patient()) == "patients: 0 added, 1 filled, 0 unchanged\n"
    assert stored.count(planned_visit) == 11

    state, arm = stored.patient()
    assert (state.language, state.able, arm) == ("zh", True, "RADICAL")
    assert state.randomised_on.isoformat() == "2026-01-05"
    # An empty cell says nothing: it takes nothing away.
    told = desk.take("patients", patient(**EMPTY))
    assert told == "patients: 0 added, 0 filled, 1 unchanged\n"
    assert stored.patient() == (state, arm)


def test_the_time_of_randomisation_may_be_given(desk: Desk, stored) -> None:
    desk.take("patients", patient(randomised_time=""))
    assert stored.patient()[0].randomised_time is None
    told = desk.take("patients", patient(randomised_time="09:05"))
    assert told == "patients: 0 added, 1 filled, 0 unchanged\n"
    assert stored.patient()[0].randomised_time == time(9, 5)
    assert stored.trail("patient.filled")[0][1] == {"randomised_time": [None, "09:05"]}
    told = desk.take_nothing("patients", patient(randomised_time="09:06"))
    assert "randomised_time: '09:06' – expected 09:05, which is recorded already" in told


@pytest.mark.parametrize("value", ["9:05", "24:00", "9.05", "09:05:00", "T0905", "noon"])
def test_what_is_no_time_of_day_is_refused(desk: Desk, value: str) -> None:
    told = desk.take_nothing("patients", patient(randomised_time=value))
    assert f"randomised_time: '{value}' – expected a time of day, HH:MM" in told


def test_a_time_without_its_day_is_refused(desk: Desk) -> None:
    told = desk.take_nothing("patients", patient(randomised_on="", randomised_time="09:05"))
    assert "randomised_time: '09:05' – expected an empty cell while randomised_on is empty" in told


def test_the_arm_alone_may_be_filled(desk: Desk, stored) -> None:
    desk.take("patients", patient(arm=""))
    desk.take("patients", patient(arm="PALLIATIVE"))

    assert stored.patient()[1] == "PALLIATIVE"
    assert stored.count(patient_version) == 1


def test_the_trail_says_what_came_and_keeps_the_arm_to_itself(desk: Desk, stored) -> None:
    desk.take("patients", patient(randomised_on="", arm=""))
    desk.take("patients", patient())

    ((subject, added),) = stored.trail("patient.added")
    assert subject == "LISHUI-001"
    assert added["site"] == [None, "LISHUI"]
    assert added["able"] == [None, "yes"]
    filled = {"randomised_on": [None, "2026-01-05"], "arm": [None, "recorded"]}
    assert stored.trail("patient.filled") == [("LISHUI-001", filled)]


@pytest.mark.parametrize(
    ("column", "value", "known"),
    [
        ("site", "ZJCC", "LISHUI"),
        ("arm", "PALLIATIVE", "RADICAL"),
        ("language", "en", "zh"),
        ("randomised_on", "2026-01-06", "2026-01-05"),
        ("able", "no", "yes"),
    ],
)
def test_another_value_than_the_known_one_is_refused_naming_both(
    desk: Desk, stored, column: str, value: str, known: str
) -> None:
    desk.take("patients", patient())
    told = desk.take_nothing("patients", patient("LISHUI-002"), patient(**{column: value}))

    assert f"patients.csv:3: {column}: '{value}' – expected {known}, which is recorded" in told
    assert stored.count(patient_table) == 1


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("patient_id", "", "expected a value"),
        ("patient_id", "李娜", "expected a trial number"),
        ("patient_id", "A" * 41, "expected a trial number"),
        ("patient_id", "A B", "expected a trial number"),
        ("patient_id", "13812345678", "'138…' – expected a trial number; this looks like"),
        ("patient_id", "33250119700101123X", "'332…' – expected a trial number; this looks"),
        ("site", "", "expected one of LISHUI, JIAXING, ZJCC, SAHZU"),
        ("site", "lishui", "expected one of LISHUI, JIAXING, ZJCC, SAHZU"),
        ("arm", "A", "expected one of RADICAL, PALLIATIVE, or an empty cell"),
        ("language", "de", "expected one of zh, en, or an empty cell"),
        ("able", "1", "expected one of yes, no, or an empty cell"),
        ("screened_on", "01/02/2026", "expected a day, YYYY-MM-DD"),
        ("screened_on", "2026-02-30", "expected a day, YYYY-MM-DD"),
        ("screened_on", "20260101", "expected a day, YYYY-MM-DD"),
        ("screened_on", "2026-W01-1", "expected a day, YYYY-MM-DD"),
        ("screened_on", "0001-01-01", "expected a day, YYYY-MM-DD, from 1900 on"),
        ("randomised_on", "2026-03-06", "expected a day not after today, 2026-03-05"),
    ],
)
def test_what_makes_no_sense_is_refused_by_line(
    desk: Desk, stored, column: str, value: str, expected: str
) -> None:
    told = desk.take_nothing("patients", patient("LISHUI-002"), patient() | {column: value})

    assert f"patients.csv:3: {column}: " in told
    assert expected in told
    assert told.endswith("Nothing was written.\n")
    assert stored.count(patient_table) == stored.count(audit_event) == 0


def test_today_is_the_day_in_the_trials_zone(desk: Desk, clock: HandClock) -> None:
    clock.set("2026-03-05T16:30+00:00")  # 00:30 on the sixth in Shanghai

    desk.take("patients", patient(randomised_on="2026-03-06"))


def test_every_problem_is_listed_by_line_up_to_twenty_and_all_are_counted(desk: Desk) -> None:
    rows = [patient(f"LISHUI-{n:03}", able="?", language="?") for n in range(30)]
    told = desk.take_nothing("patients", *rows).splitlines()

    assert len(told) == 22
    assert told[0].split(": ")[0].endswith("patients.csv:2")
    assert told[19].split(": ")[0].endswith("patients.csv:11")
    assert told[20:] == ["… and 40 more, 60 in all", "Nothing was written."]


def test_a_patient_twice_in_the_file_is_taken_once_with_a_word(desk: Desk, stored) -> None:
    told = desk.take("patients", patient(able=""), patient(able=""), patient())

    assert told == "patients: 1 added, 1 filled, 1 unchanged\n"
    assert "patients.csv:3: warning: this is already on line 2" in desk.remarks
    assert "patients.csv:4: warning: this is already on line 3" in desk.remarks
    assert stored.patient()[0].able is True
    assert stored.count(patient_version) == 1


def test_a_file_that_contradicts_itself_is_refused(desk: Desk) -> None:
    told = desk.take_nothing("patients", patient(), patient(language="en"))

    assert "patients.csv:3: language: 'en' – expected zh, which is recorded already" in told


def test_randomised_before_the_screening_is_worth_a_word(desk: Desk) -> None:
    told = desk.take("patients", patient(screened_on="2026-01-09"))

    assert told.startswith("patients: 1 added")
    assert "before the screening on 2026-01-09" in desk.remarks
    desk.take("patients", patient(screened_on="2026-01-09"))
    assert "warning" not in desk.remarks


def test_a_trial_run_says_what_would_be_and_writes_nothing(desk: Desk, stored) -> None:
    told = desk.take("patients", patient(), options=("--dry-run",))

    assert told == "patients: 1 added, 0 filled, 0 unchanged\n"
    assert "nothing was written" in desk.remarks
    assert stored.count(patient_table) == stored.count(audit_event) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_from_excel_come_in_whole(desk: Desk, encoding: str, end: str) -> None:
    text = text_of([patient()]) + "," * 7 + "\n"  # emptied rows are saved as commas
    content = text.replace("\n", end).encode(encoding)

    told = desk.do("import", "patients", desk.file("patients.csv", content))
    assert told == "patients: 1 added, 0 filled, 0 unchanged\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "patients.csv: the file is empty"),
        (b"patient_id\n", "patients.csv:1: site: expected this column; it is missing"),
        (
            text_of([patient() | {"phone": "1"}]).encode(),
            "patients.csv:1: phone: unknown column; expected patient_id, site, arm",
        ),
        (text_of([patient()]).encode("utf-16"), "patients.csv: expected CSV text"),
        (
            (text_of([patient()]) + "LISHUI-002,LISHUI\n").encode(),
            "patients.csv:3: '2' – expected 8 cells",
        ),
    ],
    ids=["empty", "columns missing", "unknown column", "utf-16", "short line"],
)
def test_a_file_that_is_no_list_of_patients_is_refused(
    desk: Desk, stored, content: bytes, expected: str
) -> None:
    told = desk.refused("import", "patients", desk.file("patients.csv", content))

    assert told.replace(f"{desk.folder}/", "").startswith(expected)
    assert stored.count(patient_table) == 0


def test_a_header_alone_adds_nobody(desk: Desk) -> None:
    header = text_of([patient()]).splitlines()[0]

    told = desk.do("import", "patients", desk.file("patients.csv", f"{header}\n"))
    assert told == "patients: 0 added, 0 filled, 0 unchanged\n"


def test_the_database_of_another_study_is_refused(desk: Desk, app: Flask) -> None:
    with app.app_context(), transaction(CLI, app.extensions["deployment"].now()) as tx:
        claim(tx, "another", synthetic=False)
        tx.record("study.claimed", "another")

    told = desk.take_nothing("patients", patient())
    assert told.startswith("this database holds the study another; the study file nct04158843")


def test_a_demonstrations_database_is_worth_a_word(desk: Desk, app: Flask) -> None:
    with app.app_context(), transaction(CLI, app.extensions["deployment"].now()) as tx:
        claim(tx, "nct04158843", synthetic=True)
        tx.record("study.claimed", "nct04158843")

    desk.take("patients", patient())
    assert "made-up patients" in desk.remarks
