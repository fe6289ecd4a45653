"""Follow a page of docs/howto in a copy of the checkout, as a reader at a keyboard would.

A fenced block with a path is a file to be written, or, as `diff`, lines to be changed in
one. Blocks of `console` hold what is typed and what is then shown: nothing, where that
differs each time; `…` stands for any text, and alone on its line for any lines. After
`console refused` the command has to fail. `First: [a page](page.md)` is followed before.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT

FOLDER = ROOT / "docs" / "howto"
PAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.md")))
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
#: What a copy can do without, and what no copy may write to.
_LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv", "instance", ".*_cache", ".hypothesis", "node_modules"),
    "*.pyc.*",  # being written by a test beside this one
)


def text(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text(encoding="utf8")


def first(page: str) -> str | None:
    """The page that is to be followed before this one."""
    found = re.search(r"^First: \[.*\]\((\w+)\.md\)", text(page), re.MULTILINE)
    return found[1] if found else None


def copy(checkout: Path) -> None:
    """A checkout like this one, with the same environment, for a page to be followed in."""
    shutil.copytree(ROOT, checkout, symlinks=True, ignore=_LEFT_OUT)
    (checkout / ".venv").symlink_to(sys.prefix)


def follow(page: str, checkout: Path) -> None:
    """Errors: AssertionError where something does not go as the page says."""
    env = environment()
    for kind, name, block in _BLOCK.findall(text(page)):
        if kind == "console":
            for typed, shown in _TYPED.findall(block):
                run(typed, shown, checkout, env, refused=name == "refused")
            continue
        path = checkout / name
        if kind == "diff":
            path.write_text(changed(path.read_text(encoding="utf8"), block), encoding="utf8")
        else:
            assert not path.exists(), f"{name} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block, encoding="utf8")


def changed(before: str, diff: str) -> str:
    """The text after a change that is shown with enough around it to find its one place."""
    lines = before.splitlines(keepends=True)
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        shown = [line if line.strip() else " \n" for line in hunk.splitlines(keepends=True)]
        old = [line[1:] for line in shown if line[0] in " -"]
        new = [line[1:] for line in shown if line[0] in " +"]
        places = [i for i in range(len(lines)) if lines[i : i + len(old)] == old]
        assert len(places) == 1, f"stands there {len(places)} times:\n{''.join(old)}"
        lines[places[0] : places[0] + len(old)] = new
    return "".join(lines)


def environment() -> dict[str, str]:
    ours = ("PRO_", "LC_", "PYTEST", "COV_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = os.pathsep.join([str(Path(sys.prefix) / "bin"), env.get("PATH", "")])
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    return {**env, "PATH": path, "LANG": "C.UTF-8", "PRO_LISTEN": listen}


def run(typed: str, shown: str, checkout: Path, env: dict[str, str], *, refused: bool) -> None:
    if typed.startswith("export "):
        name, _, value = typed.removeprefix("export ").partition("=")
        env[name] = value
        return
    # Served in earnest it would never come back.
    command = f"{typed} --check" if typed == "flask serve" else typed
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=checkout,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=150,
        check=False,
    )
    assert (done.returncode != 0) == refused, f"$ {typed}\n{done.stdout}"
    if shown.strip():
        pattern = "".join(map(_pattern, shown.splitlines()))
        assert re.fullmatch(pattern, done.stdout), f"$ {typed}\n{done.stdout}\nand not\n{shown}"


def _pattern(line: str) -> str:
    if line.strip() == "…":
        return r"(?:.*\n)*"
    return re.escape(line.rstrip()).replace("…", ".*") + r"[ ]*\n"


def files(page: str) -> Iterator[str]:
    """The files that a page writes or changes."""
    for kind, name, _ in _BLOCK.findall(text(page)):
        if kind != "console":
            yield name
