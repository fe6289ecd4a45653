"""The missing-entry job over everybody, against the bare INSERT … SELECT of its rows.

    python -m bench.flags [--patients 1e5] [--rounds 5] [--kinds sqlite postgresql] [--json FILE]

The bare one writes the same rows into a table like the flags' own, with the same key,
index and reference to the patient, from a table that holds nothing else. Both commit.
The job is timed from outside, with the finding of what is missing, its record in the
trail and its commit. `counted` says whether the database had counted its rows before
(ANALYZE, which PostgreSQL's autovacuum does by itself, and SQLite nobody).
`again` is the run after it, which finds everything done.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import MetaData, Table, insert, select, text

from bench.ground import KINDS, analyse, application, databases
from bench.population import Habits, fill
from bench.report import arguments, in_turns, median, number, ratio, seconds, show
from pro_app.acts.person import operator
from pro_app.deployment import deployment
from pro_app.followup.service import synchronise_flags
from pro_app.security.access import occasion_of
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import WORKER
from pro_app.store.statuses.flags import Counts
from pro_app.store.tables import missing_flag, patient

_HABITS = Habits(handed_in=0.5, explained=0.2)


def measure(kind: str, patients: int, rounds: int) -> Iterator[dict[str, Any]]:
    """The figures before and after the database counted its rows."""
    # Left to itself autovacuum would count at a moment of its own choosing.
    with databases(kind, autovacuum="off") as new, application(new("flags")):
        fill(patients, [site.code for site in deployment().study.sites], _HABITS)
        _run()
        bare, rows = _tables()
        for counted in (False, True):
            if counted:
                analyse()
            yield {"database": kind, "patients": patients, "counted": counted} | _compare(
                bare, rows, rounds
            )


def _compare(bare: Table, rows: Table, rounds: int) -> dict[str, Any]:
    again: list[float] = []

    def job() -> float:
        _empty(missing_flag)
        taken = seconds(lambda: counts.append(_run()))
        again.append(seconds(lambda: counts.append(_run())))
        assert counts[-2:] == [Counts(opened=opened), Counts()]
        return taken

    def insert_select() -> float:
        _empty(bare)
        return seconds(lambda: _insert(bare, rows))

    counts: list[Counts] = []
    with db.engine.connect() as connection:
        opened = connection.execute(text(f"SELECT count(*) FROM {rows.name}")).scalar_one()
    jobs, bares = in_turns(rounds, job, insert_select)
    return {
        "flags": opened,
        "job s": median(jobs),
        "bare s": median(bares),
        "job/bare": ratio(jobs, bares),
        "flags/s": opened / median(jobs),
        "again s": median(again),
    }


def _insert(bare: Table, rows: Table) -> None:
    with db.engine.begin() as connection:
        connection.execute(insert(bare).from_select(list(rows.c.keys()), select(rows)))


def _run() -> Counts:
    return synchronise_flags(at=occasion_of(deployment(), operator(WORKER)))


def _tables() -> tuple[Table, Table]:
    """A table like the flags' own, and the flags' rows without key or index."""
    like = MetaData()
    patient.to_metadata(like)
    bare = missing_flag.to_metadata(like, name="bare_flag")
    for index in (*bare.indexes, bare.primary_key):
        index.name = f"bare_{index.name}"
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE flag_rows AS SELECT * FROM missing_flag"))
        bare.create(connection)
    return bare, Table("flag_rows", like, autoload_with=db.engine)


def _empty(table: Table) -> None:
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.begin() as connection:
        connection.execute(text(f"{'DELETE FROM' if sqlite else 'TRUNCATE'} {table.name}"))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--patients", type=number, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    asked = parser.parse_args()
    figures = [row for kind in asked.kinds for row in measure(kind, asked.patients, asked.rounds)]
    show(figures, asked.json)


if __name__ == "__main__":
    main()
