"""Somebody broke the row of a version of the study: every door says which, and what to do."""

import html
import json
import logging
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from pro_app import studies, worker
from pro_app.amendments.service import Amended, amend
from pro_app.store.engine.database import db
from pro_app.store.tables import study_version
from tests.cast import Cast
from tests.factories import at_server
from tests.house.source import ROOT
from tests.rooms.amendments.files import Data, shipped, visit, written
from tests.rooms.intake.desk import Desk, patient
from tests.rooms.patient.steps import message, put

EN = {"Accept-Language": "en"}
SENTENCE = (
    "version 2 of the study can't be read: its row in study_version was altered. Restore the "
    "database from a backup; `flask audit verify --data` says whether anything else was altered."
)


def _longer(data: Data) -> None:
    visit(data, "V1")["days_after"] = 23


def _altered() -> str:
    """A study of the right shape that nobody recorded."""
    return json.dumps(shipped() | {"registry_id": "NCT1"})


def _break(content: str) -> None:
    """What the owner of the database can do: switch the triggers off, and write."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER study_version_refuse_update"))
        else:
            connection.execute(text("ALTER TABLE study_version DISABLE TRIGGER ALL"))
        row = study_version.update().where(study_version.c.number == 2)
        connection.execute(row.values(content=content))


@pytest.fixture
def amended(app: Flask, desk: Desk, tmp_path: Path) -> Desk:
    """The commands of a copy that nobody has asked for its second version yet."""
    desk.take("patients", patient())
    with app.app_context():
        done = amend(
            studies.load(str(written(tmp_path, "v2", _longer))),
            effective_on=date(2026, 3, 10),
            reason="Amendment 1",
            at=at_server(),
        )
        assert isinstance(done, Amended)
    return desk


@pytest.fixture
def broken(app: Flask, amended: Desk, request: pytest.FixtureRequest) -> Desk:
    """The same once its content is not what was recorded."""
    with app.app_context():
        _break(getattr(request, "param", "{"))
    return amended


@pytest.mark.parametrize("broken", ["{", "", "[]", "{}", _altered()], indirect=True, ids=range(5))
def test_a_command_names_the_version_and_what_to_do(broken: Desk) -> None:
    assert broken.refused("ledger").strip() == SENTENCE


@pytest.mark.parametrize(
    "words",
    [
        "compliance",
        "flags run",
        "worker",
        "study status",
        "study show",
        "study amend FILE --from 2026-04-01 --reason x",
        "export FOLDER --as-of 2026-03-01",
        "import events FILE",
        "void patient LISHUI-001 --why x",
        "reason LISHUI-001 V0 OTHER --said-by x --on 2026-03-01",
        "audit redact 1 --field reason --why x",
        "staff disable lina --reason x",
        "demo",
    ],
)
def test_so_does_every_other_command(broken: Desk, tmp_path: Path, words: str) -> None:
    places = {"FILE": tmp_path / "v2.json", "FOLDER": tmp_path / "out"}
    said = broken.refused(*(places.get(word, word) for word in words.split()))
    assert said.strip() == SENTENCE
    assert not (tmp_path / "out").exists()


def test_the_verification_still_finds_the_row(broken: Desk) -> None:
    said = broken.refused("audit", "verify", "--data")
    assert "version of the study" in said
    assert "was altered" in said


def test_the_server_does_not_start(broken: Desk, database_url: str) -> None:
    begun = subprocess.run(
        [sys.executable, "-c", "from pro_app import server; server.on_starting(None)"],
        cwd=ROOT,
        env={"PRO_DATABASE_URL": database_url, "PRO_SECRET_KEY": "a key for tests, long enough"},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert begun.returncode != 0
    assert begun.stderr.strip() == SENTENCE


def test_the_worker_says_so_and_goes_on_verifying(
    app: Flask, broken: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    worker.tick(app)
    [line] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert line.getMessage() == f"the worker's tick failed: {SENTENCE}"
    assert line.exc_info is None

    caplog.clear()
    worker.verify_data(app)
    [line] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "see `flask audit verify --data`" in line.getMessage()


def test_staff_read_it_on_a_page_and_a_patient_that_nothing_is_lost(
    app: Flask, amended: Desk, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    nurse, patients_own = cast.nurse_of_lishui(), cast.patient("LISHUI-001")
    with patients_own.session_transaction() as session:
        session["language"] = "en"
    with app.app_context():
        body = message("V1")
        _break("{")
    for path in ("/staff/today", "/staff/ledger", "/staff/patients/LISHUI-001"):
        page = nurse.get(path, headers=EN)
        assert page.status_code == 500
        assert SENTENCE in html.unescape(page.text)
    assert "第 2 版" in nurse.get("/staff/today", headers={"Accept-Language": "zh"}).text

    page = patients_own.get("/my/home", headers=EN)
    assert page.status_code == 500
    assert "What was saved is safe" in page.text
    assert "flask" not in page.text
    answer = put(patients_own, body)
    assert (answer.status_code, answer.json["error"]) == (500, "broken")
    logged = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert logged
    assert all(each.exc_info is None for each in logged)
