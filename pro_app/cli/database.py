"""Before a command: is this the study of the database? After it failed: why, in a sentence."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import DatabaseError

from pro_app.cli.outcome import CommandRefused
from pro_app.deployment import deployment
from pro_app.starting import (
    OtherSchema,
    OtherStudy,
    database_sentence,
    refuse_other_schema,
    refuse_other_study,
    unreadable_sentence,
)
from pro_app.store.engine.locked import Locked
from pro_app.store.engine.study_versions import UnreadableVersion
from pro_app.store.engine.transaction import CLI

#: Commands that need no database, those that make or change its schema, the server's, which
#: compares by itself, and the verification: a version of the study may be what was altered.
_WITHOUT = ("score", "plan", "db ", "serve", "study check", "audit verify")
#: Commands that a changed study file must not keep from their work.
_OF_ANY_VERSION = frozenset({"study amend", "study show"})


def guard(command: click.Command, name: str) -> None:
    """Let this command, or every one of a group, compare its study with the database's.

    And say what is wrong with the database, or with the record that it finds locked.
    """
    if isinstance(command, click.Group):
        for each, member in command.commands.items():
            guard(member, f"{name} {each}")
    elif command.callback and not hasattr(command.callback, "is_guarded"):
        command.callback = _guarded(command.callback, name)


def _guarded(callback: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(callback)
    @with_appcontext
    def call(*args: Any, **options: Any) -> Any:
        try:
            if not name.startswith(_WITHOUT):
                refuse_other_schema()
                any_version = name in _OF_ANY_VERSION
                refuse_other_study(deployment(), actor=CLI, identity_alone=any_version)
            return callback(*args, **options)
        except OtherSchema as other:
            raise CommandRefused(str(other)) from other
        except OtherStudy as other:
            raise CommandRefused(*other.lines) from other
        except UnreadableVersion as broken:
            raise CommandRefused(unreadable_sentence(broken)) from broken
        except DatabaseError as error:
            raise CommandRefused(database_sentence(error)) from error
        except Locked as locked:
            raise CommandRefused(
                _("the record of %(number)s is locked; nothing was written", number=locked.number)
            ) from locked

    call.is_guarded = True  # type: ignore[attr-defined] # groups outlive the applications
    return call
