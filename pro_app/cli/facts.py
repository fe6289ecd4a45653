"""`flask void …` and `flask consent decide`: what was wrong, and what becomes of data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app.acts import consents, voids
from pro_app.acts.person import operator
from pro_app.acts.void_deeds import Wanted
from pro_app.acts.voids import Voided
from pro_app.cli.outcome import CommandRefused, Day
from pro_app.core.facts import EventKind
from pro_app.core.leaving import Ruling
from pro_app.core.refused import Refused, Why
from pro_app.core.voids import What
from pro_app.deployment import deployment
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI

void = AppGroup("void", help="Declare an entry wrong: it stays in the record and is not counted.")
consent = AppGroup(
    "consent", help="Decide what happens to data after consent to their use was withdrawn."
)


def register(app: Flask) -> None:
    app.cli.add_command(void)
    app.cli.add_command(consent)


_PATIENT = click.argument("patient")
_WHY = click.option("--why", required=True, help="Why it is wrong.")


@void.command("form")
@click.argument("form", nargs=-1, required=True, metavar="SUBMISSION_ID | PATIENT VISIT")
@_WHY
@click.option(
    "--belongs-to",
    nargs=2,
    metavar="PATIENT VISIT",
    help="Where the form belongs: it is kept there as a new one.",
)
def form(form: tuple[str, ...], why: str, belongs_to: tuple[str, str] | None) -> None:
    """Declare a form wrong: by its submission id, or the only one of a patient's visit."""
    there, visit = belongs_to or ("", "")
    if len(form) > 2:
        raise CommandRefused(_("expected a submission id, or a patient and a visit"))
    if len(form) == 2:
        wanted = Wanted(What.FORM, form[0], why, visit=form[1])
    else:
        wanted = Wanted(What.FORM, voids.owner_of(form[0]) or form[0], why, form=form[0])
    _declare(replace(wanted, belongs_to=there, belongs_visit=visit))


@void.command("event")
@_PATIENT
@click.argument("event", type=click.Choice([kind.value for kind in EventKind]))
@click.argument("on", type=Day())
@_WHY
def event(patient: str, event: str, on: date, why: str) -> None:
    """Declare an event wrong: it was another patient's, or it never happened."""
    _declare(Wanted(What.EVENT, patient, why, kind=event, on=on))


@void.command("randomisation")
@_PATIENT
@_WHY
def randomisation(patient: str, why: str) -> None:
    """Declare the day of a randomisation wrong: it was another patient's."""
    _declare(Wanted(What.RANDOMISATION, patient, why))


@void.command("arm")
@_PATIENT
@_WHY
def arm(patient: str, why: str) -> None:
    """Declare the arm of a patient wrong; it is shown to nobody."""
    _declare(Wanted(What.ARM, patient, why))


@void.command("patient")
@_PATIENT
@_WHY
def patient(patient: str, why: str) -> None:
    """Declare a patient number wrong, when a patient was entered twice: it counts nowhere."""
    _declare(Wanted(What.PATIENT, patient, why))


@consent.command("decide")
@_PATIENT
@click.argument("decision", type=click.Choice([each.value for each in Ruling]))
@click.option("--source", required=True, help="What shows the decision: a letter, a vote.")
def decide(patient: str, decision: str, source: str) -> None:
    """Record what happens to data collected before a withdrawal of consent.

    retain: they stay, and leave with exports again. erase: no row of the patient ever
    leaves again; counts without rows go on including them.
    """
    at = occasion_of(deployment(), operator(CLI))
    done = consents.decide(patient, decision, source.strip(), at=at)
    if isinstance(done, Refused):
        raise CommandRefused(_NOT_DECIDED[done.why](patient))
    click.echo(f"{done.number} {decision}")


def _declare(wanted: Wanted) -> None:
    at = occasion_of(deployment(), operator(CLI))
    done = voids.declare(replace(wanted, why=wanted.why.strip()), at=at)
    if isinstance(done, Refused):
        raise CommandRefused(_NOT_VOID[done.why](wanted))
    click.echo(f"{done.number} {done.what.value}{_kept(done)}")


def _kept(done: Voided) -> str:
    return " " + _("kept as %(form)s", form=done.kept_as) if done.kept_as else ""


_NOT_VOID: dict[Why, Callable[[Wanted], str]] = {
    Why.UNKNOWN_PATIENT: lambda wanted: (
        _("SUBMISSION_ID: there is no form %(given)s", given=wanted.form)
        if wanted.form
        else _("PATIENT: there is no patient %(given)s", given=wanted.number)
    ),
    Why.WHY_MISSING: lambda wanted: _("--why: expected a few words"),
    Why.TOO_LONG: lambda wanted: _("--why: this is too long"),
    Why.NOTHING_THERE: lambda wanted: _("nothing of this kind is recorded; nothing was done"),
    Why.VOID_ALREADY: lambda wanted: _("this was declared wrong before; nothing was done"),
    Why.SEVERAL_FORMS: lambda wanted: _(
        "VISIT: there are several forms of %(visit)s; name one by its submission id",
        visit=wanted.visit,
    ),
    Why.ELSEWHERE_UNKNOWN_PATIENT: lambda wanted: _(
        "--belongs-to: there is no patient %(given)s", given=wanted.belongs_to
    ),
    Why.ELSEWHERE_UNKNOWN_VISIT: lambda wanted: _(
        "--belongs-to: there is no visit %(given)s", given=wanted.belongs_visit
    ),
    Why.BELONGS_HERE: lambda wanted: _(
        "--belongs-to: this is where the form stands; expected another patient or visit"
    ),
    Why.ELSEWHERE_OTHER_ITEMS: lambda wanted: _(
        "--belongs-to: the form has other items than today’s questionnaire and can’t be kept there"
    ),
}

_NOT_DECIDED: dict[Why, Callable[[str], str]] = {
    Why.UNKNOWN_PATIENT: lambda given: _("PATIENT: there is no patient %(given)s", given=given),
    Why.NOT_WITHDRAWN: lambda given: _(
        "PATIENT: %(given)s has not withdrawn consent to further use; nothing is to be decided",
        given=given,
    ),
    Why.PROOF_MISSING: lambda given: _("--source: expected what shows the decision"),
    Why.TOO_LONG: lambda given: _("--source: this is too long"),
    Why.DECIDED_SO: lambda given: _("DECISION: this was already decided; nothing was changed"),
    Why.ERASED: lambda given: _(
        "DECISION: the site decided to erase these data; they are never exported again"
    ),
}
