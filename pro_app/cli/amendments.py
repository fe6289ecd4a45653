"""`flask study amend` and `flask study show`: the versions of the protocol."""

import json
from datetime import date
from pathlib import Path

import click
from flask import Flask
from flask_babel import gettext as _

from pro_app import refusals, studies
from pro_app.acts.person import operator
from pro_app.amendments import service
from pro_app.amendments.messages import obstacle
from pro_app.amendments.service import Amended, PatientChange
from pro_app.cli.outcome import CommandRefused, Day, note, print_table
from pro_app.cli.wording import study_group
from pro_app.core.plan import PlanChange
from pro_app.core.refused import Refused, Why
from pro_app.core.schedule import PlannedVisit
from pro_app.core.study import Study, StudyError
from pro_app.deployment import deployment
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI


def register(_app: Flask) -> None:
    """Nothing: the commands belong to a group that is registered with the wordings."""


@study_group.command("amend")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "effective_on",
    required=True,
    type=Day(),
    help="Windows that open on this day or later follow the new version.",
)
@click.option("--reason", required=True, help="Why: the amendment's number and what it is for.")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
def amend(file: Path, effective_on: date, reason: str, dry_run: bool) -> None:
    """Record FILE as the next version of the study, and plan the visits by it.

    Shows which visits of which patients move, appear or vanish. A visit whose window
    opened before the day of --from keeps its window for ever. Afterwards name FILE in
    PRO_STUDY, at the latest on that day.
    """
    at = occasion_of(deployment(), operator(CLI))
    try:
        done = service.amend(
            _read(file), effective_on=effective_on, reason=reason, trial=dry_run, at=at
        )
    except StudyError as error:
        raise CommandRefused(*(f"{file}: {each}" for each in error.problems)) from error
    if isinstance(done, Refused):
        raise CommandRefused(*_refusal(done, file, effective_on), _("Nothing was written."))
    _show_changes(done)
    if done.late:
        note(
            _(
                "warning: windows that would be closed before %(day)s, so that nobody can answer "
                "in them any more: %(count)d",
                count=done.late,
                day=effective_on.isoformat(),
            )
        )
    if effective_on <= at.today and done.reclassified:
        note(_("warning: visits whose status changes now: %(count)d", count=done.reclassified))
    if dry_run:
        note(_("Dry run: nothing was written."))
    else:
        note(_("Recorded as version %(number)d. Name this file in PRO_STUDY.", number=done.number))


def _read(file: Path) -> Study:
    if not file.name.endswith(".json"):
        raise CommandRefused(_("FILE: %(file)s: expected a study file, .json", file=file))
    return studies.load(str(file))


def _show_changes(done: Amended) -> None:
    rows = [row for each in done.patients for row in _rows(each)]
    if rows:
        print_table(("patient", "site", "visit", "change", "before", "after"), rows)
    click.echo(
        _(
            "patients: %(patients)d of %(all)d; visits: %(moved)d move, %(appeared)d appear, "
            "%(vanished)d vanish; with another status today: %(reclassified)d",
            patients=len(done.patients),
            all=done.of_patients,
            moved=done.moved,
            appeared=done.appeared,
            vanished=done.vanished,
            reclassified=done.reclassified,
        )
    )


def _rows(each: PatientChange) -> list[tuple[str, ...]]:
    """None of a patient of whom no row may leave; of one whose data were retained, the windows."""
    if each.held_back and not each.held_back.until:
        return []
    named = (each.number, each.site)
    windows: list[tuple[str, ...]] = [
        (
            *named,
            change.visit,
            _kind(change),
            _window(change.before),
            _window(change.after),
        )
        for change in each.plan
    ]
    statuses = [
        (*named, c.entry.visit, _("reads"), c.before.status.value, c.after.status.value)
        for c in (() if each.held_back else each.statuses)
        if c.before and c.after
    ]
    return windows + statuses


def _kind(change: PlanChange) -> str:
    if change.before and change.after:
        return str(_("moves"))
    return str(_("appears") if change.after else _("vanishes"))


def _window(visit: PlannedVisit | None) -> str:
    return f"{visit.opens_on} … {visit.closes_on}" if visit else ""


def _refusal(refused: Refused, file: Path, effective_on: date) -> list[str]:
    if refused.why is Why.MUST_STAY and isinstance(refused.detail, tuple):
        return [f"{file}: {each.field}: {obstacle(each)}" for each in refused.detail]
    if refused.why is Why.NOTHING_CHANGED:
        return [_("%(file)s: nothing differs from the last version", file=file)]
    said = refusals.said(refused)
    named = {"from": f"--from: {effective_on}: ", "reason": "--reason: "}
    return [named.get(refused.field, "") + said]


@study_group.command("show")
@click.option("--version", "number", type=int, help="Print the study file of this version.")
def show(number: int | None) -> None:
    """List the versions of the study, or print the file of one."""
    found = service.versions(deployment().file)
    if number is None:
        if not found:
            note(_("No version is recorded before the first patient."))
        columns = ("number", "name", "from", "recorded_at", "recorded_by", "reason", "sha256")
        print_table(
            columns,
            [
                (
                    each.version.stamp.number,
                    each.study.version,
                    each.version.stamp.effective_on,
                    each.version.stamp.recorded_at.isoformat(timespec="seconds"),
                    each.version.recorded_by,
                    each.version.reason,
                    each.version.stamp.sha256,
                )
                for each in found
            ],
        )
        return
    for each in found:
        if each.version.stamp.number == number:
            content = json.loads(each.version.content)
            click.echo(json.dumps(content, ensure_ascii=False, indent=2))
            return
    known = ", ".join(str(each.version.stamp.number) for each in found) or "–"
    raise CommandRefused(
        _(
            "--version: there is no version %(number)d; there are: %(known)s",
            number=number,
            known=known,
        )
    )
