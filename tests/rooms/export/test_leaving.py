"""Withdrawn consent: no cut gives a row of the patient, whatever day or instant it is of."""

import json
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from pro_app.core.facts import EventKind
from pro_app.core.leaving import Ruling
from tests import factories
from tests.conftest import HandClock
from tests.rooms.export.making import TODAY, V0, content, export, rows, without_instant
from tests.rooms.export.test_command import run

ANNA = "LISHUI-001"
ON = date(2026, 3, 1)


@pytest.fixture
def anna(in_app: Flask, clock: HandClock) -> int:
    """Anna answered V0; on 6 March the site records a withdrawal on the first."""
    patient_id = factories.add_patient(ANNA)
    factories.add_form(patient_id, "V0", V0)
    factories.add_patient("LISHUI-002")
    return patient_id


def withdraw(patient_id: int, clock: HandClock) -> None:
    clock.set("2026-03-06T08:00+08:00")
    factories.add_event(patient_id, EventKind.WITHDRAWAL_CONSENT, ON)


def traces(folder: Path) -> set[str]:
    return {name for name, data in content(folder).items() if ANNA.encode() in data}


def counts(folder: Path) -> list[dict[str, str]]:
    return [r | {"withheld": ""} for r in rows(folder, "compliance.csv")]


@pytest.mark.parametrize("as_of", [date(2026, 2, 28), ON, TODAY])
@pytest.mark.parametrize("earlier", [False, True])
def test_no_day_and_no_instant_brings_a_row_back(
    anna: int, tmp_path: Path, clock: HandClock, as_of: date, earlier: bool
) -> None:
    before = clock()
    export(tmp_path / "before", as_of)
    assert "patients.csv" in traces(tmp_path / "before")
    withdraw(anna, clock)
    manifest = export(tmp_path / "after", as_of, known_at=before if earlier else None)
    assert manifest.content["withheld_consent_withdrawn"] == 1
    # A cut that held the patient names them; no other does.
    named = earlier or as_of < ON
    assert manifest.content["taken_out"] == (
        [{"patient_id": ANNA, "why": "CONSENT_WITHDRAWN", "data_until": None}] if named else []
    )
    assert traces(tmp_path / "after") == ({"manifest.json"} if named else set())
    if earlier:
        assert counts(tmp_path / "before") == counts(tmp_path / "after")


def test_what_was_retained_leaves_up_to_the_day_of_the_withdrawal(
    anna: int, tmp_path: Path, clock: HandClock
) -> None:
    withdraw(anna, clock)
    factories.add_event(anna, EventKind.DEATH, date(2026, 3, 5))
    clock.advance(hours=1)
    factories.decide_on_data(anna, Ruling.RETAIN)
    manifest = export(tmp_path / "export", TODAY)
    assert manifest.content["withheld_consent_withdrawn"] == 0
    assert [r["event"] for r in rows(tmp_path / "export", "events.csv")] == ["withdrawal_consent"]
    assert [r["visit"] for r in rows(tmp_path / "export", "forms.csv")] == ["V0"]


def test_what_was_erased_never_leaves_again(anna: int, tmp_path: Path, clock: HandClock) -> None:
    withdraw(anna, clock)
    clock.advance(hours=1)
    factories.decide_on_data(anna, Ruling.ERASE)
    factories.add_event(anna, EventKind.RETURN_CONSENT, date(2026, 3, 6))
    manifest = export(tmp_path / "export", TODAY)
    assert manifest.content["taken_out"] == []
    assert traces(tmp_path / "export") == set()


def test_whoever_consents_again_is_there_again(anna: int, tmp_path: Path, clock: HandClock) -> None:
    withdraw(anna, clock)
    factories.add_event(anna, EventKind.RETURN_CONSENT, date(2026, 3, 6))
    export(tmp_path / "export", TODAY)
    assert len(rows(tmp_path / "export", "forms.csv")) == 1


def test_a_cut_is_made_again_to_the_byte_though_facts_came_since(
    anna: int, tmp_path: Path, clock: HandClock
) -> None:
    moment = clock()
    first = export(tmp_path / "first", TODAY)
    clock.set("2026-03-06T08:00+08:00")
    factories.add_event(anna, EventKind.DEATH, date(2026, 2, 1))
    factories.add_patient("LISHUI-003")
    factories.add_form(anna, "V0", V0, standing=False)
    assert first.content["known_at"] == "2026-03-05T00:00:00Z"
    export(tmp_path / "again", TODAY, known_at=moment)
    assert content(tmp_path / "first") == content(tmp_path / "again")


def test_a_cut_from_which_somebody_was_held_back_is_made_again_without_them(
    anna: int, tmp_path: Path, clock: HandClock
) -> None:
    withdraw(anna, clock)
    moment = clock()
    export(tmp_path / "first", TODAY)
    clock.advance(hours=1)
    factories.decide_on_data(anna, Ruling.RETAIN)
    export(tmp_path / "again", TODAY, known_at=moment)
    assert content(tmp_path / "first") == content(tmp_path / "again")
    export(tmp_path / "now", TODAY)
    assert without_instant(tmp_path / "now") != without_instant(tmp_path / "first")


def test_the_command_names_who_was_taken_out(app: Flask, clock: HandClock, tmp_path: Path) -> None:
    with app.app_context():
        patient_id = factories.add_patient(ANNA)
        withdraw(patient_id, clock)
    told = run(app, tmp_path / "export", "--known-at", "2026-03-05T08:00+08:00")
    assert told.exit_code == 0
    assert rows(tmp_path / "export", "patients.csv") == []
    with app.app_context():
        clock.set("2026-03-07T08:00+08:00")
        factories.add_event(factories.add_patient("LISHUI-009"), EventKind.WITHDRAWAL_CONSENT, ON)
    told = run(app, tmp_path / "export", "--known-at", "2026-03-06T23:00+08:00")
    assert "Taken out" not in told.stderr  # the patient was not known then
    told = run(app, tmp_path / "export", "--as-of", "2026-02-28")
    assert (
        "Taken out of this data set, consent withdrawn later: LISHUI-001, LISHUI-009" in told.stderr
    )
    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text("utf-8"))
    assert [each["patient_id"] for each in manifest["taken_out"]] == ["LISHUI-001", "LISHUI-009"]


@pytest.mark.parametrize(
    ("file", "by"), [("compliance.csv", []), ("compliance_scales.csv", ["--by", "scale"])]
)
def test_the_counts_are_those_of_the_command_whoever_withdrew(
    app: Flask, clock: HandClock, tmp_path: Path, file: str, by: list[str]
) -> None:
    with app.app_context():
        patient_id = factories.add_patient(ANNA)
        factories.add_form(patient_id, "V0", V0)
        factories.add_patient("JIAXING-001", "JIAXING")
        withdraw(patient_id, clock)
        export(tmp_path / "export", TODAY)
    asked = ["compliance", "--as-of", "2026-03-05", "--json", *by]
    told = app.test_cli_runner().invoke(args=asked)
    found = [r for r in rows(tmp_path / "export", file) if r["site"] == "all"]
    if not by:
        assert [r["withheld"] for r in found] == ["1"] * 11 + ["11"]
    for row, said in zip(found, json.loads(told.stdout), strict=True):
        assert {name: row[name] for name in said} == {
            name: "" if value is None else str(value) for name, value in said.items()
        }
