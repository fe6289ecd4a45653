"""Lists that are cut at a number of rows and counted up to another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Subquery, case, func, select

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Cut(Generic[RowT]):
    """The first rows of a list, how many there are in all, and how many of these are new.

    `more`: they were counted no further; there are at least so many.
    """

    rows: tuple[RowT, ...] = ()
    total: int = 0
    new: int = 0
    more: bool = False


def cut(
    found: Subquery, is_new: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int
) -> Subquery:
    """The first rows of each `part`, beside the counts of all its rows.

    What is only shown (numbers, reasons) is joined to these few rows, not counted.
    """
    part = found.c.part
    ranked = select(
        found,
        func.count().over(partition_by=part).label("total"),
        func.sum(case((is_new, 1), else_=0)).over(partition_by=part).label("new"),
        func.row_number().over(partition_by=part, order_by=order).label("place"),
    ).subquery("ranked")
    return select(ranked).where(ranked.c.place <= limit).subquery("cut")


def gather(rows: Iterable[Row[Any]], kind: type[RowT]) -> dict[int, Cut[RowT]]:
    """Part → its rows as values, with its counts."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    found: dict[int, list[RowT]] = {}
    counts: dict[int, tuple[int, int]] = {}
    for row in rows:
        found.setdefault(row.part, []).append(kind(*(getattr(row, name) for name in names)))
        counts[row.part] = (row.total, int(row.new))
    return {part: Cut(tuple(made), *counts[part]) for part, made in found.items()}
