"""How a measurement is written: a table to read on the terminal, JSON to keep."""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any


def arguments(about: str) -> argparse.ArgumentParser:
    """A parser that knows what every measurement is asked."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures in FILE")
    return parser


def number(text: str) -> int:
    """A count as people write it: 100000 or 1e5."""
    return int(float(text))


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work took."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_turns(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """What each measure returned, round by round.

    Every round takes all of them, the order turned about, so that a slow moment of
    the machine falls on each alike.
    """
    taken: list[list[float]] = [[] for _ in measures]
    for turn in range(rounds):
        order = range(len(measures)) if turn % 2 == 0 else reversed(range(len(measures)))
        for place in order:
            taken[place].append(measures[place]())
    return taken


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """The median of the ratios of two series taken in turns."""
    return median(a / b for a, b in zip(one, other, strict=True))


def show(rows: Sequence[dict[str, Any]], keep: Path | None = None) -> None:
    """Print rows of figures as a table, and keep them as JSON when asked."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for line in (columns, ["-" * width for width in widths], *cells):
        fitted = [text.rjust(width) for text, width in zip(line, widths, strict=True)]
        print(f"| {' | '.join(fitted)} |")
    if keep is not None:
        keep.write_text(json.dumps(list(rows), indent=2) + "\n", encoding="utf8")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if type(value) is int else "" if value is None else str(value)
