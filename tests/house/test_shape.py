"""Rules 2, 8, 9 and 10: scripts without circles, sites, refusals, and how long things may be."""

from pathlib import Path

import pytest

from tests.house import rules
from tests.house.source import PRODUCT, ROOT, files, name, text

_ALL = files()
_SCRIPTS = sorted((PRODUCT / "static").rglob("*.js"))
_TEMPLATES = sorted((PRODUCT / "templates").rglob("*.html"))
#: The service worker is a classic script; the pages of patient and staff are modules.
_OURS = ("patient", "staff", "shared")


def _module(path: Path) -> str:
    return path.relative_to(PRODUCT / "static").as_posix()


def test_scripts_import_each_other_in_no_circle() -> None:
    assert rules.js_circles({_module(path): text(path) for path in _SCRIPTS}) == []


@pytest.mark.parametrize("path", _SCRIPTS, ids=_module)
def test_scripts_come_from_their_own_folder_or_what_is_shared(path: Path) -> None:
    assert _module(path).split("/")[0] in _OURS
    assert rules.js_foreign(_module(path), text(path)) == []


@pytest.mark.parametrize("path", _ALL, ids=name)
def test_whose_patients_is_always_said(path: Path) -> None:
    assert rules.optional_sites(text(path)) == []


@pytest.mark.parametrize("path", _ALL, ids=name)
def test_functions_are_short(path: Path) -> None:
    assert rules.long_functions(text(path)) == []


@pytest.mark.parametrize("path", [*_ALL, *_SCRIPTS], ids=name)
def test_files_are_short(path: Path) -> None:
    assert rules.long_file(text(path)) == []


def test_names_say_what_is_in_a_file() -> None:
    folders = ("pro_app", "tests", "bench", "scripts", "migrations/versions")
    paths = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file()]
    named = [name(p) for p in paths if "__pycache__" not in p.parts]
    assert [n for n in named if rules.vague_name(n)] == []
