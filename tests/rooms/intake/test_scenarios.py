"""The black-box scenarios of the oracle, told in files and commands.

Numbers and sentences are those of the list; what concerns a patient's own pages,
messages and previews is told with the rooms that have them.
"""

import json
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from pro_app.clock import day_of
from pro_app.core.schedule import add_months, plan
from pro_app.core.sites import EVERYWHERE
from pro_app.deployment import deployment
from pro_app.store.engine.state import claim
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.patients.events import events_of, supersede_event
from pro_app.store.patients.patients import change_state, find_patient
from pro_app.store.tables import audit_event
from pro_app.studies import load
from tests.conftest import HandClock
from tests.rooms.intake.desk import Desk, event, form, patient

ANCHOR = date(2024, 1, 10)
VISITS = {visit.visit: visit for visit in plan(load("nct04158843").visits, ANCHOR)}
ZONE = "Asia/Shanghai"
DAY = timedelta(days=1)


def mei(**changes: str) -> dict[str, str]:
    """One patient, randomised on the anchor day."""
    row = patient(
        screened_on="2024-01-05",
        pro_consent_on="2024-01-05",
        randomised_on=ANCHOR.isoformat(),
    )
    return {**row, **changes}


def after(days: int) -> str:
    return (ANCHOR + days * DAY).isoformat()


def in_no_rate(desk: Desk, as_of: str) -> bool:
    return {row["N"] for row in desk.compliance(as_of)} == {0}


@pytest.mark.parametrize("as_of", ["2024-01-05", "2024-03-01", "2026-03-05"])
def test_01_screened_and_not_randomised_one_row_open_and_in_no_rate(desk: Desk, as_of: str) -> None:
    desk.take("patients", mei(randomised_on=""), mei(patient_id="LISHUI-002", pro_consent_on=""))

    found = desk.ledger(as_of)
    assert list(found) == ["V0"]
    assert (found["V0"]["status"], found["V0"]["opens_on"]) == ("WINDOW_OPEN", "2024-01-05")
    assert (found["V0"]["target_on"], found["V0"]["closes_on"]) == (None, None)
    assert desk.ledger(as_of, number="LISHUI-002") == {}
    assert in_no_rate(desk, as_of)


@pytest.mark.parametrize("anchor", ["2022-11-30", "2024-01-31", "2024-08-31", "2024-02-29"])
def test_02_each_target_is_counted_from_the_anchor(desk: Desk, anchor: str) -> None:
    desk.take("patients", mei(randomised_on=anchor))

    found = desk.ledger("2026-03-05")
    planned = json.loads(desk.do("plan", "--anchor", anchor, "--json"))
    targets = [row["target_on"] for row in planned]
    assert [row["target_on"] for row in found.values()] == targets
    start = date.fromisoformat(anchor)
    assert targets == [add_months(start, row["month"]).isoformat() for row in planned]
    if anchor == "2022-11-30":
        assert targets[2] == "2023-05-30"


@pytest.mark.parametrize(
    ("days_later", "status"), [(7, "VALID"), (14, "VALID"), (15, "OUT_OF_WINDOW")]
)
def test_03_a_baseline_answered_before_randomisation_counts_by_its_day(
    desk: Desk, clock: HandClock, days_later: int, status: str
) -> None:
    clock.set("2024-01-08T10:00+08:00")
    desk.take("patients", mei(randomised_on=""))
    desk.take("forms", form("V0", "2024-01-08"))
    entry = desk.ledger("2024-01-08")["V0"]
    assert (entry["status"], entry["answered_on"]) == ("WINDOW_OPEN", "2024-01-08")
    randomised = (date(2024, 1, 8) + days_later * DAY).isoformat()
    assert "expected a day not after today" in desk.take_nothing(
        "patients", mei(randomised_on=randomised)
    )

    clock.advance(days=days_later)
    desk.take("patients", mei(randomised_on=randomised))
    assert desk.statuses(randomised)["V0"] == status


def test_04_no_entries_at_all(desk: Desk) -> None:
    desk.take("patients", mei())

    statuses = desk.statuses(after(91))
    assert (statuses["V0"], statuses["V1"], statuses["V2"]) == (
        "MISSING",
        "WINDOW_OPEN",
        "NOT_YET_DUE",
    )


def test_05_a_past_day_is_had_again_to_the_byte(desk: Desk) -> None:
    desk.take("patients", mei())
    desk.take("forms", form("V0", after(0)))
    once = desk.ledger_text(after(91))
    desk.take("forms", form("V1", after(92)))
    desk.take("events", event("death", after(100)))

    assert desk.ledger_text(after(91)) == desk.ledger_text(after(91)) == once
    assert desk.ledger_text(after(101)) != once


@pytest.mark.parametrize(
    ("instant", "status"),
    [("T23:59+08:00", "VALID"), ("T24:00+08:00", "OUT_OF_WINDOW")],
)
def test_06_the_closing_day_ends_at_midnight_in_shanghai(
    desk: Desk, instant: str, status: str
) -> None:
    closes_on = VISITS["V1"].closes_on
    moment = datetime.fromisoformat(f"{closes_on}T23:59:00+08:00")
    if instant.startswith("T24"):
        moment += timedelta(minutes=1)
    desk.take("patients", mei())
    desk.take("forms", form("V1", day_of(moment, ZONE).isoformat()))

    for as_of in (closes_on + 10 * DAY, closes_on + 400 * DAY):
        assert desk.statuses(as_of.isoformat())["V1"] == status


def test_07_a_form_between_two_windows_is_kept_out_of_window(desk: Desk) -> None:
    desk.take("patients", mei())
    between = VISITS["V1"].closes_on + 5 * DAY
    desk.take("forms", form("V1", between.isoformat()))

    entry = desk.ledger(between.isoformat())["V1"]
    assert (entry["status"], entry["answered_on"]) == ("OUT_OF_WINDOW", between.isoformat())
    assert entry["items_answered"] == 37
    row = next(row for row in desk.compliance(between.isoformat()) if row["visit"] == "V1")
    assert (row["E"], row["V"]) == (1, 0)


def test_08_a_paper_form_counts_by_its_answering_day(
    desk: Desk, app: Flask, clock: HandClock
) -> None:
    clock.set("2024-04-28T10:00+08:00")  # four days after the window closed
    desk.take("patients", mei())
    desk.take("forms", form("V1", "2024-04-20", entered_by="Chen Jing"))

    assert desk.statuses("2024-04-28")["V1"] == "VALID"
    with app.app_context(), reading() as connection:
        (record,) = connection.execute(
            audit_event.select().where(audit_event.c.action == "form.received")
        )
    assert record.changes["answered_on"] == [None, "2024-04-20"]
    assert record.changes["entered_by"] == [None, "Chen Jing"]
    assert record.changes["mode"] == [None, "paper"]
    assert day_of(record.at, ZONE) == date(2024, 4, 28)


def test_09_early_in_the_morning_belongs_to_that_day(desk: Desk) -> None:
    moment = datetime.fromisoformat(f"{ANCHOR}T07:30:00+08:00")  # the day before in UTC
    desk.take("patients", mei())
    desk.take("forms", form("V0", day_of(moment, ZONE).isoformat()))

    entry = desk.ledger(after(0))["V0"]
    assert (entry["answered_on"], entry["status"]) == (ANCHOR.isoformat(), "VALID")


def test_13_of_two_forms_the_first_stands_and_the_second_is_not_counted(desk: Desk) -> None:
    desk.take("patients", mei())
    desk.take("forms", form("V1", after(91), answered=37))
    told = desk.take("forms", form("V1", after(92), answered=10))

    assert told == "forms: 0 added, 1 kept as conflicts, 0 unchanged\n"
    entry = desk.ledger(after(120))["V1"]
    assert (entry["status"], entry["answered_on"]) == ("VALID", after(91))
    row = next(row for row in desk.compliance(after(120)) if row["visit"] == "V1")
    assert (row["E"], row["V"]) == (1, 1)


def test_15_after_a_withdrawal_later_visits_are_not_expected(desk: Desk) -> None:
    desk.take("patients", mei())
    desk.take("forms", form("V0", after(0)))
    withdrawn = VISITS["V1"].target_on + DAY  # V1 is open, its target day has passed
    desk.take("events", event("withdrawal_questionnaires", withdrawn.isoformat()))

    statuses = desk.statuses((withdrawn + DAY).isoformat())
    assert (statuses["V0"], statuses["V1"]) == ("VALID", "WINDOW_OPEN")
    assert {statuses[visit] for visit in list(VISITS)[2:]} == {"NE_WITHDRAWN"}
    assert desk.statuses("2024-12-31")["V1"] == "MISSING"


def test_16_a_form_answered_before_the_withdrawal_may_arrive_after_it(desk: Desk) -> None:
    desk.take("patients", mei())
    desk.take("events", event("withdrawal_questionnaires", after(95)))
    desk.take("forms", form("V1", after(94)))

    assert desk.statuses(after(120))["V1"] == "VALID"
    row = next(row for row in desk.compliance(after(120)) if row["visit"] == "V1")
    assert row["V"] == 1


def test_17_a_form_answered_after_the_withdrawal_is_quarantined(desk: Desk) -> None:
    desk.take("patients", mei())
    desk.take("events", event("withdrawal_questionnaires", after(95)))
    desk.take("forms", form("V1", after(96)))

    entry = desk.ledger(after(120))["V1"]
    assert (entry["status"], entry["answered_on"]) == ("QUARANTINE_AFTER_WITHDRAWAL", after(96))
    row = next(row for row in desk.compliance(after(120)) if row["visit"] == "V1")
    # Expected on the target day, which lies before the withdrawal; the form is none.
    assert (row["E"], row["R"], row["V"]) == (1, 0, 0)


def test_18_a_death_reported_late_reclassifies_and_the_earlier_report_remains(
    desk: Desk, clock: HandClock
) -> None:
    died, reported = after(60), ANCHOR + 81 * DAY
    clock.set(f"{ANCHOR}T09:00+08:00")
    desk.take("patients", mei())
    clock.set(f"{reported}T09:00+08:00")
    before = desk.ledger_text(reported.isoformat())
    clock.advance(minutes=1)
    desk.take("events", event("death", died))

    statuses = desk.statuses(reported.isoformat())
    assert {statuses[visit] for visit in list(VISITS)[1:]} == {"NE_DEATH"}
    known_at = f"{reported}T09:00:30+08:00"
    assert desk.ledger_text(reported.isoformat(), "--known-at", known_at) == before
    assert "NE_DEATH" not in before


def test_19_a_death_entered_by_mistake_and_corrected_leaves_no_effect(
    desk: Desk, app: Flask
) -> None:
    desk.take("patients", mei())
    before = desk.ledger_text("2026-03-05")
    desk.take("events", event("death", after(60)))
    assert desk.ledger_text("2026-03-05") != before

    with app.app_context(), transaction(CLI, deployment().now()) as tx:
        person = find_patient(tx.connection, "LISHUI-001", sites=EVERYWHERE)
        assert person is not None
        ((death,),) = events_of(tx.connection, [person.id]).values()
        supersede_event(tx, death.id)
        tx.record("event.corrected", "LISHUI-001", reason="entered for the wrong patient")

    assert desk.ledger_text("2026-03-05") == before
    with app.app_context(), reading() as connection:
        actions = [row.action for row in connection.execute(audit_event.select())]
    assert actions[-3:] == ["event.added", "file.imported", "event.corrected"]
    desk.take("events", event("death", after(70)))  # a true one can still be told
    assert desk.ledger("2026-03-05")["V1"]["status"] == "NE_DEATH"


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        ("treatment_stopped", []),
        ("withdrawal_treatment", []),
        ("progression", ["AFTER_PROGRESSION"]),
    ],
)
def test_20_stopping_treatment_or_progression_closes_nothing(
    desk: Desk, kind: str, flags: list[str]
) -> None:
    desk.take("patients", mei())
    before = desk.statuses("2026-03-05")
    desk.take("events", event(kind, after(30)))

    found = desk.ledger("2026-03-05")
    assert {visit: row["status"] for visit, row in found.items()} == before
    assert (found["V0"]["flags"], found["V1"]["flags"], found["V2"]["flags"]) == ([], flags, flags)


def test_21_a_corrected_randomisation_day_moves_targets_and_reclassifies(
    desk: Desk, app: Flask
) -> None:
    opens_on = VISITS["V1"].opens_on
    desk.take("patients", mei())
    desk.take("forms", form("V1", opens_on.isoformat()))
    assert desk.ledger("2026-03-05")["V1"]["status"] == "VALID"
    # A file never overwrites: a correction is somebody's decision, with a reason.
    assert "randomised_on" in desk.take_nothing("patients", mei(randomised_on=after(7)))

    with app.app_context(), transaction(CLI, deployment().now()) as tx:
        person = find_patient(tx.connection, "LISHUI-001", sites=EVERYWHERE)
        assert person is not None
        state = type(person.state)(
            person.state.language,
            person.state.screened_on,
            person.state.pro_consent_on,
            ANCHOR + 7 * DAY,
            person.state.able,
        )
        change_state(tx, person, state, deployment().study)
        tx.record("patient.corrected", "LISHUI-001", reason="read from the wrong line")

    entry = desk.ledger("2026-03-05")["V1"]
    assert entry["target_on"] == (VISITS["V1"].target_on + 7 * DAY).isoformat()
    assert (entry["answered_on"], entry["status"]) == (opens_on.isoformat(), "OUT_OF_WINDOW")


@pytest.mark.parametrize("forms", [0, 1, 9, 10])
def test_24_ledger_rates_and_export_work_with_any_number_of_forms(
    desk: Desk, app: Flask, forms: int
) -> None:
    if forms == 0:  # not even a patient
        with app.app_context(), transaction(CLI, deployment().now()) as tx:
            claim(tx, deployment().study.id, synthetic=False)
            tx.record("study.claimed", deployment().study.id)
    else:
        desk.take("patients", mei())
        desk.take("forms", *(form(visit, after(0)) for visit in list(VISITS)[:forms]))

    assert len(desk.ledger("2026-03-05")) == (11 if forms else 0)
    assert len(desk.compliance("2026-03-05")) == 12
    folder = desk.folder / "export"
    desk.do("export", folder, "--as-of", "2026-03-05")
    lines = (folder / "forms.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + forms
