"""`flask contacts …`: the keys of the contact book."""

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app.acts.person import operator
from pro_app.cli.outcome import CommandRefused, note
from pro_app.contacts import service
from pro_app.deployment import deployment
from pro_app.security.access import occasion_of
from pro_app.security.vault import Vault
from pro_app.store.engine.transaction import CLI

group = AppGroup("contacts", help="The contact book.")


def register(app: Flask) -> None:
    app.cli.add_command(group)


@group.command("reseal")
def reseal() -> None:
    """Seal everything in the contact book with the newest key; older keys may be removed then."""
    parts = deployment()
    if not parts.settings.contact_keys:
        raise CommandRefused(_("PRO_CONTACT_KEYS: there is no key, so there is no contact book"))
    vault = Vault(parts.settings.contact_keys)
    done, unread = service.reseal_all(vault, at=occasion_of(parts, operator(CLI)))
    if unread:
        raise CommandRefused(
            _(
                "%(unread)s entries can't be opened with any key; put the key they were sealed "
                "with back into PRO_CONTACT_KEYS",
                unread=unread,
            )
        )
    note(_("All entries are sealed with key %(key)s; older keys may be removed.", key=vault.key_id))
    click.echo(done)
