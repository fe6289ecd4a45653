"""`flask serve`: show the pages."""

import os
import sys

import click
from flask import Flask
from flask_babel import gettext as _

from pro_app.cli.outcome import CommandRefused, note
from pro_app.deployment import deployment
from pro_app.network import EVERY_ADDRESS, is_free
from pro_app.settings import Settings, SettingsError, check_for_serving

_SERVER = ("-m", "gunicorn", "--config", "python:pro_app.server", "wsgi:app")


def register(app: Flask) -> None:
    app.cli.command("serve")(serve)


@click.option("--check", is_flag=True, help="Only check whether the server could start here.")
def serve(check: bool) -> None:
    """Serve the pages until stopped."""
    settings = deployment().settings
    _can_serve(settings)
    if check:
        return
    _tell(settings)
    sys.stderr.flush()
    # In the place of this process, so that whoever stops it stops the server.
    os.execv(sys.executable, (sys.executable, *_SERVER))  # noqa: S606 - no shell is wanted


def _can_serve(settings: Settings) -> None:
    """Errors: CommandRefused when the settings forbid it, or the port is taken."""
    try:
        check_for_serving(settings)
        free = is_free(settings.listen)
    except SettingsError as error:
        raise CommandRefused(str(error)) from error
    except OSError as error:
        raise CommandRefused(
            _(
                "PRO_LISTEN: this machine can't listen on %(address)s (%(why)s)",
                address=settings.listen,
                why=error.strerror or "",
            )
        ) from error
    if not free:
        host, _colon, port = settings.listen.rpartition(":")
        raise CommandRefused(
            _(
                "PRO_LISTEN: port %(port)s is in use by another program. "
                "Name another one, for instance PRO_LISTEN=%(other)s",
                port=port,
                other=f"{host}:{int(port) % 65535 + 1}",
            )
        )


def _tell(settings: Settings) -> None:
    host, _colon, port = settings.listen.rpartition(":")
    note(_("Serving at %(address)s; Ctrl-C stops it.", address=settings.base_url))
    if settings.production:
        return
    note(_("The data are in %(place)s.", place=settings.data_place))
    if host not in EVERY_ADDRESS:
        note(
            _(
                "To try it on a real phone in the same network, stop it and start it with "
                "PRO_LISTEN=%(listen)s; to work without a network a phone needs https.",
                listen=f"0.0.0.0:{port}",
            )
        )
