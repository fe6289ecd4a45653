"""The pages for developers are true: what they name is there, and what is there is named."""

import re
from pathlib import Path

import pytest

from tests.house.source import PRODUCT, ROOMS, ROOT, text

PAGE = text(ROOT / "docs" / "architecture.md")
_HOUSE = sorted(path for path in (ROOT / "tests" / "house").glob("test_*.py"))
#: Files whose every test is a rule that the page tells by itself.
_RULES = ("test_imports.py", "test_doors.py", "test_shape.py")
_PATH = re.compile(r"`([\w.]+/[\w./]*|[\w/]+\.(?:py|js))`")
_PATHS = sorted({*_PATH.findall(PAGE), *_PATH.findall(text(ROOT / "CONTRIBUTING.md"))})
_FUNCTIONS = sorted(set(re.findall(r"`([\w./]+\.(?:py|js))::(\w+)`", PAGE)))


def _found(name: str) -> Path:
    """Where a name leads to: in the product, beside it, or by itself what a room has."""
    beside = [] if "/" in name else [*PRODUCT.glob(f"*/{name}")][:1]
    return next((p for p in (PRODUCT / name, *beside, ROOT / name) if p.exists()), ROOT / name)


def _tests(path: Path) -> list[str]:
    return re.findall(r"^def (test_\w+)", text(path), re.MULTILINE)


@pytest.mark.parametrize("name", _PATHS)
def test_every_file_that_they_name_is_there(name: str) -> None:
    assert _found(name).exists()


@pytest.mark.parametrize(("file", "function"), _FUNCTIONS)
def test_every_function_that_it_names_is_there(file: str, function: str) -> None:
    defined = rf"^\s*(async )?(export )?(def|class|function) {function}\b"
    assert re.search(defined, text(_found(file)), re.MULTILINE)


def test_it_names_enough_to_be_held_to() -> None:
    assert len(_PATHS) > 30
    assert len(_FUNCTIONS) > 20


def test_every_room_and_folder_stands_in_its_layout() -> None:
    told = dict(re.findall(r"^ {2}(?: {2})?(\w+)/ +(\S.*)$", PAGE, re.MULTILINE))
    folders = (*PRODUCT.iterdir(), *(PRODUCT / "store").iterdir())
    there = {path.name for path in folders if path.is_dir() and path.name != "__pycache__"}
    assert told.keys() == there
    assert set(ROOMS) <= there


def test_every_rule_of_the_house_is_named() -> None:
    rules = PAGE[PAGE.index("## The rules") : PAGE.index("## The tests")]
    assert [path.name for path in _HOUSE if f"`tests/house/{path.name}`" not in rules] == []
    single = [t for path in _HOUSE if path.name in _RULES for t in _tests(path)]
    named = re.findall(r"`(test_\w+)`", rules)
    assert sorted(named) == sorted(single)
