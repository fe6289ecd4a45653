"""What Lighthouse says of a page on a phone. It comes from npm, and asks nobody else."""

import json
import os
import subprocess

from bench import chromium

_PARTS = ("performance", "accessibility", "best-practices")


def scores(address: str, cookie: str = "") -> dict[str, int]:
    """Part → points of 100."""
    command = [
        "npx", "--yes", "lighthouse", address, "--quiet", "--output=json", "--output-path=stdout",
        f"--only-categories={','.join(_PARTS)}", f"--chrome-flags={' '.join(chromium.FLAGS)}",
    ]  # fmt: skip
    if cookie:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    done = subprocess.run(
        command,
        env=os.environ | {"CHROME_PATH": chromium.PATH},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = json.loads(done.stdout)
    return {part: round(100 * found["categories"][part]["score"]) for part in _PARTS}
