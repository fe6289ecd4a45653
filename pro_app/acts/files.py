"""A file that is taken in, as one event of the trail: whatever it holds, and whoever brings it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pro_app.store.engine.transaction import Tx
from pro_app.store.trail.imports import SUBJECT

#: So much of the end of a file's name the trail keeps.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class FileIn:
    """`name` without its folder; `by`: who brings it, empty where the actor is that."""

    name: str
    sha256: str
    by: str = ""


def record_file(tx: Tx, kind: str, file: FileIn, brought: Mapping[str, object]) -> None:
    """Say that this file came, of which kind, and what it brought."""
    said = {"file": file.name[-_LONGEST_NAME:], "sha256": file.sha256} | dict(brought)
    if file.by:
        said["by"] = file.by
    tx.record(
        "file.imported",
        f"{SUBJECT}{kind}",
        changes={name: [None, value] for name, value in said.items()},
    )
