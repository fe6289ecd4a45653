"""`flask export`: the data set of the study as files."""

import sys
from datetime import date, datetime
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _

from pro_app.acts.person import operator
from pro_app.cli.outcome import CommandRefused, Day, Moment, note, print_table, today
from pro_app.core.review import Review
from pro_app.deployment import deployment
from pro_app.export import service
from pro_app.export.manifest import Manifest, dictionary
from pro_app.export.messages import said
from pro_app.export.writing import FolderTaken
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI

#: What `--review` may be → how the forms stand that leave; all of them by default.
_REVIEWS = {"all": None} | {each.value.lower().replace("_", "-"): each for each in Review}


def register(app: Flask) -> None:
    app.cli.add_command(export)


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--as-of", required=True, type=Day(), help="What happened later is left out.")
@click.option("--known-at", type=Moment(), help="What was recorded later is left out.")
@click.option("--with-arm", is_flag=True, help="Add the treatment arm; the trail says so.")
@click.option("--with-timings", is_flag=True, help="Add when each item was seen and chosen.")
@click.option(
    "--review",
    type=click.Choice(list(_REVIEWS)),
    default="all",
    help="Only forms with this approval status; the rates count every form anyway.",
)
@with_appcontext
def export(
    folder: Path,
    as_of: date,
    known_at: datetime | None,
    with_arm: bool,
    with_timings: bool,
    review: str,
) -> None:
    """Write the data set to DIR: its CSV files and manifest.json.

    DIR may be new, empty, or hold an earlier export, which is then replaced.
    Nothing is written unless two scorers agree on every score and every file
    reads back as it was meant. Prints each file with its rows and SHA-256.
    """
    if as_of > today():
        note(_("--as-of: this day has not come yet; visits are shown as if no form came by then"))
    unseen = not sys.stderr.isatty()
    steps = 2 * len(dictionary().files)  # each is written and read back
    with click.progressbar(length=steps, file=sys.stderr, hidden=unseen) as bar:

        def step(file: str) -> None:
            bar.label = file
            bar.update(1)

        asked = _REVIEWS[review]
        manifest = _made(folder.resolve(), as_of, known_at, with_arm, with_timings, asked, step)
    rows = [
        [name, file["rows"], file["sha256"]] for name, file in manifest.content["files"].items()
    ]
    print_table(["file", "rows", "sha256"], rows)
    withheld = manifest.content["withheld_consent_withdrawn"]
    if withheld:
        note(_("Left out, consent withdrawn: %(count)s patient(s)", count=withheld))
    taken_out = [each["patient_id"] for each in manifest.content["taken_out"]]
    if taken_out:
        numbers = ", ".join(taken_out)
        note(_("Taken out of this data set, consent withdrawn later: %(numbers)s", numbers=numbers))
    waiting = manifest.content["forms_before_consent"]
    if waiting:
        note(_("Left out, answered before the first consent: %(count)s form(s)", count=waiting))
    narrowed = manifest.content["forms_left_out_by_review"]
    if narrowed:
        note(_("Left out, other approval status than chosen: %(count)s form(s)", count=narrowed))
    if manifest.content["wording_notice"]:
        note(_("Demonstration wording, not the licensed questionnaire: not for research"))


def _made(
    folder: Path,
    as_of: date,
    known_at: datetime | None,
    with_arm: bool,
    with_timings: bool,
    review: Review | None,
    step: service.Progress,
) -> Manifest:
    try:
        return service.make_export(
            folder=folder,
            as_of=as_of,
            known_at=known_at,
            with_arm=with_arm,
            with_timings=with_timings,
            review=review,
            progress=step,
            at=occasion_of(deployment(), operator(CLI)),
        )
    except service.Blocked as blocked:
        raise CommandRefused(*said(blocked)) from blocked
    except FolderTaken as taken:
        raise CommandRefused(
            _(
                "%(folder)s: holds %(names)s; expected a new or empty folder, or an earlier export",
                folder=str(folder),
                names=", ".join(taken.names[:5]),
            )
        ) from taken
    except OSError as error:
        raise CommandRefused(
            _(
                "%(folder)s: can't be written: %(why)s",
                folder=str(folder),
                why=error.strerror or str(error),
            )
        ) from error
