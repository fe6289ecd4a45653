"""`flask study check`: every problem of a study and its instrument, by its key."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pro_app import create_app
from tests.conftest import settings_for
from tests.rooms.intake.desk import Desk

TINY = Path(__file__).parents[1] / "tiny_study"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A copy of the tiny study with its instrument, to be broken."""
    shutil.copytree(TINY, tmp_path / "tiny_study")
    return tmp_path / "tiny_study" / "study.json"


def change(file: Path, how: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(file.read_text("utf-8"))
    how(data)
    file.write_text(json.dumps(data), "utf-8")


def problems(desk: Desk, file: Path) -> list[str]:
    told = desk.refused("study", "check", file).splitlines()
    assert all(line.startswith(f"{file}: ") for line in told)
    return [line.removeprefix(f"{file}: ") for line in told]


def test_a_study_without_a_fault_says_how_its_numbers_are(desk: Desk, tiny: Path) -> None:
    assert desk.do("study", "check", tiny).splitlines() == [
        f"{tiny}: no problem found. Study tiny, version 1: 3 visits, 1 sites, 2 arms; "
        "instrument tiny: 3 items",
        "HARBOUR: numbers such as TEA-001 (TEA-###)",
    ]
    change(tiny, lambda data: data["sites"][0].pop("identifier"))
    (tiny.parent / "again.json").write_bytes(tiny.read_bytes())
    assert "HARBOUR: any number\n" in desk.do("study", "check", tiny.parent / "again.json")


def test_the_shipped_study_has_no_fault(desk: Desk) -> None:
    told = desk.do("study", "check", "pro_app/studies/nct04158843.json")
    assert "SAHZU: numbers such as SAHZU-001 (SAHZU-###)" in told
    assert desk.do("study", "check", "nct04158843").splitlines()[1:] == told.splitlines()[1:]


def test_all_problems_of_study_and_instrument_are_named_at_once(desk: Desk, tiny: Path) -> None:
    def break_study(data: dict[str, Any]) -> None:
        data["visits"][1]["month"] = "1"
        data["sites"][0] |= {"identifier": "tea", "email": "harbour"}
        del data["title"]
        data["titel"] = {"en": "A tiny study"}

    def break_instrument(data: dict[str, Any]) -> None:
        data["valid_from"] = 4
        data["items"][0]["reversed"] = "no"

    change(tiny, break_study)
    change(tiny.parent / "tiny" / "structure.json", break_instrument)
    found = problems(desk, tiny)
    assert [each.split(" – ")[0] for each in found] == [
        "title: missing",
        "titel: unknown",
        'visits[1].month: "1"',
        "sites.HARBOUR.email: 'harbour' is no e-mail address",
        "sites.HARBOUR.identifier: 'tea' is no pattern",
        'instrument: items[0].reversed: "no"',
    ]
    assert all("expected" in each for each in found)


def test_what_needs_both_files_is_looked_at_too(desk: Desk, tiny: Path) -> None:
    rule = {"code": "COLD", "name": {"en": "Cold"}, "escalate_after_hours": 0, "item": "TEA9"}
    change(tiny, lambda data: data.update(alerts=[rule | {"at_least": 1}]))
    change(tiny.parent / "tiny" / "wording_demo_en.json", lambda data: data["texts"].pop("TEA1"))
    assert problems(desk, tiny) == [
        "alerts.COLD.item: 'TEA9' – expected an item of the instrument tiny",
        "alerts.COLD.escalate_after_hours: 0 – expected a number above 0",
        "instrument: wording_demo_en.json: texts.TEA1: missing – expected its words",
    ]


def test_an_instrument_that_is_not_there_is_named(desk: Desk, tiny: Path) -> None:
    change(tiny, lambda data: data.update(instrument="coffee"))
    assert problems(desk, tiny) == [
        "instrument: 'coffee' is unknown – expected one of fact_b_v4, or a folder beside the study "
        "file with a structure.json in it"
    ]


def test_a_language_without_words_is_worth_a_word(desk: Desk, tiny: Path) -> None:
    (tiny.parent / "tiny" / "wording_demo_en.json").unlink()
    assert "no problem found" in desk.do("study", "check", tiny)
    assert "There is no demonstration wording in en" in desk.remarks


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"id": "a", "id": "b"}', "not JSON: the key id stands twice in one object"),
        (b'{"completion_floor": NaN}', "not JSON: NaN is no number"),
        (b"[]", "the file: [] – expected an object"),
    ],
)
def test_what_is_no_json_object_is_refused(
    desk: Desk, tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "study.json"
    file.write_bytes(content)
    [problem] = problems(desk, file)
    assert problem.startswith(says)


def test_a_file_that_is_not_there_or_has_another_name_is_refused(
    desk: Desk, tmp_path: Path
) -> None:
    assert "no such study file" in desk.refused("study", "check", tmp_path / "none.json")
    (tmp_path / "study.txt").write_text("{}")
    told = desk.refused("study", "check", tmp_path / "study.txt")
    assert told == f"{tmp_path}/study.txt: the file – expected a name that ends in .json\n"


def test_no_database_is_needed(tiny: Path, tmp_path: Path) -> None:
    app = create_app(settings_for("sqlite:////nowhere/none.db", tmp_path))
    done = app.test_cli_runner().invoke(args=["study", "check", str(tiny)])
    assert (done.exit_code, done.stderr) == (0, "")
