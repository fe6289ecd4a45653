"""Who gives a command: named by `--by`, or whoever the operating system knows."""

import os
import pwd
from typing import Any

import click
from flask_babel import gettext as _

from pro_app.core.wording_check import unseen
from pro_app.store.engine.transaction import CLI, Actor

#: No longer than the name of an account.
_LONGEST = 100


def by(command: Any) -> Any:
    """Give a command the option `--by NAME`, which hands it the `Actor` that the trail keeps."""
    option = click.option(
        "--by",
        "actor",
        metavar="NAME",
        callback=_actor,
        help="Who does this, for the trail; the operating system's user where nobody is named.",
    )
    return option(command)


def _actor(_context: click.Context, _option: click.Parameter, given: str | None) -> Actor:
    name = (_of_system() if given is None else given).strip()
    if not name or len(name) > _LONGEST or ":" in name or any(unseen(name, in_lines=False)):
        raise click.BadParameter(_("expected a name of up to %(n)s characters", n=_LONGEST))
    return Actor(f"{CLI.name}:{name}", CLI.role)


def _of_system() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without an entry
        return str(os.getuid())
