"""The door without a browser: `flask …` commands.

Standard output carries the result alone; notes, progress and errors go to
standard error. A command ends with 0, or with 2 and a message that names what
is wrong.
"""

from flask import Flask

from pro_app.cli import demo, staff, worker


def register(app: Flask) -> None:
    for group in (staff, worker, demo):
        group.register(app)
