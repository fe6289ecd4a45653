"""The door without a browser: `flask …` commands.

Standard output carries the result alone; notes, progress and errors go to
standard error. A command ends with 0, or with 2 and a message that names what
is wrong.
"""

from flask import Flask

from pro_app.cli import (
    audit,
    contacts,
    demo,
    export,
    facts,
    followup,
    intake,
    plan,
    scoring,
    serve,
    staff,
    study_check,
    wording,
    worker,
)
from pro_app.cli.database import guard

_GROUPS = (
    scoring,
    plan,
    intake,
    followup,
    facts,
    wording,
    study_check,
    staff,
    serve,
    worker,
    audit,
    contacts,
    demo,
    export,
)


def register(app: Flask) -> None:
    for group in _GROUPS:
        group.register(app)
    for command in app.cli.commands.values():
        guard(command)
