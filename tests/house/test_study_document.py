"""The page on study and instrument files tells of every key there is, and of no other."""

import json
import re
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

import pytest

from pro_app.core import instrument, study
from pro_app.core.facts import EventKind
from pro_app.core.identifiers import Numbers, pattern_problems, read
from pro_app.core.records import expected
from pro_app.core.records import read as read_record
from tests.house.source import ROOT

TEXT = (ROOT / "docs" / "study-file.md").read_text(encoding="utf8")
#: What a value knows of itself and no file states.
UNSTATED = {"sha256", "content", "plans"}
#: Heading → what the table below it tells of, and the keys that no dataclass has.
TABLES: dict[str, tuple[type, dict[str, str]]] = {
    "## The study file": (study.Study, {"comment": "nothing"}),
    "### One of `arms`": (study.Arm, {}),
    "### One of `sites`": (study.Site, {}),
    "### One of `visits`": (study.Visit, {}),
    "### One of `reasons`": (study.Reason, {}),
    "### One of `alerts`": (study.AlertRule, {}),
    "## `structure.json`, in the folder of an instrument": (
        instrument.Instrument,
        {"item_count": "needed"},
    ),
    "### One of `items`": (instrument.Item, {}),
    "### One of `sections`": (instrument.Section, {}),
    "### One of `opt_outs`": (instrument.OptOut, {}),
    "### One of `scales`": (instrument.Scale, {}),
    "### One of `differences`": (instrument.Difference, {}),
}


def table(heading: str) -> dict[str, list[str]]:
    """Key → type, what holds if it is left out, meaning, example."""
    below = TEXT.split(f"{heading}\n", 1)[1]
    below = re.split(r"^##", below, maxsplit=1, flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", below, re.MULTILINE)
    assert len({key for key, _ in rows}) == len(rows)
    return {key: [cell.strip() for cell in f"{rest} ".split(" | ")] for key, rest in rows}


def stated(kind: type) -> dict[str, Any]:
    return {each.name: each.default for each in fields(kind) if each.name not in UNSTATED}


def test_every_table_of_the_page_is_held_against_something() -> None:
    headings = re.findall(r"^(##+ .*)\n(?:(?!##).*\n)*?\| key", TEXT, re.MULTILINE)
    assert headings[:-1] == [*TABLES]
    assert headings[-1] == "## `wording_demo_LANGUAGE.json`, beside it"


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_is_documented_and_no_other(heading: str) -> None:
    kind, besides = TABLES[heading]
    assert set(table(heading)) == set(stated(kind)) | set(besides)


@pytest.mark.parametrize("heading", TABLES)
def test_types_and_defaults_are_those_of_the_code(heading: str) -> None:
    kind, besides = TABLES[heading]
    hints = get_type_hints(kind)
    for key, (type_, left_out, meaning, example) in table(heading).items():
        assert meaning
        if key in besides:
            assert left_out.strip("`") == besides[key]
            continue
        assert type_ == expected(hints[key])
        default = stated(kind)[key]
        shown = json.dumps(default, default=str) if default is not MISSING else ""
        assert left_out == (f"`{shown}`" if shown else "needed").replace("`()`", "`[]`")
        if example:
            problems: list[str] = []
            read_record(hints[key], json.loads(example.strip("`")), key, problems)
            assert problems == []


def test_the_kinds_of_event_are_all_there() -> None:
    assert f"Kinds of event: {', '.join(EventKind)}." in " ".join(TEXT.split())


def test_what_is_said_of_numbers_holds() -> None:
    pattern = json.loads(table("### One of `sites`")["identifier"][3].strip("`"))
    site = study.Site("NORTH", {"en": "North Hospital"}, "", identifier=pattern)
    assert list(pattern_problems([site])) == []
    typed = re.findall(
        r"`([^`]+)`", TEXT[TEXT.index("With one reading") : TEXT.index("are kept as")]
    )
    assert len(typed) == 3
    assert {read(each, "NORTH", [site]) for each in typed} == {"NORTH-007"}
    assert {Numbers(["NORTH-007"]).find(each) for each in typed} == {"NORTH-007"}
    for each in re.search(r"What means missing \(([^)]*) …\)", TEXT)[1].split(", "):
        assert not isinstance(read(each, "NORTH", [site]), str)
