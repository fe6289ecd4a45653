"""The options of every command that reads a table: how it is to be read, and who brings it."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pro_app.acts.entered import trimmed
from pro_app.cli.problems import refusing_bad_tables
from pro_app.core.wording_check import unseen
from pro_app.intake.column_map import mapped
from pro_app.intake.problems import BadOption, CellProblem, Expected, Rule
from pro_app.intake.source import ENCODINGS
from pro_app.intake.table import DELIMITERS, Reading, read_table, reading, with_columns
from pro_app.store.engine.transaction import CLI, Actor

Command = TypeVar("Command", bound=Callable[..., Any])

_OF_TABLES = (
    click.option(
        "--encoding",
        default="",
        metavar="NAME",
        help=f"{', '.join(ENCODINGS)}; found out where only one makes sense.",
    ),
    click.option(
        "--delimiter",
        default="",
        metavar="NAME",
        help=f"What stands between the columns: {', '.join(DELIMITERS)}.",
    ),
    click.option(
        "--map",
        "map_file",
        type=click.Path(path_type=Path),
        help="A CSV file with in_file and read_as: what a column of the file is read as.",
    ),
)
_OF_VALUES = (
    click.option(
        "--missing",
        metavar="CODES",
        help="What stands in a cell where there is no value, such as NA,8,9.",
    ),
    click.option("--decimals", is_flag=True, help="An answer may be written 2.0."),
)
_BY = click.option("--by", metavar="NAME", help="Who does this; else who is signed in here.")
#: As long as a name in the trail.
_LONGEST = 60


def reads_tables(command: Command) -> Command:
    """The options of a command that reads a table without codes, as `how`."""
    return _with(_OF_TABLES, command)


def reads_values(command: Command) -> Command:
    """The options of a command that reads a table of values, as `how`."""
    return _with((*_OF_TABLES, *_OF_VALUES), command)


def says_by(command: Command) -> Command:
    """The option of a command that writes what a file brings, as `by`."""
    return _with((_BY,), command)


def _with(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def asked(
    file: Path,
    *,
    encoding: str,
    delimiter: str,
    map_file: Path | None,
    missing: str | None = None,
    decimals: bool = False,
) -> Reading:
    """How the file is to be read. Ends the command where that makes no sense."""
    with refusing_bad_tables(file):
        found = reading(encoding=encoding, delimiter=delimiter, missing=missing, decimals=decimals)
    if map_file is None:
        return found
    with refusing_bad_tables(map_file):
        return with_columns(found, mapped(read_table(map_file)))


def who(by: str | None) -> str:
    """Who brings a file: as it was said, or the user of the operating system. Errors: BadOption."""
    if by is None:
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # in a container the user may have no name
            return str(os.getuid())
    name = trimmed(by)
    # The trail writes a kind and a colon before a name.
    if not name or len(name) > _LONGEST or ":" in name or any(unseen(name, in_lines=False)):
        raise BadOption(CellProblem(None, "by", by, Expected(Rule.A_NAME, (str(_LONGEST),))))
    return name


def acting(by: str | None) -> Actor:
    """The same as the trail knows them, where it matters that two are two. Errors: BadOption."""
    return Actor(f"{CLI.name}:{who(by)}", CLI.role)
