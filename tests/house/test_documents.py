"""What is documented is what there is: commands and events of the trail."""

import ast
import re

import click
from flask import Flask

from tests.house.source import ROOT, files, tree

#: Commands that Flask itself brings.
_FLASK = {"run", "shell", "routes", "db"}


def _commands(group: click.Group, prefix: str = "") -> set[str]:
    found = set()
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= _commands(command, f"{prefix}{name} ")
        else:
            found.add(f"{prefix}{name}")
    return found


def test_every_command_stands_in_the_readme(app: Flask) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf8")
    ours = {c for c in _commands(app.cli) if c.split()[0] not in _FLASK}
    documented = set(re.findall(r"^\| `flask ([a-z][a-z-]*(?: [a-z][a-z-]*)*)", text, re.MULTILINE))
    assert documented == ours


def test_every_command_says_what_it_does(app: Flask) -> None:
    def silent(group: click.Group) -> list[str]:
        found = []
        for name, command in group.commands.items():
            if not (command.help or "").strip():
                found.append(name)
            if isinstance(command, click.Group):
                found += silent(command)
        return found

    assert silent(app.cli) == []


def _of_migrations() -> set[str]:
    """Every action that a migration writes into the trail, as a row of its own."""
    return {
        value.value
        for path in files(ROOT / "migrations" / "versions")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "action"
        if isinstance(value, ast.Constant)
    }


def _recorded() -> set[str]:
    """Every action that the code records in the trail."""
    found = _of_migrations()
    for path in files():
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("record", "entry")
                and node.args
            ):
                found |= {
                    each.value
                    for each in ast.walk(node.args[0])
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
    return found


def test_every_event_of_the_trail_is_explained() -> None:
    text = (ROOT / "docs" / "trail.md").read_text(encoding="utf8")
    documented = re.findall(r"^\| `([a-z_.]+)` \| .+ \|$", text, re.MULTILINE)
    assert documented == sorted(set(documented))
    assert set(documented) == _recorded()
