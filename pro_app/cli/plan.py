"""`flask plan`: the visits that follow from a randomisation day."""

from datetime import date

import click
from flask import Flask
from flask_babel import gettext as _

from pro_app.cli.outcome import CommandRefused, Day, print_json, print_table
from pro_app.core import schedule
from pro_app.deployment import deployment

_COLUMNS = ("visit", "month", "opens_on", "target_on", "closes_on")


def register(app: Flask) -> None:
    app.cli.command("plan")(plan)


@click.option("--anchor", required=True, type=Day(), help="The randomisation day, YYYY-MM-DD.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def plan(anchor: date, as_json: bool) -> None:
    """List the visits planned from a randomisation day. Needs no database."""
    try:
        visits = schedule.plan(deployment().file.visits, anchor)
    except (ValueError, OverflowError) as error:  # the calendar ends in the year 9999
        raise CommandRefused(
            _(
                "--anchor: %(day)s is too late; the visits would lie after the year 9999",
                day=anchor.isoformat(),
            )
        ) from error
    rows = [
        (
            visit.visit,
            visit.month,
            visit.opens_on.isoformat(),
            visit.target_on.isoformat(),
            visit.closes_on.isoformat(),
        )
        for visit in visits
    ]
    if as_json:
        print_json([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
    else:
        print_table(_COLUMNS, rows)
