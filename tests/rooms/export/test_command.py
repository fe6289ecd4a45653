"""`flask export`: the same export without a browser."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from pro_app.core.facts import EventKind
from pro_app.deployment import deployment
from pro_app.export.service import past_exports
from pro_app.instruments import demonstration
from tests import factories
from tests.rooms.export.making import TODAY, V0, add_shown_form, insert_form, right_scores, rows


def run(app: Flask, folder: Path, *options: str) -> Result:
    return app.test_cli_runner().invoke(
        args=["export", str(folder), "--as-of", TODAY.isoformat(), *options]
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def test_the_command_writes_the_files_and_prints_what_they_hold(app: Flask, folder: Path) -> None:
    with app.app_context():
        factories.add_form(factories.add_patient(arm="RADICAL"), "V0", V0)
    result = run(app, folder)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["file", "rows", "sha256"]
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["patients.csv", "1"],
        ["ledger.csv", "11"],
        ["forms.csv", "1"],
    ]
    assert "arm" not in rows(folder, "patients.csv")[0]


def test_the_arm_and_an_earlier_instant_can_be_asked_for(app: Flask, folder: Path) -> None:
    with app.app_context():
        factories.add_patient(arm="RADICAL")
    assert run(app, folder, "--with-arm").exit_code == 0
    assert rows(folder, "patients.csv")[0]["arm"] == "RADICAL"
    assert run(app, folder, "--known-at", "2026-03-01T08:00:00+08:00").exit_code == 0
    assert rows(folder, "patients.csv") == []


def test_how_long_each_line_took_leaves_only_when_it_is_asked_for(app: Flask, folder: Path) -> None:
    with app.app_context():
        took = {deployment().instrument.item_codes[0]: [3, 8]}
        factories.add_form(factories.add_patient(), "V0", V0, item_times=took)
    assert run(app, folder).exit_code == 0
    assert "seen_s" not in rows(folder, "items.csv")[0]
    assert run(app, folder, "--with-timings").exit_code == 0
    first, second = rows(folder, "items.csv")[:2]
    assert (first["seen_s"], first["chosen_s"]) == ("3", "8")
    assert (second["seen_s"], second["chosen_s"]) == ("", "")
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["with_timings"] is True
    with app.app_context():
        assert [each.details["timings"] for each in past_exports()] == [True, False]


def test_a_folder_with_something_else_is_refused(app: Flask, folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.doc").write_text("mine")
    result = run(app, folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "thesis.doc" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["thesis.doc"]


def test_a_folder_that_can_not_be_made_is_refused(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = run(app, tmp_path / "file" / "export")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "can't be written" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--known-at", "2026-03-05T08:00:01+08:00"], "is in the future"),
        (["--known-at", "2026-03-05T08:00:00"], "time zone"),
        (["--known-at", "noon"], "time zone"),
        (["--as-of", "5 March"], "YYYY-MM-DD"),
    ],
)
def test_what_can_not_be_understood_is_refused(
    app: Flask, folder: Path, options: list[str], said: str
) -> None:
    result = run(app, folder, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert not folder.exists()


def test_the_day_must_be_given(app: Flask, folder: Path) -> None:
    assert app.test_cli_runner().invoke(args=["export", str(folder)]).exit_code == 2


def test_forms_that_stop_the_export_are_named(app: Flask, folder: Path) -> None:
    with app.app_context():
        scales = list(right_scores())
        submission_id = insert_form(right_scores() | {scales[0]: [3.5, 7, False]})
    result = run(app, folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "two scorers do not agree" in result.stderr
    assert f"{submission_id} {scales[0]}" in result.stderr
    assert not folder.exists()


def test_what_the_reader_should_know_goes_to_standard_error(app: Flask, folder: Path) -> None:
    with app.app_context():
        anna = factories.add_patient("LISHUI-001")
        factories.add_event(anna, EventKind.WITHDRAWAL_CONSENT, V0)
        bea = factories.add_patient("LISHUI-002")
        add_shown_form(bea, "V0", demonstration("fact_b_v4", "zh").sha256)
    result = run(app, folder)
    assert result.exit_code == 0
    assert "Left out, consent withdrawn: 1" in result.stderr
    assert "Demonstration wording" in result.stderr
    late = run(app, folder, "--as-of", "2026-03-06")
    assert late.exit_code == 0
    assert "has not come yet" in late.stderr
