"""`flask staff …`: accounts for the people of the study, when nobody can do it by page."""

import sys

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app.cli.outcome import CommandRefused, note
from pro_app.core import refused
from pro_app.deployment import deployment
from pro_app.refusals import said
from pro_app.security import accounts, messages, secrets
from pro_app.security.passwords import unfit
from pro_app.security.roles import Role, takes
from pro_app.store.engine.transaction import CLI

group = AppGroup("staff", help="Accounts of staff.")


def register(app: Flask) -> None:
    app.cli.add_command(group)


def _password(name: str, typed: bool) -> str:
    """A generated password, or one read from standard input, where no history keeps it."""
    if not typed:
        return secrets.new_password()
    password = sys.stdin.readline().rstrip("\n")
    problem = unfit(password, name=name)
    if problem:
        raise CommandRefused(messages.unfit()[problem])
    return password


@group.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--site", "sites", multiple=True, help="A site's code; monitors may have several.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(name: str, role: str, sites: tuple[str, ...], password_stdin: bool) -> None:
    """Add an account and print its generated password, once."""
    parts = deployment()
    if not takes(Role(role), sites):
        raise CommandRefused(
            _(
                "--site: a nurse or investigator has exactly one site, a monitor at least one, "
                "the other roles have none"
            )
        )
    known = [each.code for each in parts.study.sites]
    for site in sites:
        if site not in known:
            raise CommandRefused(
                _(
                    "--site: %(site)s is unknown; expected %(sites)s",
                    site=site,
                    sites=", ".join(known),
                )
            )
    password = _password(name, password_stdin)
    if not accounts.add_staff(name, Role(role), sites, password, actor=CLI, now=parts.now()):
        raise CommandRefused(
            _(
                "%(name)s: this name has been used before and is never given again; choose another",
                name=name,
            )
        )
    note(_("Added %(name)s. The password is shown only now:", name=name))
    if not password_stdin:
        click.echo(password)


@group.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def password(name: str, password_stdin: bool) -> None:
    """Give a person a new password; their sessions end."""
    new = _password(name, password_stdin)
    if not accounts.reset_password(name, new, actor=CLI, now=deployment().now()):
        raise CommandRefused(_("%(name)s: there is no such account", name=name))
    note(_("New password for %(name)s, shown only now:", name=name))
    if not password_stdin:
        click.echo(new)


@group.command("disable")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stands in the trail.")
def disable(name: str, reason: str) -> None:
    """Disable an account; its sessions end at once."""
    _done(name, accounts.disable(name, reason, actor=CLI, now=deployment().now()))
    note(_("%(name)s was signed out and can't sign in any more.", name=name))


@group.command("enable")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stands in the trail.")
def enable(name: str, reason: str) -> None:
    """Enable a disabled account, with the rights that it had last."""
    _done(name, accounts.enable(name, reason, actor=CLI, now=deployment().now()))
    note(_("%(name)s can sign in again.", name=name))


@group.command("second-factor-reset")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stands in the trail.")
def second_factor_reset(name: str, reason: str) -> None:
    """Take authenticator, recovery codes and passkeys from an account, for a lost device."""
    _done(name, accounts.reset_second_factor(name, reason, actor=CLI, now=deployment().now()))
    note(_("%(name)s has no second factor any more and was signed out.", name=name))


def _done(name: str, refusal: refused.Refused | None) -> None:
    if refusal and refusal.why is refused.Why.NO_SUCH_ACCOUNT:
        raise CommandRefused(_("%(name)s: there is no such account", name=name))
    if refusal is not None:
        raise CommandRefused(said(refusal))
