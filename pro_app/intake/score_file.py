"""A table of answers → the same table with its scores, in parts, without a database."""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pro_app.acts.entered import trimmed
from pro_app.core.instrument import Instrument
from pro_app.intake.cells import BAD, Choices
from pro_app.intake.problems import CellProblem, Expected, Rule
from pro_app.intake.service import refuse_answers
from pro_app.intake.table import Row, Table, header_problems

#: How many bad cells are kept to be named; who has more mends these and looks again.
_NAMED = 1000
_PART = 20_000


@dataclass(frozen=True, slots=True)
class Scored:
    """The file was written, with this many rows below its header; score → in how many it is."""

    rows: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class NotScored:
    """No file was written. `problems` are the first ones of `total`."""

    problems: tuple[CellProblem, ...]
    total: int


def score_file(
    table: Table,
    instrument: Instrument,
    out: Path,
    *,
    replace: bool = False,
    advance: Callable[[int], None],
) -> Scored | NotScored:
    """Write `out`: the table's columns as they stand, then the scores, then their counts.

    In the encoding of the file, with its byte order mark, delimiter and line ends. A column
    that has the name of an added one is left out where `replace` says so, and refused else.
    `advance` is told how many rows were done. `out` may be the file the table came from.
    Errors: BadTable, BadOption; OSError when `out` can't be written.
    """
    choices = Choices(instrument.choices, table.reading)
    refuse_answers(table, choices.named)
    added = (*instrument.scale_codes, *(f"{code}_n" for code in instrument.scale_codes))
    kept = [i for i, title in enumerate(table.titles) if trimmed(title) not in added]
    problems = header_problems(table, instrument.item_codes, None)
    if not replace:
        lost = [table.titles[i] for i in range(len(table.titles)) if i not in kept]
        expected = Expected(Rule.WOULD_BE_LOST)
        problems += [CellProblem(table.header_line, title, None, expected) for title in lost]
    if problems:
        return NotScored(tuple(problems), len(problems))
    counts = dict.fromkeys(instrument.scale_codes, 0)
    bad = rows = 0
    with _written_whole(out, table.source.codec) as (file, keep):
        writer = csv.writer(file, lineterminator=table.line_end, delimiter=table.delimiter)
        if table.has_sep:
            file.write(f"sep={table.delimiter}{table.line_end}")
        writer.writerow([*(table.titles[place] for place in kept), *added])
        for part in _parts(table):
            answers, found = _answers(part, table, choices, instrument)
            bad += len(found)
            problems += found[: _NAMED - len(problems)]
            if not bad:
                writer.writerows(_with_scores(part, kept, answers, instrument, counts))
            rows += len(part)
            advance(len(part))
        if not bad:
            keep()
            return Scored(rows, counts)
    return NotScored(tuple(problems), bad)


def _parts(table: Table) -> Iterator[list[Row]]:
    rows = table.rows()
    while part := list(islice(rows, _PART)):
        yield part


def _answers(
    part: list[Row], table: Table, choices: Choices, instrument: Instrument
) -> tuple[dict[str, list[int | None]], list[CellProblem]]:
    """Item → its column of answers, and all that is wrong, by line.

    The answers may be used only when nothing is wrong.
    """
    misfits = [misfit for row in part if (misfit := table.misfit(row))]
    if misfits:  # then the cells of these rows can't be told by their place
        part = [row for row in part if not table.misfit(row)]
    answers: dict[str, list[int | None]] = {}
    bad: list[tuple[int, int, str]] = []
    for place, name in enumerate(table.header):
        if name in instrument.item_codes:
            column = [row.cells[place] for row in part]
            values = answers[name] = [choices[cell] for cell in column]
            if BAD in values:
                bad += [(i, place, name) for i, value in enumerate(values) if value == BAD]
    expected = Expected(Rule.ONE_OF_OR_EMPTY, choices.named)
    problems = [
        CellProblem(part[i].line, name, trimmed(part[i].cells[place]), expected)
        for i, place, name in sorted(bad)
    ]
    return answers, sorted(misfits + problems, key=lambda problem: problem.line or 0)


def _with_scores(
    part: list[Row],
    kept: list[int],
    answers: dict[str, list[int | None]],
    instrument: Instrument,
    counts: dict[str, int],
) -> Iterator[list[Any]]:
    """The rows as they are to be written; `counts` grows by the scores that there are."""
    # Imported here, since it takes a while and only these two commands need it.
    import polars as pl

    from pro_app.core.score_table import score_table

    frame = pl.DataFrame(answers, schema=dict.fromkeys(answers, pl.Int64))
    scored = score_table(frame, instrument)
    for code in counts:
        counts[code] += len(scored) - scored[code].null_count()
    width = len(kept)
    whole = kept == list(range(width))
    for row, scores in zip(part, scored.iter_rows(), strict=True):
        cells = row.cells
        if not whole or len(cells) != width:  # a row may lack empty cells at its end
            cells = [cells[place] if place < len(cells) else "" for place in kept]
        yield [*cells, *scores]


@contextmanager
def _written_whole(out: Path, codec: str) -> Iterator[tuple[IO[str], Callable[[], None]]]:
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
        with beside.open("x", encoding=codec, newline="") as file:
            yield file, keep
        if done:
            beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
