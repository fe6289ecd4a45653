"""CSV files that a spreadsheet can open without running anything, and the folder they go to.

RFC 4180: comma, CRLF, quotes where needed; UTF-8 without a byte order mark.
"""

import csv
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from pro_app.core.cells import safe_text
from pro_app.core.dictionary import Kind
from pro_app.core.rows import Cell
from pro_app.core.tidy import Table

MANIFEST = "manifest.json"
#: Stands in every manifest, by which an earlier export is known.
FORMAT = "pro_app export 1"

ROWS_AT_A_TIME = 50_000


class FolderTaken(Exception):
    """The folder holds something that is not an earlier export; `names` says what."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(", ".join(self.names))


def instant(value: datetime) -> str:
    """An instant in UTC: 2026-03-05T00:00:00Z, with a fraction where there is one."""
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


#: The rest is written as it is: days as YYYY-MM-DD, numbers by the shortest text
#: that reads back as the same number.
_AS_TEXT: dict[Kind, Callable[[Any], str | None]] = {
    Kind.TEXT: safe_text,
    Kind.CODE: safe_text,
    Kind.YES_NO: {True: "yes", False: "no", None: None}.__getitem__,
    Kind.INSTANT: lambda value: None if value is None else instant(value),
}


def in_parts(table: Table) -> Iterator[list[tuple[Cell, ...]]]:
    """The rows of a table, so many at a time that they fit any memory."""
    rows = table.rows()
    while part := list(islice(rows, ROWS_AT_A_TIME)):
        yield part


def write_table(table: Table, kinds: Mapping[str, Kind], folder: Path) -> int:
    """The number of rows written to the table's file.

    Shapes: `kinds` maps each column to what its cells hold.
    """
    as_text = [_AS_TEXT.get(kinds[name]) for name in table.columns]
    written = 0
    with (folder / table.file).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(table.columns)
        for part in in_parts(table):
            # By column, since that is a third of the time of cell by cell.
            columns = zip(*part, strict=True)
            cells = [
                map(convert, column) if convert else column
                for convert, column in zip(as_text, columns, strict=True)
            ]
            writer.writerows(zip(*cells, strict=True))
            written += len(part)
    return written


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def all_or_nothing(folder: Path, files: Collection[str]) -> Iterator[Path]:
    """A place for the files, which stand in `folder` only when the block has ended well.

    An earlier export in `folder` is replaced, anything else is left alone.
    Errors: FolderTaken; OSError where the folder can't be written.
    """
    made = not folder.exists()
    if not made:
        _refuse_if_taken(folder, files)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # Inside, since only there a file can be moved in without being copied,
        # whatever is mounted where.
        with TemporaryDirectory(dir=folder, prefix=".unfinished-") as unfinished:
            place = Path(unfinished)
            yield place
            # A folder without a manifest is no export: it goes first and comes last.
            (folder / MANIFEST).unlink(missing_ok=True)
            for name in [*(name for name in files if name != MANIFEST), MANIFEST]:
                (place / name).replace(folder / name)
    except BaseException:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _refuse_if_taken(folder: Path, files: Collection[str]) -> None:
    if not folder.is_dir():
        raise FolderTaken([folder.name])
    there = {path.name for path in folder.iterdir()}
    foreign = there - set(files) if _is_ours(folder / MANIFEST) else there
    if foreign:
        raise FolderTaken(foreign)


def _is_ours(manifest: Path) -> bool:
    try:
        return bool(json.loads(manifest.read_bytes())["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def packed(folder: Path, target: BinaryIO) -> None:
    """Write the files of an export to `target` as a ZIP: same files, same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as inside, path.open("rb") as file:
                while block := file.read(io.DEFAULT_BUFFER_SIZE * 64):
                    inside.write(block)
