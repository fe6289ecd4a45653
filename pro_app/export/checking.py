"""The two checks without which nothing leaves: a second scorer and a second reader.

Apart from the service since it imports polars, which a web process that never
makes an export need not load.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

import polars as pl

from pro_app.core.answer_sets import AnswerSet, StoredScore
from pro_app.core.cells import RUNS_ESCAPED
from pro_app.core.dictionary import Kind
from pro_app.core.instrument import Instrument
from pro_app.core.rows import Cell
from pro_app.core.score_table import score_table
from pro_app.core.tidy import Table
from pro_app.export.writing import ROWS_AT_A_TIME

TOLERANCE = 1e-9

_TYPES: dict[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.CODE: pl.String(),
    Kind.DAY: pl.Date(),
    Kind.INSTANT: pl.Datetime("us", "UTC"),
    Kind.INTEGER: pl.Int64(),
    Kind.NUMBER: pl.Float64(),
    Kind.YES_NO: pl.Boolean(),
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A score of which the two scorers say different things."""

    submission_id: str
    scale: str
    stored: StoredScore
    recomputed: tuple[float | None, int]


def disagreements(forms: Sequence[AnswerSet], instrument: Instrument) -> list[Disagreement]:
    """Every stored score that the second scorer does not confirm from the answers."""
    found = []
    for start in range(0, len(forms), ROWS_AT_A_TIME):
        part = forms[start : start + ROWS_AT_A_TIME]
        computed = score_table(_answers(part, instrument), instrument)
        for position, scale in enumerate(instrument.scales):
            values = computed[scale.code].to_list()
            counts = computed[f"{scale.code}_n"].to_list()
            for form, value, count in zip(part, values, counts, strict=True):
                stored = (form.scores or ())[position]
                if not _agree(stored, value, count, len(scale.items)):
                    found.append(
                        Disagreement(form.submission_id, scale.code, stored, (value, count))
                    )
    return found


def _answers(forms: Sequence[AnswerSet], instrument: Instrument) -> pl.DataFrame:
    columns = zip(*(form.answers for form in forms), strict=True)
    return pl.DataFrame(
        {
            code: pl.Series([a if isinstance(a, int) else None for a in column], dtype=pl.Int64)
            for code, column in zip(instrument.item_codes, columns, strict=True)
        }
    )


def _agree(stored: StoredScore, value: float | None, count: int, whole: int) -> bool:
    if stored.n_answered != count:
        return False
    if value is None or stored.value is None:
        return value is None and stored.value is None and not stored.prorated
    return abs(value - stored.value) <= TOLERANCE and stored.prorated == (count < whole)


class Different(Exception):
    """A file does not hold what was meant: `row` counts from 1, without the header."""

    def __init__(self, file: str, row: int) -> None:
        super().__init__(f"{file}: row {row}")
        self.file = file
        self.row = row


def check_file(table: Table, kinds: Mapping[str, Kind], folder: Path) -> None:
    """Read a written file back and compare every cell with the rows that were meant.

    Errors: Different at the first row that differs.
    """
    written = pl.scan_csv(folder / table.file, infer_schema=False)
    if tuple(written.collect_schema().names()) != table.columns:
        raise Different(table.file, 0)
    of_columns = {name: kinds[name] for name in table.columns}
    rows = table.rows()
    done = 0
    for batch in written.collect_batches(chunk_size=ROWS_AT_A_TIME, maintain_order=True):
        meant = _meant(list(islice(rows, batch.height)), of_columns)
        row = _first_difference(meant, batch, of_columns)
        if row is not None:
            raise Different(table.file, done + row + 1)
        done += batch.height
    if next(rows, None) is not None:
        raise Different(table.file, done + 1)


def _meant(rows: list[tuple[Cell, ...]], kinds: Mapping[str, Kind]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ((),) * len(kinds)
    frame = pl.DataFrame(
        {
            name: pl.Series(column, dtype=_TYPES[kind], strict=True)
            for (name, kind), column in zip(kinds.items(), columns, strict=True)
        }
    )
    # CSV has one kind of empty cell.
    return frame.with_columns(pl.col(pl.String).replace("", None))


def _first_difference(
    meant: pl.DataFrame, written: pl.DataFrame, kinds: Mapping[str, Kind]
) -> int | None:
    """The first row that differs, counted from 0; None when there is none."""
    try:
        found = written.select(_read(name, kind) for name, kind in kinds.items())
    except pl.exceptions.PolarsError:  # a cell that is not of its column's kind
        return 0
    if meant.equals(found, null_equal=True):
        return None
    pairs = zip_longest(meant.iter_rows(), found.iter_rows())
    return next(row for row, (one, other) in enumerate(pairs) if one != other)


def _read(name: str, kind: Kind) -> pl.Expr:
    cell = pl.col(name)
    match kind:
        case Kind.TEXT | Kind.CODE:
            return pl.when(cell.str.contains(RUNS_ESCAPED)).then(cell.str.slice(1)).otherwise(cell)
        case Kind.DAY:
            return cell.str.to_date("%Y-%m-%d")
        case Kind.INSTANT:
            return cell.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC")
        case Kind.YES_NO:
            return cell.replace_strict({"yes": True, "no": False}, return_dtype=pl.Boolean)
        case Kind.INTEGER | Kind.NUMBER:
            return cell.cast(_TYPES[kind], strict=True)
