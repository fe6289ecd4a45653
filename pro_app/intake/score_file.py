"""A table of answers → the same table with its scores, in parts, without a database."""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pro_app.core.instrument import Instrument
from pro_app.intake.cells import choices
from pro_app.intake.problems import CellProblem, Expected, Rule
from pro_app.intake.table import Row, Table, header_problems

#: How many bad cells are named; who has more mends these and looks again.
NAMED = 20
_PART = 20_000


@dataclass(frozen=True, slots=True)
class Scored:
    """The file was written, with this many rows below its header."""

    rows: int


@dataclass(frozen=True, slots=True)
class NotScored:
    """No file was written. `problems` are the first ones, `more` how many follow."""

    problems: tuple[CellProblem, ...]
    more: int = 0


def score_file(
    table: Table, instrument: Instrument, out: Path, *, advance: Callable[[int], None]
) -> Scored | NotScored:
    """Write `out`: the table's columns as they stand, then the scores, then their counts.

    A column that has the name of an added one is left out. `advance` is told how
    many rows were done. `out` may be the file the table came from.
    Errors: BadTable; OSError when `out` can't be written.
    """
    missing = header_problems(table, instrument.item_codes, None)
    if missing:
        return NotScored(tuple(missing))
    added = (*instrument.scale_codes, *(f"{code}_n" for code in instrument.scale_codes))
    kept = [place for place, name in enumerate(table.header) if name not in added]
    problems: list[CellProblem] = []
    bad = rows = 0
    with _written_whole(out) as (file, keep):
        writer = csv.writer(file, lineterminator=table.line_end)
        writer.writerow([*(table.header[place] for place in kept), *added])
        for part in _parts(table):
            answers, found = _answers(part, table, instrument)
            bad += len(found)
            problems += found[: NAMED - len(problems)]
            if not bad:
                writer.writerows(_with_scores(part, kept, answers, instrument))
            rows += len(part)
            advance(len(part))
        if not bad:
            keep()
            return Scored(rows)
    return NotScored(tuple(problems), bad - len(problems))


def _parts(table: Table) -> Iterator[list[Row]]:
    rows = table.rows()
    while part := list(islice(rows, _PART)):
        yield part


def _answers(
    part: list[Row], table: Table, instrument: Instrument
) -> tuple[dict[str, list[int | None]], list[CellProblem]]:
    """Item → its column of answers, and all that is wrong, by line.

    The answers may be used only when nothing is wrong.
    """
    misfits = [misfit for row in part if (misfit := table.misfit(row))]
    if misfits:  # then the cells of these rows can't be told by their place
        part = [row for row in part if not table.misfit(row)]
    meaning = choices(instrument)
    answers: dict[str, list[int | None]] = {}
    bad: list[tuple[int, int, str]] = []
    for place, name in enumerate(table.header):
        if name in instrument.item_codes:
            column = [row.cells[place] for row in part]
            answers[name] = [meaning.get(cell) for cell in column]
            cells = enumerate(column)
            bad += [(i, place, name) for i, c in cells if c not in meaning and c.strip()]
    expected = Expected(Rule.ONE_OF_OR_EMPTY, tuple(code for code in meaning if code))
    problems = [
        CellProblem(part[i].line, name, part[i].cells[place], expected)
        for i, place, name in sorted(bad)
    ]
    return answers, sorted(misfits + problems, key=lambda problem: problem.line or 0)


def _with_scores(
    part: list[Row], kept: list[int], answers: dict[str, list[int | None]], instrument: Instrument
) -> Iterator[list[Any]]:
    # Imported here, since it takes a while and only these two commands need it.
    import polars as pl

    from pro_app.core.score_table import score_table

    frame = pl.DataFrame(answers, schema=dict.fromkeys(answers, pl.Int64))
    scored = score_table(frame, instrument)
    whole = len(kept) == len(part[0].cells)
    for row, scores in zip(part, scored.iter_rows(), strict=True):
        cells = row.cells if whole else [row.cells[place] for place in kept]
        yield [*cells, *scores]


@contextmanager
def _written_whole(out: Path) -> Iterator[tuple[IO[str], Callable[[], None]]]:
    """A file to write to and what makes it `out`: all of it is there, or nothing new."""
    out = out.resolve()  # a link stays a link
    if out.exists() and not out.is_file():
        raise FileExistsError(None, "not an ordinary file", str(out))
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    done = False

    def keep() -> None:
        nonlocal done
        done = True

    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            yield file, keep
        if done:
            beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
