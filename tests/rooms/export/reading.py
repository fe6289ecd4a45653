"""Read an export as its receiver would, and make one in a line."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pro_app.deployment import deployment
from pro_app.export.manifest import Manifest
from pro_app.export.service import make_export
from pro_app.store.transaction import CLI, Actor


def export(
    folder: Path,
    as_of: date,
    *,
    known_at: datetime | None = None,
    with_arm: bool = False,
    actor: Actor = CLI,
) -> Manifest:
    parts = deployment()
    return make_export(
        parts.study,
        parts.instrument,
        folder=folder,
        as_of=as_of,
        known_at=known_at,
        with_arm=with_arm,
        actor=actor,
        now=parts.now(),
    )


def rows(folder: Path, file: str) -> list[dict[str, str]]:
    with (folder / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def content(folder: Path) -> dict[str, bytes]:
    """Each file's bytes."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def values(found: list[dict[str, str]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in found]
