"""What an export says of itself, and what stops it."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from pro_app.deployment import deployment
from pro_app.export.service import Block, Blocked
from pro_app.export.writing import FolderTaken
from pro_app.instruments import demonstration
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.wordings import add_pack
from pro_app.store.tables import audit_event
from tests import factories
from tests.factories import ACTOR
from tests.house.source import ROOT
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
    with transaction(ACTOR, parts.now()) as tx:
        add_pack(
            tx,
            instrument=parts.instrument.id,
            language="zh",
            sha256="a" * 64,
            texts={},
            licence="L-2026-1",
            valid_until=date(2027, 1, 1),
        )
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
