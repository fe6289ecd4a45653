"""`flask score`: a table of answers in, the same table with scores out."""

import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask_babel import gettext as _

from pro_app.cli.outcome import CommandRefused, note
from pro_app.cli.problems import refuse, refusing_bad_tables, tell_encoding, tell_reading
from pro_app.cli.reading import asked, reads_values
from pro_app.deployment import deployment
from pro_app.intake.score_file import NotScored, score_file
from pro_app.intake.table import read_table

#: From how many lines on a bar shows that something goes on.
_LONG = 20_000


def register(app: Flask) -> None:
    app.cli.command("score")(score)


@click.argument("in_file", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out_file", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Leave out columns of IN that have a score's name.")
@reads_values
def score(in_file: Path, out_file: Path, replace: bool, **how: Any) -> None:
    """Score the answers of a CSV file into another one. Needs no database.

    IN has one column per item, named by its code, with the answers as chosen and
    empty cells where there is none. OUT has all columns of IN and, at the end, the
    scores at full precision and the numbers of answered items, in the encoding of IN.
    """
    reading = asked(in_file, **how)
    with refusing_bad_tables(in_file, how["map_file"]):
        table = read_table(in_file, reading)
        length = table.about_rows
        with click.progressbar(
            length=length,
            label=str(in_file),
            file=sys.stderr,
            hidden=length < _LONG,
        ) as bar:
            try:
                outcome = score_file(
                    table,
                    deployment().instrument,
                    out_file,
                    replace=replace,
                    advance=bar.update,
                )
            except OSError as error:
                why = error.strerror or str(error)
                raise CommandRefused(
                    _("%(file)s: can't be written: %(why)s", file=out_file, why=why)
                ) from error
    if isinstance(outcome, NotScored):
        tell_encoding(in_file, table.source)
        raise refuse(in_file, outcome.problems, total=outcome.total, written=False)
    tell_reading(in_file, table, outcome.rows)
    counts = ", ".join(f"{code} {count}" for code, count in outcome.counts.items())
    note(_("Rows that have a score: %(counts)s", counts=counts))
    note(_("%(rows)d rows scored into %(file)s", rows=outcome.rows, file=out_file))
