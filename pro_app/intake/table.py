"""A CSV file as people save it → a header and rows, each with the line it begins on."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pro_app.intake.problems import BadTable, CellProblem, Expected, Rule

#: As Excel and most programs write it, then as Chinese Excel does; the latter holds GBK.
UTF_8, GB18030 = "utf-8-sig", "gb18030"


class Row(NamedTuple):
    """`line` is where the row begins in the file: a cell may hold line ends."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a text file and the encoding in which they make sense."""

    content: bytes = field(repr=False)
    encoding: str

    @property
    def text(self) -> str:
        return self.content.decode(self.encoding)


@dataclass(frozen=True, slots=True)
class Table:
    """A header without doubled names, and the rows below it, read when asked for."""

    header: tuple[str, ...]
    header_line: int
    source: Source

    @property
    def line_end(self) -> str:
        """How the file ends its first line."""
        first, end, _ = self.source.content.partition(b"\n")
        return "\r\n" if end and first.endswith(b"\r") else "\n"

    @property
    def about_rows(self) -> int:
        """How many rows there are, as far as line ends tell."""
        return self.source.content.count(b"\n")

    def rows(self) -> Iterator[Row]:
        """The rows below the header; lines with nothing on them are no rows.

        Errors: BadTable at a quote that is never closed.
        """
        rows = _rows(self.source)
        next(rows)
        return rows

    def misfit(self, row: Row) -> CellProblem | None:
        """What is wrong when a row has not as many cells as the header."""
        if len(row.cells) == len(self.header):
            return None
        expected = Expected(Rule.WIDTH, (str(len(self.header)),))
        return CellProblem(row.line, "", str(len(row.cells)), expected)


def read_source(path: Path) -> Source:
    """The file's bytes and their encoding.

    Errors: BadTable when it can't be read or is no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _bad(None, Rule.READABLE, error.strerror) from error
    return source_of(content)


def source_of(content: bytes) -> Source:
    """These bytes and their encoding. Errors: BadTable when they are no text."""
    # UTF-16 and workbooks are full of zero bytes, text has none.
    zero = content.find(b"\0")
    if zero >= 0:
        raise _bad(None, Rule.PLAIN_TEXT)
    for encoding in (UTF_8, GB18030):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return Source(content, encoding)
    raise _bad(None, Rule.PLAIN_TEXT)


def read_table(path: Path) -> Table:
    """The table in a file. Errors: BadTable."""
    return table_of(read_source(path))


def table_of(source: Source) -> Table:
    """The table in a text that has been read. Errors: BadTable."""
    first = next(_rows(source), None)
    if first is None:
        raise _bad(None, Rule.HEADER)
    for name, times in Counter(first.cells).items():
        if times > 1:
            raise BadTable(CellProblem(first.line, name, None, Expected(Rule.COLUMN_ONCE)))
    return Table(tuple(first.cells), first.line, source)


def header_problems(
    table: Table, required: Sequence[str], optional: Sequence[str] | None = ()
) -> list[CellProblem]:
    """The columns that are missing, and those nobody knows; with `optional` None any will do."""
    line = table.header_line
    problems = [
        CellProblem(line, name, None, Expected(Rule.COLUMN))
        for name in required
        if name not in table.header
    ]
    if optional is not None:
        known = (*required, *optional)
        problems += [
            CellProblem(line, name, None, Expected(Rule.KNOWN_COLUMN, known))
            for name in table.header
            if name not in known
        ]
    return problems


def _rows(source: Source) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BytesIO(source.content), encoding=source.encoding, newline="")
    reader = csv.reader(text, strict=True)
    line = 1
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _bad(line, Rule.QUOTING) from error


def _bad(line: int | None, rule: Rule, found: str | None = None) -> BadTable:
    return BadTable(CellProblem(line, "", found, Expected(rule)))
