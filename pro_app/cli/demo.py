"""`flask demo`: fill an empty database with made-up patients, and say how to sign in."""

from datetime import date
from unicodedata import east_asian_width

import click
from flask import Flask
from flask_babel import gettext as _

from pro_app.acts.person import operator
from pro_app.cli.outcome import CommandRefused, Day, note
from pro_app.demo import afterwards, service, sign_ins
from pro_app.demo.generate import PATIENTS, generate
from pro_app.demo.service import Holding
from pro_app.demo.sign_ins import SignIns
from pro_app.deployment import Deployment, deployment
from pro_app.security.access import occasion_of
from pro_app.security.roles import Role
from pro_app.store.engine.transaction import CLI


def register(app: Flask) -> None:
    app.cli.command("demo")(demo)


@click.option(
    "--as-of", type=Day(), help="The day up to which the study has run; today by default."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Another seed gives other patients."
)
@click.option(
    "--patients",
    type=click.IntRange(1, 5000),
    default=PATIENTS,
    show_default=True,
    help="How many patients are randomised.",
)
def demo(as_of: date | None, seed: int, patients: int) -> None:
    """Make the demonstration study and print how to sign in to it.

    All patients are synthetic: the same day and seed give the same ones. A
    database that holds real patients is refused; one that holds the demonstration
    already is left as it is, and the ways to sign in are printed again.
    """
    parts = deployment()
    found = _found(parts)
    if found is Holding.DEMO:
        note(_("The demonstration study is here already; no patient was changed."))
        number = None
    else:
        number = _make(parts, as_of or parts.today(), seed, patients)
    _print(parts, _ways_in(parts, number))


def _found(parts: Deployment) -> Holding:
    """What the database holds. Errors: CommandRefused when no demonstration may go there."""
    if parts.settings.production:
        raise CommandRefused(
            _("PRO_ENV is production: no made-up patients are added there; nothing was changed")
        )
    found = service.holding(parts.study)
    if found is Holding.REAL:
        raise CommandRefused(
            _(
                "This database holds real patients, or was set up for them: nothing was changed. "
                "Name an empty one in PRO_DATABASE_URL."
            )
        )
    if found is Holding.OTHER_DEMO:
        raise CommandRefused(
            _(
                "This database holds the demonstration of another study: nothing was changed. "
                "Name an empty one in PRO_DATABASE_URL."
            )
        )
    return found


def _make(parts: Deployment, as_of: date, seed: int, patients: int) -> str:
    """The number of the patient to sign in as, of a study that was made now."""
    now = parts.now()
    today = parts.day_of(now)
    if as_of > today:
        raise CommandRefused(_("--as-of: %(day)s has not come yet", day=as_of.isoformat()))
    note(
        _(
            "Making up %(count)d patients as of %(day)s, seed %(seed)d …",
            count=patients,
            day=as_of.isoformat(),
            seed=seed,
        )
    )
    made = generate(parts.study, parts.instrument, as_of=as_of, seed=seed, patients=patients)
    forms = sum(len(each.forms) for each in made.patients)
    note(_("Writing their history, including %(count)d forms …", count=forms))
    service.fill(made, parts.study, parts.instrument, now=now, today=today)
    afterwards.find_out(as_of, spared=made.printed, at=occasion_of(parts, operator(CLI)))
    return made.printed


def _ways_in(parts: Deployment, number: str | None) -> SignIns:
    """Those that were printed before if they still open this database, else new ones."""
    file = parts.settings.instance / "demo.json"
    pepper = parts.settings.secret_key
    kept = sign_ins.read(file) if number is None else None
    if kept and service.still_let_in(kept, pepper=pepper):
        return kept
    now = parts.now()
    if number is None:
        number = service.patient_to_print(parts.study, parts.instrument, today=parts.day_of(now))
    made = service.let_in(number, parts.study, pepper=pepper, now=now)
    sign_ins.keep(file, made)
    return made


def _print(parts: Deployment, ways: SignIns) -> None:
    """The block on the terminal: where to go, and as whom."""
    address = parts.settings.base_url
    roles = {
        Role.NURSE: _("Nurse"),
        Role.INVESTIGATOR: _("Investigator"),
        Role.DATA_MANAGER: _("Data manager"),
        Role.STATISTICIAN: _("Statistician"),
        Role.MONITOR: _("Monitor"),
        Role.ADMINISTRATOR: _("Administrator"),
    }
    rows = [
        (_("Address"), address),
        (_("Patient"), ways.number),
        ("  " + _("Link"), f"{address}/p/{ways.token}"),
        ("  " + _("PIN"), ways.pin),
        (_("Staff"), f"{address}/staff/sign-in"),
        *(
            ("  " + roles[Role(each.role)], f"{each.name:<16}{each.password}")
            for each in ways.staff
        ),
    ]
    widest = max(_columns(name) for name, _value in rows)
    for name, value in rows:
        click.echo(f"{name}{' ' * (widest - _columns(name))}  {value}")


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for each Chinese character."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
