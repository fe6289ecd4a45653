"""How a command ends when it can't do what was asked."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import click
from flask_babel import gettext as _

from pro_app.deployment import deployment


class CommandRefused(click.ClickException):
    """Exit code 2 with one line on standard error for each thing that is wrong."""

    exit_code = 2

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def note(text: str) -> None:
    """Say something that is not the result."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print aligned columns; an empty value is a dash."""
    texts = [["–" if cell is None or cell == "" else str(cell) for cell in row] for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in texts)]) for i, name in enumerate(columns)]
    for row in [list(columns), *texts]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


class Day(click.ParamType[date]):
    """A calendar day, YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
            if day.isoformat() != value:  # a week, or a day without hyphens
                raise ValueError
            return day
        except ValueError:
            self.fail(_("%(value)s is not a day; expected YYYY-MM-DD", value=value), param, ctx)


class Moment(click.ParamType[datetime]):
    """An instant with its time zone, such as 2026-03-05T08:00:00+08:00."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError
        except ValueError:
            expected = "2026-03-05T08:00:00+08:00"
            self.fail(
                _(
                    "%(value)s is not an instant with its time zone; expected e.g. %(expected)s",
                    value=value,
                    expected=expected,
                ),
                param,
                ctx,
            )
        return moment


def today() -> date:
    return deployment().today()
