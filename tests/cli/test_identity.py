"""Commands, server and worker on the database of another study, or of another version."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from pro_app import create_app
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.tables import audit_event, study_version
from pro_app.studies import load
from tests.conftest import HandClock, settings_for
from tests.rooms.intake.desk import Desk, patient

ROOT = Path(__file__).parents[2]

TINY = ROOT / "tests" / "tiny_study" / "study.json"


def shipped() -> dict[str, Any]:
    return copy.deepcopy(json.loads(load("nct04158843").content))  # type: ignore[no-any-return]


def study_file(folder: Path, name: str, **changes: object) -> Path:
    file = folder / f"{name}.json"
    file.write_text(json.dumps(shipped() | changes), encoding="utf-8")
    return file


Begin = Callable[[Path], Desk]


@pytest.fixture
def begin(database_url: str, desk: Desk, clock: HandClock, tmp_path: Path) -> Iterator[Begin]:
    """Commands of a copy that is told of another file, on a database with a patient."""
    desk.take("patients", patient())
    made = []

    def begun(file: Path) -> Desk:
        other = create_app(settings_for(database_url, tmp_path, study=str(file)), clock=clock)
        made.append(other)
        return Desk(other, tmp_path)

    yield begun
    for other in made:
        with other.app_context():
            db.engine.dispose()


def events(app: Flask) -> int:
    with app.app_context(), reading() as connection:
        return len(connection.execute(select(audit_event.c.id)).all())


@pytest.mark.parametrize(
    "words",
    [
        ("export", "OUT", "--as-of", "2026-03-01"),
        ("flags", "run"),
        ("ledger",),
        ("study", "status"),
    ],
    ids=lambda words: words[0],
)
def test_nothing_comes_out_of_another_study_s_database_and_nothing_gets_in(
    app: Flask, begin: Begin, tmp_path: Path, words: tuple[str, ...]
) -> None:
    other = begin(TINY)
    before = events(app)
    out = tmp_path / "out"
    said = other.refused(*[out if word == "OUT" else word for word in words])

    assert "this database holds the study nct04158843" in said
    assert "is that of tiny" in said
    assert "PRO_STUDY" in said
    assert not out.exists()
    assert events(app) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"time_zone": "Asia/Tokyo"}, "time_zone"),
        ({"registry_id": "NCT1"}, "registry_id"),
        ({"arms": [shipped()["arms"][0] | {"code": "OTHER"}]}, "arms"),
        ({"sites": [shipped()["sites"][0] | {"code": "ELSEWHERE"}]}, "sites"),
    ],
)
def test_what_makes_it_another_study_is_named(
    begin: Begin, tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    said = begin(study_file(tmp_path, field, **changes)).refused("ledger")
    assert f"differs in: {field}" in said


def test_a_changed_file_is_refused_until_it_is_an_amendment(
    desk: Desk, begin: Begin, tmp_path: Path
) -> None:
    file = study_file(tmp_path, "fewer", visits=shipped()["visits"][:-1])
    changed = begin(file)
    said = changed.refused("ledger")
    assert "differs from version 1, in force from the beginning: visits" in said
    assert "flask study amend FILE --from DATE --reason TEXT" in said

    changed.do("study", "amend", file, "--from", "2026-02-01", "--reason", "Amendment 1")
    assert "V10" not in changed.do("ledger")
    assert "differs from version 2" in desk.refused("ledger")


def test_spaces_order_and_comment_make_no_other_version(begin: Begin, tmp_path: Path) -> None:
    file = tmp_path / "turned.json"
    turned = dict(reversed(shipped().items())) | {"comment": "ours"}
    file.write_text(json.dumps(turned, indent=4), encoding="utf-8")
    begin(file).do("ledger")


def test_what_needs_no_database_asks_none(begin: Begin) -> None:
    begin(TINY).do("plan", "--anchor", "2026-01-05")
    begin(TINY).do("ledger", "--help")


def test_the_server_does_not_start_on_another_study(database_url: str, begin: Begin) -> None:
    def start(**study: str) -> subprocess.CompletedProcess[str]:
        own = {"PRO_DATABASE_URL": database_url, "PRO_SECRET_KEY": "a key for tests, long enough"}
        return subprocess.run(
            [sys.executable, "-c", "from pro_app import server; server.on_starting(None)"],
            cwd=ROOT,
            env=own | study,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )

    assert start().returncode == 0
    refused = start(PRO_STUDY=str(TINY))
    assert refused.returncode != 0
    assert "this database holds the study nct04158843" in refused.stderr
    assert "Traceback" not in refused.stderr


def _forget_versions(app: Flask) -> None:
    """As it was before versions were kept."""
    with app.app_context(), db.engine.connect().execution_options(writes=True) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER study_version_refuse_delete"))
        else:
            connection.execute(text("ALTER TABLE study_version DISABLE TRIGGER ALL"))
        connection.execute(delete(study_version))
        connection.commit()


def test_a_database_from_before_gets_its_first_version_at_the_first_start(
    app: Flask, desk: Desk
) -> None:
    desk.take("patients", patient())
    _forget_versions(app)
    desk.do("ledger")
    desk.do("ledger")

    with app.app_context(), reading() as connection:
        row = connection.execute(select(study_version)).one()
        recorded = connection.execute(
            select(audit_event.c.changes).where(audit_event.c.action == "study.recorded")
        ).all()
        assert (row.number, row.sha256) == (1, deployment().file.sha256)
        assert recorded[-1].changes == {"sha256": [None, row.sha256]}
        assert len(recorded) == 2


def test_a_database_from_before_whose_rows_name_other_sites_is_refused(
    app: Flask, desk: Desk
) -> None:
    desk.take("patients", patient())
    _forget_versions(app)
    with app.app_context(), transaction(CLI, deployment().now()) as tx:
        tx.execute(text("UPDATE patient SET site = 'ELSEWHERE'"))
        tx.record("test.moved", "LISHUI-001")
    assert "differs in: sites" in desk.refused("ledger")
