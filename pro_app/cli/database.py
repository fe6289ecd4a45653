"""A database that is not there or not ready, or a locked record, ends a command in a sentence."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask_babel import gettext as _
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from pro_app.cli.outcome import CommandRefused
from pro_app.store.engine.locked import Locked


def guard(command: click.Command) -> None:
    """Let this command, or every one of a group, say what is wrong with the database."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            guard(each)
    elif command.callback and not hasattr(command.callback, "is_guarded"):
        command.callback = _guarded(command.callback)


def _guarded(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return callback(*args, **options)
        except DatabaseError as error:
            raise CommandRefused(_sentence(error)) from error
        except Locked as locked:
            raise CommandRefused(
                _("the record of %(number)s is locked; nothing was written", number=locked.number)
            ) from locked

    call.is_guarded = True  # type: ignore[attr-defined] # groups outlive the applications
    return call


def _sentence(error: DatabaseError) -> str:
    # SQLite calls a missing table an operational error, PostgreSQL a programming error.
    why = str(error.orig).strip().splitlines()[0]
    if isinstance(error, IntegrityError):
        sentence = _("somebody else wrote the same at this moment; nothing was written, try again")
    elif isinstance(error, ProgrammingError) or why.startswith("no such "):
        sentence = _("the database has not the present schema; run `flask db upgrade` first")
    else:
        sentence = _("PRO_DATABASE_URL: the database can't be used: %(why)s", why=why)
    return str(sentence)
