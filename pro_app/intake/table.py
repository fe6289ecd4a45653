"""A text file as people save it → a header and rows, each with the line it begins on."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pro_app.acts.entered import trimmed
from pro_app.intake.columns import Renamed, left_out, near, renamed
from pro_app.intake.problems import BadOption, BadTable, CellProblem, Expected, Rule
from pro_app.intake.source import Source, encoding_asked, read_source, source_of

#: What may stand between two cells, as it is asked for.
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
#: Excel's own first line, which is no header.
_SEP = re.compile(r'"?sep=([^\r\n"])"?[ \t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


class Row(NamedTuple):
    """`line` is where the row begins in the file: a cell may hold line ends."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read, as far as somebody said so; the rest is found out or refused.

    `missing`: what stands in a cell where there is no value. `decimals`: an answer may be
    written 2.0.
    """

    encoding: str | None = None
    delimiter: str | None = None
    columns: tuple[Renamed, ...] = ()
    missing: frozenset[str] = frozenset()
    decimals: bool = False

    @property
    def told(self) -> str:
        """What of it bears on what was read, in few words, for the trail."""
        said = [f"{each.title}={each.meant}" for each in self.columns]
        said += [f"missing={code}" for code in sorted(self.missing)]
        return ", ".join(said + ["decimals"] * self.decimals)


def reading(
    *, encoding: str = "", delimiter: str = "", missing: str | None = None, decimals: bool = False
) -> Reading:
    """What was asked for, empty where it was not. Errors: BadOption."""
    signs = DELIMITERS | {sign: sign for sign in DELIMITERS.values()}
    if delimiter and delimiter not in signs:
        raise _bad_option("delimiter", delimiter, Rule.ONE_OF, *DELIMITERS)
    codes = frozenset(filter(None, map(trimmed, (missing or "").split(","))))
    if missing is not None and not codes:
        raise _bad_option("missing", missing, Rule.CODES)
    return Reading(
        encoding=encoding_asked(encoding) if encoding else None,
        delimiter=signs[delimiter] if delimiter else None,
        missing=codes,
        decimals=decimals,
    )


@dataclass(frozen=True)
class Table:
    """A header without doubled names, and the rows below it, read when asked for.

    `titles` stand in the file; `header` says as what they are read, empty for a column
    that has no name or is left out.
    """

    titles: tuple[str, ...]
    header: tuple[str, ...]
    header_line: int
    source: Source
    delimiter: str = ","
    has_sep: bool = False
    reading: Reading = Reading()

    @cached_property
    def line_end(self) -> str:
        """How the file ends its first line."""
        first = io.StringIO(_start(self.source, 1 << 16), newline="").readline()
        return "\r\n" if first.endswith("\r\n") else "\n"

    @property
    def about_rows(self) -> int:
        """How many rows there are, as far as line ends tell."""
        return self.source.content.count(b"\n")

    @cached_property
    def places(self) -> dict[str, int]:
        """Name → its place, of all that are read."""
        return {name: place for place, name in enumerate(self.header) if name}

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The places without a name to the left and the right of all that have one."""
        named = [place for place, title in enumerate(self.titles) if trimmed(title)]
        return (*range(named[0]), *range(named[-1] + 1, len(self.titles)))

    @cached_property
    def nameless(self) -> tuple[int, ...]:
        """Those of them in which nothing may stand, since nothing says what it would be."""
        gone = left_out(self.titles, self.reading.columns)
        return tuple(place for place in self.edges if not self.header[place] and place not in gone)

    @cached_property
    def _least(self) -> int:
        """So many cells has a row at least: it need not go on to the empty ones at its end."""
        named = [place for place, title in enumerate(self.titles) if trimmed(title)]
        return named[-1] + 1

    def rows(self) -> Iterator[Row]:
        """The rows below the header; lines with nothing on them are no rows.

        Errors: BadTable at a quote that is never closed.
        """
        rows = _rows(self.source, self.delimiter, has_sep=self.has_sep)
        for row in rows:
            if row.line == self.header_line:
                break
        return rows

    def misfit(self, row: Row) -> CellProblem | None:
        """What is wrong when a row has not as many cells as the header; empty ones are nothing."""
        width, found = len(self.titles), len(row.cells)
        if found == width or (self._least <= found < width):
            return None
        if found > width and not any(map(trimmed, row.cells[width:])):
            return None
        return CellProblem(row.line, "", str(found), Expected(Rule.WIDTH, (str(width),)))

    def cell(self, row: Row, place: int) -> str:
        """What a cell says: nothing around it, and empty where it says that there is nothing."""
        found = trimmed(row.cells[place]) if place < len(row.cells) else ""
        return "" if found in self.reading.missing else found

    def first(self, count: int) -> list[tuple[int, list[tuple[str, str]]]]:
        """The first rows as they are read: the line, and each column with what it says."""
        rows = (row for row in self.rows() if any(map(trimmed, row.cells)))
        return [
            (row.line, [(name, self.cell(row, place)) for name, place in self.places.items()])
            for row in islice(rows, count)
            if not self.misfit(row)
        ]


def read_table(path: Path, asked: Reading = Reading()) -> Table:
    """The table in a file. Errors: BadTable, BadOption."""
    return table_of(read_source(path, asked.encoding), asked)


def table_in(content: bytes, name: str, asked: Reading) -> Table:
    """The table in a file that was sent. Errors: BadTable, BadOption."""
    return table_of(source_of(content, asked.encoding, name), asked)


def table_of(source: Source, asked: Reading = Reading()) -> Table:
    """The table in a text that has been read. Errors: BadTable, BadOption."""
    start = _start(source, 1 << 20)
    sep = _SEP.match(start)
    delimiter = asked.delimiter or (sep[1] if sep else _delimiter(start))
    rows = _rows(source, delimiter, has_sep=bool(sep))
    first = next((row for row in rows if any(map(trimmed, row.cells))), None)
    if first is None:
        raise _bad(None, Rule.HEADER)
    header = renamed(first.cells, asked.columns)
    _refuse_doubled(first.line, header)
    return Table(tuple(first.cells), header, first.line, source, delimiter, bool(sep), asked)


def with_columns(asked: Reading, columns: Sequence[Renamed]) -> Reading:
    """The same with a map of columns."""
    return replace(asked, columns=tuple(columns))


def header_problems(
    table: Table, required: Sequence[str], optional: Sequence[str] | None = ()
) -> list[CellProblem]:
    """The columns that are missing, and those nobody knows; with `optional` None any will do.

    A column that is missing is told with the name in the file that comes near it.
    """
    line, header = table.header_line, table.header
    known = (*required, *(optional or ()))
    others = [name for name in header if name and name not in known]
    problems, told = [], set()
    for name in required:
        if name not in table.places:
            like = near(name, others)
            told |= {like}
            among = (like,) if like else ()
            problems.append(CellProblem(line, name, None, Expected(Rule.COLUMN, among)))
    if optional is not None:
        problems += [
            CellProblem(line, name, None, Expected(Rule.KNOWN_COLUMN, known))
            for name in others
            if name not in told
        ]
        gone = {*table.edges, *left_out(table.titles, table.reading.columns)}
        problems += [
            CellProblem(line, "", None, Expected(Rule.NAMED, (str(place + 1),)))
            for place, name in enumerate(header)
            if not name and place not in gone
        ]
    return problems


def _refuse_doubled(line: int, header: Sequence[str]) -> None:
    places: dict[str, list[str]] = {}
    for place, name in enumerate(header, start=1):
        places.setdefault(name, []).append(str(place))
    for name, found in places.items():
        if name and len(found) > 1:
            raise BadTable(CellProblem(line, name, None, Expected(Rule.COLUMN_ONCE, tuple(found))))


def _delimiter(start: str) -> str:
    """What stands between the names of the header. Errors: BadTable where it may be several."""
    lines = (line for line in _QUOTED.sub("", start).splitlines() if line.strip(" \t,;|"))
    header = next(lines, "")
    found = [sign for sign in DELIMITERS.values() if sign in header]
    if len(found) > 1:
        signs = tuple(name for name, sign in DELIMITERS.items() if sign in found)
        raise BadTable(CellProblem(None, "", None, Expected(Rule.DELIMITER, signs)))
    return found[0] if found else ","


def _start(source: Source, size: int) -> str:
    """The beginning of the text; a character that the cut falls into is left out."""
    return source.content[:size].decode(source.codec, errors="ignore")


def _rows(source: Source, delimiter: str, *, has_sep: bool) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BytesIO(source.content), encoding=source.codec, newline="")
    line = 1
    if has_sep:
        text.readline()
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    skipped = int(has_sep)
    line += skipped
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield Row(line, cells)
            line = reader.line_num + 1 + skipped
    except csv.Error as error:
        raise _bad(line, Rule.QUOTING) from error


def _bad(line: int | None, rule: Rule, found: str | None = None) -> BadTable:
    return BadTable(CellProblem(line, "", found, Expected(rule)))


def _bad_option(name: str, found: str, rule: Rule, *among: str) -> BadOption:
    return BadOption(CellProblem(None, name, found, Expected(rule, among)))
