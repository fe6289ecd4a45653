"""The measurements start and run; what they measure is not for a test to judge."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

_SMALL = {
    "scoring": ["--sizes", "100", "--rounds", "1"],
    "flags": ["--patients", "30", "--rounds", "1"],
    "corrupt": ["payload", "--seconds", "3"],
    "fuzz": ["--requests", "400"],
    "mutants": ["--modules", "core/reach", "--tests", "tests/core/test_reach.py", "--sample", "6"],
    "pages": ["--sizes", "20", "30", "--rounds", "1", "--kinds", "sqlite"],
    "phone": ["--rounds", "1"],
    "verify": ["--forms", "100", "--rounds", "1"],
    "receive": ["--forms", "50", "--burst", "16", "--rounds", "1", "--kinds", "postgresql"],
}


@pytest.mark.parametrize("name", sorted(_SMALL))
def test_a_measurement_runs_and_keeps_its_figures(name: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", f"bench.{name}", *_SMALL[name], "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = json.loads(figures.read_text())
    assert rows
    assert done.stdout.count("\n") >= 2 + len(rows)


def test_every_measurement_is_run_here_and_explained() -> None:
    runnable = {
        path.stem for path in (ROOT / "bench").glob("*.py") if "def main()" in path.read_text()
    }
    assert runnable == set(_SMALL)
    explained = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf8")
    assert [name for name in runnable if f"bench.{name}" not in explained] == []
