"""The scripts that need no browser, under node: the one that comes with Playwright."""

import subprocess
from pathlib import Path

import playwright

_HERE = Path(__file__).resolve().parent
NODE = Path(playwright.__file__).parent / "driver" / "node"


def test_the_scripts_own_tests_pass() -> None:
    tests = sorted(str(path) for path in _HERE.glob("*.test.mjs"))
    assert tests
    run = subprocess.run(
        [NODE, "--no-warnings", "--test", *tests], capture_output=True, text=True, timeout=170
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
