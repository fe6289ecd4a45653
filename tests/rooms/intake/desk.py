"""The operator at the command line, and the files that lie on the desk."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from pro_app.instruments import load

FACT_B = load("fact_b_v4")
ITEMS = FACT_B.item_codes

Row = Mapping[str, str]


def patient(number: str = "LISHUI-001", **changes: str) -> Row:
    """A line of patients.csv: consented, able, randomised on 5 January 2026.

    One who was randomised earlier had consented before the baseline's window, too.
    """
    enrolled = "2026-01-01"
    if "" < changes.get("randomised_on", "") <= enrolled:
        early = date.fromisoformat(changes["randomised_on"]) - timedelta(14)
        enrolled = early.isoformat()
    row = {
        "patient_id": number,
        "site": number.partition("-")[0],
        "arm": "RADICAL",
        "language": "zh",
        "screened_on": enrolled,
        "pro_consent_on": enrolled,
        "randomised_on": "2026-01-05",
        "able": "yes",
    }
    return row | changes


def event(kind: str, on: str, number: str = "LISHUI-001", note: str = "") -> Row:
    return {"patient_id": number, "event": kind, "on": on, "note": note}


def form(
    visit: str,
    answered_on: str,
    number: str = "LISHUI-001",
    *,
    answer: str = "2",
    answered: int = len(ITEMS),
    **changes: str,
) -> Row:
    """A line of forms.csv: a paper form of which the first items are answered."""
    about = {
        "patient_id": number,
        "visit": visit,
        "answered_on": answered_on,
        "mode": "paper",
        "language": "zh",
        "entered_by": "Li Na",
    }
    items = {code: answer if place < answered else "" for place, code in enumerate(ITEMS)}
    return about | items | {"Q1": ""} | changes


def text_of(rows: list[Row]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


class Desk:
    """Commands as the operator types them; `do` succeeds, `refused` ends with 2."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._app = app
        self.folder = folder
        self.last: Result | None = None

    def run(self, *words: str | Path) -> Result:
        self.last = self._app.test_cli_runner().invoke(args=[str(word) for word in words])
        if self.last.exception and not isinstance(self.last.exception, SystemExit):
            raise self.last.exception
        return self.last

    def do(self, *words: str | Path) -> str:
        """What the command prints as its result."""
        result = self.run(*words)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def refused(self, *words: str | Path) -> str:
        """What the command says is wrong."""
        result = self.run(*words)
        assert (result.exit_code, result.stdout) == (2, ""), result.stdout
        return result.stderr

    @property
    def remarks(self) -> str:
        assert self.last is not None
        return self.last.stderr

    def file(self, name: str, content: str | bytes | list[Row]) -> Path:
        path = self.folder / name
        if isinstance(content, list):
            content = text_of(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def take(self, kind: str, *rows: Row, options: tuple[str, ...] = ()) -> str:
        return self.do("import", kind, self.file(f"{kind}.csv", list(rows)), *options)

    def take_nothing(self, kind: str, *rows: Row) -> str:
        return self.refused("import", kind, self.file(f"{kind}.csv", list(rows)))

    def ledger_text(self, as_of: str, *options: str) -> str:
        return self.do("ledger", "--as-of", as_of, "--json", *options)

    def ledger(
        self, as_of: str, *options: str, number: str = "LISHUI-001"
    ) -> dict[str, dict[str, Any]]:
        """Visit → the patient's entry."""
        rows = json.loads(self.ledger_text(as_of, *options))
        return {row["visit"]: row for row in rows if row["patient_id"] == number}

    def statuses(self, as_of: str, *options: str, number: str = "LISHUI-001") -> dict[str, str]:
        found = self.ledger(as_of, *options, number=number)
        return {visit: row["status"] for visit, row in found.items()}

    def compliance(self, as_of: str, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.do("compliance", "--as-of", as_of, "--json", *options)
        )
        return found


@pytest.fixture
def desk(app: Flask, tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(app, folder)
