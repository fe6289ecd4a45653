"""What an export says of itself, and what stops it."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import select, text

from pro_app.audit.service import seal
from pro_app.core.facts import Mode
from pro_app.deployment import deployment
from pro_app.export import writing
from pro_app.export.service import Block, Blocked
from pro_app.export.writing import FolderTaken
from pro_app.instruments import demonstration
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.patients import PatientState, add_patients
from pro_app.store.tables import WITNESSED, audit_event
from tests import factories
from tests.conftest import HandClock
from tests.factories import ACTOR
from tests.house.source import ROOT
from tests.rooms.audit.test_witness import free
from tests.rooms.export.making import (
    TODAY,
    V0,
    add_shown_form,
    content,
    export,
    insert_form,
    right_scores,
    rows,
    values,
)

pytestmark = pytest.mark.usefixtures("in_app")

ARMS = {"RADICAL", "PALLIATIVE"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def test_an_export_is_kept_in_the_trail_with_the_digest_of_its_manifest(folder: Path) -> None:
    factories.add_patient(arm="RADICAL")
    manifest = export(folder, TODAY, with_arm=True)
    assert manifest.sha256 == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    with reading() as connection:
        event = connection.execute(
            select(audit_event).where(audit_event.c.action == "export.made")
        ).one()
    made = {name: new for name, (_, new) in event.changes.items()}
    assert (event.actor, event.subject) == ("cli", "export")
    assert made == {
        "as_of": "2026-03-05",
        "known_at": "2026-03-05T00:00:00Z",
        "arm": True,
        "timings": False,
        "review": "ALL",
        "rows": manifest.rows,
        "manifest_sha256": manifest.sha256,
    }
    assert not [arm for arm in ARMS if arm in json.dumps(made)]


def test_the_manifest_names_what_the_files_hold(folder: Path) -> None:
    parts = deployment()
    newest = max(each.name[:4] for each in (ROOT / "migrations" / "versions").glob("0*.py"))
    factories.add_form(factories.add_patient(), "V0", V0)
    manifest = export(folder, TODAY)
    written = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert written == manifest.content
    for name, told in written["files"].items():
        assert told["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert told["rows"] == len(rows(folder, name))
    assert {path.name for path in folder.iterdir()} == {*written["files"], "manifest.json"}
    assert written["study"]["sha256"] == parts.study.sha256
    assert written["instrument"]["sha256"] == parts.instrument.sha256
    assert (written["as_of"], written["known_at"]) == ("2026-03-05", "2026-03-05T00:00:00Z")
    assert (written["schema_revision"], written["with_arm"]) == (newest, False)
    assert written["with_timings"] is False
    assert (written["taken_out"], written["forms_before_consent"]) == ([], 0)
    assert (written["review"], written["forms_left_out_by_review"]) == ("ALL", 0)
    assert written["both_scorers_agree"] is True
    assert written["wordings"] == [{"status": "PAPER", "sha256": None, "forms": 1, "licences": []}]
    assert written["wording_notice"] is None


def test_demonstration_and_licensed_wording_are_told_apart(folder: Path) -> None:
    parts = deployment()
    anna = factories.add_patient()
    factories.add_wording("zh", "a" * 64, "L-2026-1", date(2027, 1, 1))
    add_shown_form(anna, "V0", demonstration(parts.study.instrument, "zh").sha256)
    add_shown_form(anna, "V1", "a" * 64)
    manifest = export(folder, TODAY)
    assert values(rows(folder, "forms.csv"), "visit", "wording_status") == [
        ("V0", "DEMONSTRATION"),
        ("V1", "LICENSED"),
    ]
    licensed = [w for w in manifest.content["wordings"] if w["status"] == "LICENSED"]
    assert licensed[0]["licences"] == [{"licence": "L-2026-1", "valid_until": "2027-01-01"}]
    assert "demonstration" in manifest.content["wording_notice"]["en"]
    assert "演示" in manifest.content["wording_notice"]["zh"]


def testright_scores_by_hand_pass_both_scorers(folder: Path) -> None:
    insert_form(right_scores())
    assert export(folder, TODAY).rows["forms.csv"] == 1


@pytest.mark.parametrize(
    "wrong",
    [[14.000001, 7, False], [14.0, 6, False], [14.0, 7, True], [None, 7, False]],
    ids=["value", "count", "prorated", "none"],
)
def test_scorers_that_disagree_stop_the_export(folder: Path, wrong: list[object]) -> None:
    scales = deployment().instrument.scale_codes
    submission_id = insert_form(right_scores() | {scales[0]: wrong})
    with pytest.raises(Blocked) as blocked:
        export(folder, TODAY)
    assert blocked.value.block is Block.SCORERS_DISAGREE
    assert blocked.value.details == (f"{submission_id} {scales[0]}",)
    assert not folder.exists()


def test_a_form_without_scores_of_this_version_stops_the_export(folder: Path) -> None:
    submission_id = insert_form(right_scores(), version="another/1")
    with pytest.raises(Blocked) as blocked:
        export(folder, TODAY)
    assert blocked.value.block is Block.UNREADABLE_FORMS
    assert blocked.value.details == (submission_id,)


def test_a_refused_export_leaves_what_was_there(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FolderTaken) as taken:
        export(folder, TODAY)
    assert taken.value.names == ("notes.txt",)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    with reading() as connection:
        made = select(audit_event).where(audit_event.c.action == "export.made")
        assert connection.execute(made).all() == []


def test_a_failed_export_leaves_the_earlier_one_as_it_was(folder: Path) -> None:
    export(folder, TODAY)
    before = content(folder)
    insert_form(right_scores(), version="another/1")
    with pytest.raises(Blocked):
        export(folder, TODAY)
    assert content(folder) == before


def test_a_usual_export_can_be_had_again_by_the_instant_it_names(
    tmp_path: Path, clock: HandClock
) -> None:
    factories.add_form(factories.add_patient(), "V0", V0)
    clock.advance(hours=1)
    with _open_transaction() as end:
        clock.advance(hours=1)
        made = export(tmp_path / "first", TODAY)
        end()
    assert made.content["known_at"] < writing.instant(clock())
    assert made.rows["forms.csv"] == (1 if db.engine.dialect.name == "postgresql" else 2)
    clock.advance(hours=1)
    known_at = datetime.fromisoformat(made.content["known_at"])
    export(tmp_path / "again", TODAY, known_at=known_at)
    assert content(tmp_path / "first") == content(tmp_path / "again")
    assert export(tmp_path / "now", TODAY).rows["forms.csv"] == 2


@contextmanager
def _open_transaction() -> Iterator[Callable[[], None]]:
    """A form that somebody is just handing in, until told to end.

    On SQLite nobody else writes meanwhile, so it has ended before the export begins.
    """
    app, begun, end = current_app._get_current_object(), threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context():
            patient_id = add_in_steps(begun, end)
            assert patient_id

    def add_in_steps(begun: threading.Event, end: threading.Event) -> int:
        parts = deployment()
        with transaction(ACTOR, parts.now()) as tx:
            person = ("LISHUI-002", "LISHUI", PatientState("zh", V0, V0, V0, True), None)
            [patient_id] = add_patients(tx, [person], parts.study).values()
            form = NewForm(
                "late", patient_id, "V0", True, V0, Mode.PAPER, "zh", factories.all_answered()
            )
            keep_forms(tx, [form], parts.instrument)
            tx.record("form.received", "LISHUI-002", visit="V0")
            begun.set()
            end.wait(20)
        return patient_id

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(10)
    if db.engine.dialect.name == "sqlite":
        end.set()
        thread.join()
    try:
        yield lambda: (end.set(), thread.join())  # type: ignore[func-returns-value, return-value]
    finally:
        end.set()
        thread.join()


def test_an_instant_from_before_an_open_transaction_only_is_exported(
    tmp_path: Path, clock: HandClock
) -> None:
    if db.engine.dialect.name == "sqlite":
        return
    factories.add_patient()
    clock.advance(hours=1)
    with _open_transaction():
        moment = clock()
        clock.advance(minutes=1)
        with pytest.raises(Blocked) as blocked:
            export(tmp_path / "early", TODAY, known_at=moment)
        assert blocked.value.block is Block.STILL_OPEN
        export(tmp_path / "before", TODAY, known_at=moment - timedelta(minutes=1))
    export(tmp_path / "after", TODAY, known_at=moment)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE patient_version SET language = 'en'", "patient_version 1 LISHUI-001"),
        ("UPDATE form SET answered_on = '2026-01-02'", "form 1 LISHUI-001 V0"),
        ("UPDATE audit_event SET actor = 'x' WHERE id = 1", "audit_event 1"),
    ],
)
def test_data_that_the_trail_does_not_tell_stop_the_export(
    folder: Path, statement: str, named: str
) -> None:
    factories.add_form(factories.add_patient(), "V0", V0)
    seal(holder="test", now=deployment().now())
    free(*WITNESSED, "audit_event")
    with db.engine.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(Blocked) as blocked:
        export(folder, TODAY)
    assert (blocked.value.block, blocked.value.details) == (Block.NOT_WITNESSED, (named,))
    assert not folder.exists()
