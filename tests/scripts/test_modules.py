"""The scripts that need no browser, under node: the one that comes with Playwright."""

import subprocess
from pathlib import Path

import playwright
import pytest

from pro_app.settings import ROOT

_HERE = Path(__file__).resolve().parent
NODE = Path(playwright.__file__).parent / "driver" / "node"
_TSC = ROOT / ".venv" / "npm" / "node_modules" / "typescript" / "bin" / "tsc"


def test_the_scripts_own_tests_pass() -> None:
    tests = sorted(str(path) for path in _HERE.glob("*.test.mjs"))
    assert tests
    run = subprocess.run(
        [NODE, "--no-warnings", "--test", *tests], capture_output=True, text=True, timeout=170
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


@pytest.mark.parametrize("settings", ["tsconfig.json", "tsconfig.worker.json"])
def test_the_scripts_pass_a_strict_type_check(settings: str) -> None:
    found = _checked(_HERE / settings)
    assert found.returncode == 0, found.stdout


def test_the_type_check_sees_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "wrong.js").write_text('/** @param {number} n */\nconst f = (n) => n;\nf("1");\n')
    settings = tmp_path / "tsconfig.json"
    settings.write_text(f'{{"extends": "{_HERE / "tsconfig.json"}", "include": ["*.js"]}}')
    assert "TS2345" in _checked(settings).stdout


def _checked(settings: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, _TSC, "--project", settings], capture_output=True, text=True, timeout=120
    )
