"""`flask study check`: what is wrong with a study file, before any database knows of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask
from flask_babel import gettext as _

from pro_app import instruments, studies
from pro_app.cli.outcome import CommandRefused, note
from pro_app.core import alerts
from pro_app.core.identifiers import example
from pro_app.core.instrument import Instrument, InstrumentError
from pro_app.core.study import Study, StudyError


def register(app: Flask) -> None:
    group = app.cli.commands["study"]
    assert isinstance(group, click.Group)  # noqa: S101 - `status` and others are of it
    group.add_command(check)


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong with a study FILE and its instrument, every problem by its key.

    Ends with 0 where nothing is, with 2 where something is. Needs no database.
    """
    study, problems = _read_study(file)
    instrument, more = _read_instrument(study.instrument if study else _stated_instrument(file))
    problems += more
    if study and instrument:
        problems += alerts.problems(study, instrument)
        problems += _wording_problems(study)
    if study is None or instrument is None or problems:
        raise CommandRefused(*(f"{file}: {problem}" for problem in problems))
    _tell(file, study, instrument)


def _read_study(file: Path) -> tuple[Study | None, list[str]]:
    if file.exists() and file.suffix != ".json":
        return None, ["the file – expected a name that ends in .json"]
    try:
        return studies.load(str(file)), []
    except StudyError as error:
        named = (each.removeprefix(f"{file}: ") for each in error.problems)
        return None, list(named)


def _stated_instrument(file: Path) -> str | None:
    """The instrument that a file names which is wrong otherwise."""
    try:
        data = json.loads(file.read_bytes())
        name = data["instrument"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(name, str):
        return None
    beside = file.parent / name
    return str(beside.resolve()) if beside.is_dir() else name


def _read_instrument(name: str | None) -> tuple[Instrument | None, list[str]]:
    if name is None:
        return None, []
    try:
        return instruments.load(name), []
    except InstrumentError as error:
        return None, [f"instrument: {problem}" for problem in error.problems]


def _wording_problems(study: Study) -> Iterator[str]:
    """What is wrong with demonstration wordings that are there; there may be none."""
    for language in study.languages:
        try:
            instruments.demonstration_if_any(study.instrument, language)
        except InstrumentError as error:
            for problem in error.problems:
                yield f"instrument: {problem}"


def _tell(file: Path, study: Study, instrument: Instrument) -> None:
    click.echo(
        _(
            "%(file)s: no problem found. Study %(study)s, version %(version)s: %(visits)d "
            "visits, %(sites)d sites, %(arms)d arms; instrument %(instrument)s: %(items)d items",
            file=file,
            study=study.id,
            version=study.version,
            visits=len(study.visits),
            sites=len(study.sites),
            arms=len(study.arms),
            instrument=instrument.id,
            items=len(instrument.items),
        )
    )
    for site in study.sites:
        pattern = site.identifier
        numbers = (
            _(
                "numbers such as %(example)s (%(pattern)s)",
                example=example(pattern),
                pattern=pattern,
            )
            if pattern
            else _("any number")
        )
        click.echo(f"{site.code}: {numbers}")
    for language in study.languages:
        if instruments.demonstration_if_any(study.instrument, language) is None:
            note(
                _(
                    "There is no demonstration wording in %(language)s: no form can be shown in it "
                    "before `flask wording import`.",
                    language=language,
                )
            )
