"""Rules 2, 8, 9 and 10: scripts without circles, sites, refusals, how long things may be.

And in what words: another trial is another file, which must hold for men.
"""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from pro_app import refusals
from pro_app.core.refused import Refused, Why
from tests.house import rules
from tests.house.source import PRODUCT, ROOT, files, in_product, name, text

_ALL = files()
_SCRIPTS = sorted((PRODUCT / "static").rglob("*.js"))
_TEMPLATES = sorted(path for path in (PRODUCT / "templates").rglob("*") if path.is_file())
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


def _but(*allowed: str) -> list[Path]:
    return [path for path in _ALL if in_product(path) not in allowed]


@pytest.mark.parametrize("path", _but("core/refused.py"), ids=name)
def test_not_done_and_why_is_one_vocabulary(path: Path) -> None:
    assert rules.second_refusals(text(path)) == []


@pytest.mark.parametrize("path", _but(*rules.LIMITS.values()), ids=name)
def test_a_limit_of_every_door_stands_once(path: Path) -> None:
    assert rules.second_limits(text(path)) == []


def test_each_reason_has_one_sentence(app: Flask) -> None:
    with app.test_request_context():
        said = {why: refusals.said(Refused(why, detail=_DETAILS.get(why))) for why in Why}
    assert all(said.values())
    assert len(set(said.values())) == len(Why)


#: What a sentence needs that takes its detail apart.
_DETAILS = {Why.LICENCE_OVER: ("zh", date(2026, 1, 31))}


def _takes_it_apart(path: str) -> bool:
    """Where there is no occasion: the store, which it is taken apart for, the accounts, which
    know no trial, and the comparison of study and database, before anybody is there.
    """
    return path.startswith(("store/", "security/")) or path == "acts/protocol.py"


@pytest.mark.parametrize("path", [p for p in _ALL if not _takes_it_apart(in_product(p))], ids=name)
def test_who_acts_is_handed_on_as_one_value(path: Path) -> None:
    assert rules.loose_occasion(text(path)) == []


@pytest.mark.parametrize("path", _ALL, ids=name)
def test_functions_are_short(path: Path) -> None:
    assert rules.long_functions(text(path)) == []


@pytest.mark.parametrize("path", [*_ALL, *_SCRIPTS, *_TEMPLATES], ids=name)
def test_files_are_short(path: Path) -> None:
    assert rules.long_file(text(path)) == []


@pytest.mark.parametrize("path", _TEMPLATES, ids=name)
def test_lines_of_templates_are_short(path: Path) -> None:
    assert rules.long_template_lines(text(path)) == []


def test_names_say_what_is_in_a_file() -> None:
    folders = ("pro_app", "tests", "bench", "scripts", "migrations/versions")
    paths = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file()]
    named = [name(p) for p in paths if "__pycache__" not in p.parts]
    assert [n for n in named if rules.vague_name(n)] == []


_WRITTEN = (".py", ".js", ".mjs", ".css", ".html", ".md", ".po", ".json", ".csv", ".txt", ".sh")
_FOLDERS = ("pro_app", "translations", "tests", "migrations", "scripts", "docs", "bench")
#: What npm writes: others' words and hashes.
_OF_NPM = {"node_modules", "package-lock.json"}
#: What other programs write, in encodings of their own.
_OF_OTHERS = {"files_in"}
#: Where the words may stand, and why.
_ONE_SEX = {
    "README.md": "whom the trial follows is a fact of its protocol",
    "pro_app/instruments/fact_b_v4/structure.json": "the questionnaire asks about it",
    "pro_app/instruments/fact_b_v4/wording_demo_en.json": "the same, in words",
    "tests/oracle/cdisc_factb_v4.csv": "the same, by its published names",
    "tests/house/rules.py": "the rule itself",
    "tests/house/test_planted_breaches.py": "what the rule must catch",
}


def test_patients_and_staff_are_they() -> None:
    """In code, tests and documents as in the catalogues."""
    paths = [p for folder in _FOLDERS for p in (ROOT / folder).rglob("*") if p.suffix in _WRITTEN]
    paths = [p for p in paths if not (_OF_NPM | _OF_OTHERS) & {*p.parts}]
    paths += [ROOT / each for each in ("README.md", "run", "test", "wsgi.py")]
    found = {name(path): each for path in paths if (each := rules.one_sex(text(path)))}
    assert {path: each for path, each in found.items() if path not in _ONE_SEX} == {}
    assert found.keys() == _ONE_SEX.keys()
    assert len(found["README.md"]) == 1


#: What lies at the top of the repository, and nothing else: a newcomer looks here first.
_TOP = {
    *("pro_app", "translations", "tests", "migrations", "wsgi.py", "requirements.txt", "README.md"),
    *("run", "test", "scripts", "pyproject.toml"),
    # Hosts of repositories, and people, look for the last two here and nowhere else.
    *("docs", "bench", "CONTRIBUTING.md", "CHANGELOG.md"),
}


def test_the_top_of_the_repository_is_known() -> None:
    made = {"instance", "__pycache__"}
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert there - made == _TOP
