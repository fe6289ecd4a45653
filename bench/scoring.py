"""How many forms a second the scorers score, and how much memory that takes.

    python -m bench.scoring [--sizes 1e4 1e5 1e6] [--rounds 7] [--json FILE]

Each size has a process of its own, since a process never gives its peak back.
`peak` is the highest resident memory beyond what the process had once its modules
were imported; it holds the table of answers itself, whose size stands beside it.
"""

import json
import random
import resource
import subprocess
import sys
from typing import Any

from bench.report import arguments, median, number, seconds, show

#: One cell in twelve is blank, as in a trial's tables.
_BLANK_ONE_IN = 12
#: Enough rows for a rate of the scorer of single forms; more take only longer.
_ONE_BY_ONE = 20_000


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """The figures of one size, taken in this process."""
    import polars as pl

    from pro_app.core.score_table import score_table
    from pro_app.core.scoring import score
    from pro_app.instruments import load

    instrument = load("fact_b_v4")
    base = _resident_peak()
    frame = _answers(rows, instrument.item_codes, pl)
    scored = [seconds(lambda: score_table(frame, instrument)) for _ in range(rounds)]
    peak = _resident_peak() - base
    few = frame.head(_ONE_BY_ONE).to_dicts()
    singly = [seconds(lambda: [score(row, instrument) for row in few]) for _ in range(3)]
    return {
        "rows": rows,
        "table rows/s": rows / median(scored),
        "slowest": rows / max(scored),
        "fastest": rows / min(scored),
        "answers MB": frame.estimated_size("mb"),
        "peak MB": peak / 1024,
        "one by one rows/s": len(few) / median(singly),
    }


def _answers(rows: int, codes: tuple[str, ...], pl: Any) -> Any:
    """A table of answers as it comes out of a CSV file: whole numbers of 64 bits."""
    chance = random.Random(rows)
    column = [None if chance.randrange(_BLANK_ONE_IN) == 0 else chance.randrange(5)
              for _ in range(min(rows, 100_003))]  # fmt: skip
    short = pl.Series(column, dtype=pl.Int64)
    turned = {code: pl.concat([short[i * 997 :], short[: i * 997]]) for i, code in enumerate(codes)}
    parts = -(-rows // len(short))
    return pl.DataFrame({c: pl.concat([s] * parts).head(rows).rechunk() for c, s in turned.items()})


def _resident_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--sizes", type=number, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", type=number, help="measure this size here and print its JSON")
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(measure(asked.only, asked.rounds)))
        return
    show([_in_own_process(size, asked.rounds) for size in asked.sizes], asked.json)


def _in_own_process(size: int, rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.scoring", "--only", str(size), "--rounds", str(rounds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
