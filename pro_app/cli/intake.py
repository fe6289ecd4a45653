"""`flask import …`: patients, events, consents and forms from files."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app.acts.person import operator
from pro_app.cli.outcome import CommandRefused, note, print_json, print_table
from pro_app.cli.problems import (
    refuse,
    refusing_bad_tables,
    tell_encoding,
    tell_first,
    tell_reading,
    tell_remarks,
)
from pro_app.cli.reading import asked, reads_values, says_by, who
from pro_app.deployment import deployment
from pro_app.intake.imports import AT_ONCE, TakenIn, listed
from pro_app.intake.messages import shown
from pro_app.intake.service import Imported, Kind, NotImported, OtherStudy, import_table
from pro_app.intake.table import read_table
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI

group = AppGroup("import", help="Import CSV files: the whole file, or nothing of it.")

_FILE = click.argument("file", type=click.Path(path_type=Path))
_TRIAL = click.option(
    "--dry-run", is_flag=True, help="Check everything, show the first rows, and write nothing."
)
#: So many rows a trial run shows as they were read.
_SHOWN = 3


def register(app: Flask) -> None:
    app.cli.add_command(group)


@group.command("patients")
@_FILE
@_TRIAL
@reads_values
@says_by
def patients(file: Path, dry_run: bool, by: str | None, **how: Any) -> None:
    """Add patients, or fill what was empty.

    Columns: patient_id, site, arm, language, screened_on, pro_consent_on,
    randomised_on, able (yes or no), and if you like consent_version and randomised_time
    (HH:MM in the trial's time zone). Days as YYYY-MM-DD.
    All but patient_id and site may be empty and be filled by a later file.
    """
    done = _take(Kind.PATIENTS, file, dry_run, by, how)
    click.echo(
        _(
            "patients: %(added)d added, %(filled)d filled, %(unchanged)d unchanged",
            added=done.added,
            filled=done.filled,
            unchanged=done.unchanged,
        )
    )


@group.command("events")
@_FILE
@_TRIAL
@reads_values
@says_by
def events(file: Path, dry_run: bool, by: str | None, **how: Any) -> None:
    """Add dated events of known patients.

    Columns: patient_id, event, on, and note and to_site if you like. An event is one
    of death, progression, treatment_stopped, surgery, radiotherapy, lost_to_follow_up,
    withdrawal_treatment, withdrawal_questionnaires, withdrawal_follow_up,
    withdrawal_consent, return_to_questionnaires, return_consent, transfer. to_site is
    the code of the site at which the patient goes on after a transfer, else empty.
    """
    done = _take(Kind.EVENTS, file, dry_run, by, how)
    click.echo(
        _(
            "events: %(added)d added, %(filled)d filled, %(unchanged)d unchanged",
            added=done.added,
            filled=done.filled,
            unchanged=done.unchanged,
        )
    )


@group.command("consents")
@_FILE
@_TRIAL
@reads_values
@says_by
def consents(file: Path, dry_run: bool, by: str | None, **how: Any) -> None:
    """Add versions of the consent that known patients signed.

    Columns: patient_id, version, on. The first day stays the first whatever comes
    later; a version that was signed before it takes its place.
    """
    done = _take(Kind.CONSENTS, file, dry_run, by, how)
    click.echo(
        _(
            "consents: %(added)d added, %(unchanged)d unchanged",
            added=done.added,
            unchanged=done.unchanged,
        )
    )


@group.command("forms")
@_FILE
@_TRIAL
@reads_values
@says_by
def forms(file: Path, dry_run: bool, by: str | None, **how: Any) -> None:
    """Add forms that were answered on paper or while the system was down.

    Columns: patient_id, visit, answered_on, mode, language, entered_by, one for
    each item and opt-out box, and why_not_self if you like. A form is never
    refused for its day, unless that has not come; a second one for a visit is
    kept beside the first.
    """
    done = _take(Kind.FORMS, file, dry_run, by, how)
    click.echo(
        _(
            "forms: %(added)d added, %(conflicts)d kept as conflicts, %(unchanged)d unchanged",
            added=done.added,
            conflicts=done.conflicts,
            unchanged=done.unchanged,
        )
    )


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--limit", type=click.IntRange(1), default=AT_ONCE, help="How many, the latest.")
def list_imports(as_json: bool, limit: int) -> None:
    """List the files that were taken in, and how much of each was declared wrong since."""
    found = listed(limit=limit, at=occasion_of(deployment(), operator(CLI)))
    if as_json:
        print_json([asdict(each) | {"at": _instant(each)} for each in found])
        return
    columns = ("at", "kind", "file", "by", "brought", "voided", "sha256")
    rows = [
        (_instant(each), each.kind, shown(each.file), shown(each.by or each.actor),
         ", ".join(f"{name} {count}" for name, count in each.brought.items()),
         each.voided, each.sha256)
        for each in found
    ]  # fmt: skip
    print_table(columns, rows)


def _instant(each: TakenIn) -> str:
    return each.at.isoformat(timespec="seconds")


def _take(
    kind: Kind, file: Path, dry_run: bool, by: str | None, how: Mapping[str, Any]
) -> Imported:
    at = occasion_of(deployment(), operator(CLI))
    reading = asked(file, **how)
    with refusing_bad_tables(file, how["map_file"]):
        name = who(by)
        table = read_table(file, reading)
        outcome = import_table(kind, table, trial=dry_run, by=name, at=at)
        rows = table.first(_SHOWN) if dry_run else []
    if isinstance(outcome, OtherStudy):
        raise CommandRefused(
            _(
                "this database holds the study %(other)s; expected %(study)s (PRO_STUDY)",
                other=outcome.study,
                study=at.study.id,
            )
        )
    tell_first(file, rows)
    if isinstance(outcome, NotImported):
        tell_encoding(file, table.source)
        raise refuse(file, outcome.problems)
    tell_reading(file, table, outcome.lines)
    tell_remarks(file, outcome.remarks)
    if dry_run:
        note(_("Dry run: nothing was written."))
    return outcome
