"""The page on adding a study is followed to the letter: files, commands, and what they print."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from pro_app import create_app
from pro_app.store.engine.database import db
from pro_app.studies import load
from tests.conftest import HandClock, settings_for
from tests.house.source import ROOT

PAGE = (ROOT / "docs" / "howto" / "add-a-study.md").read_text(encoding="utf8")
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands() -> Iterator[tuple[str, str]]:
    """(what is typed, what it prints)."""
    for kind, _, block in BLOCK.findall(PAGE):
        if kind == "console":
            yield from re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)


def test_the_page_on_adding_a_study_does_what_it_says(
    database_url: str, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.chdir(checkout)
    for kind, name, content in BLOCK.findall(PAGE):
        if kind != "console":
            path = checkout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf8")

    study = "nct04158843"  # until another is named
    done = []
    for typed, printed in commands():
        if typed.startswith("export "):
            name, _, value = typed.removeprefix("export ").partition("=")
            study = value if name == "PRO_STUDY" else study
            continue
        words = shlex.split(typed)
        assert words.pop(0) == "flask"
        done.append(words[0])
        if words == ["serve"]:
            words.append("--check")
        listen = "127.0.0.1:0"
        app = create_app(
            settings_for(database_url, tmp_path, study=study, listen=listen), clock=clock
        )
        result = app.test_cli_runner().invoke(args=words)
        assert result.exit_code == 0, result.output
        if words[0] not in ("db", "staff", "serve"):  # what these print is never the same
            found = result.stdout.splitlines()
            for line, wanted in zip(found, printed.splitlines(), strict=True):
                assert line.startswith(wanted), typed
        with app.app_context():
            db.engine.dispose()
    assert done == ["study", "db", "plan", "import", "ledger", "staff", "serve"]

    page = app.test_client().get("/staff/sign-in", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert load(study).title["en"] in page.text
    with app.app_context():
        db.engine.dispose()
