"""`flask flags run` and `flask worker`: what runs by itself."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app import worker
from pro_app.acts.person import operator
from pro_app.cli.outcome import CommandRefused, note
from pro_app.deployment import deployment
from pro_app.followup import service
from pro_app.security.access import occasion_of
from pro_app.settings import SettingsError, check_for_serving
from pro_app.store.engine.process_lock import claim_file
from pro_app.store.engine.transaction import CLI

group = AppGroup("flags", help="Flags for expected entries that are missing.")


def register(app: Flask) -> None:
    app.cli.add_command(group)
    app.cli.command("worker")(run_worker)


@group.command("run")
def run() -> None:
    """Open, close and reopen missing-entry flags by what is recorded today."""
    counts = service.synchronise_flags(at=occasion_of(deployment(), operator(CLI)))
    click.echo(
        _(
            "flags: %(opened)d opened, %(closed)d closed, %(reopened)d reopened",
            opened=counts.opened,
            closed=counts.closed,
            reopened=counts.reopened,
        )
    )


def run_worker() -> None:
    """Run the follow-up jobs until stopped. On SQLite the server does so itself."""
    settings = deployment().settings
    try:
        check_for_serving(settings)
        if settings.embedded:
            claim_file(settings)
    except SettingsError as error:
        raise CommandRefused(str(error)) from error
    note(_("The worker runs; stop it with Ctrl-C."))
    worker.run_for_ever(current_app._get_current_object())  # type: ignore[attr-defined]
