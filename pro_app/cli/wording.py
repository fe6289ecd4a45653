"""`flask wording …` and `flask study …`: licensed texts, and going live on them."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app.acts.entered import trimmed
from pro_app.acts.files import FileIn
from pro_app.acts.person import operator
from pro_app.cli.outcome import CommandRefused, Day, note, print_table
from pro_app.cli.problems import refuse, refusing_bad_tables, tell_encoding
from pro_app.cli.reading import acting, asked, reads_tables, says_by
from pro_app.core.refused import Refused
from pro_app.core.wording_check import WordingProblem, WordingProblemKind
from pro_app.deployment import deployment
from pro_app.intake.problems import CellProblem
from pro_app.intake.source import Source, read_source
from pro_app.intake.table import Reading, header_problems, table_of
from pro_app.refusals import said
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI
from pro_app.store.forms.wordings import Pack
from pro_app.wording import opening, service
from pro_app.wording.opening import NotLive
from pro_app.wording.pack import BadPack, PackRow, looks_like_json, rows_of_json
from pro_app.wording.service import NotImported

group = AppGroup("wording", help="The words of the questionnaire, under their licence.")
study_group = AppGroup("study", help="The study: its file, its versions, and going live.")

_COLUMNS = ("code", "language", "text")
#: What else a file may have: the text translated back, by whoever checked the translation.
_OPTIONAL = ("back_translation",)


def register(app: Flask) -> None:
    app.cli.add_command(group)
    app.cli.add_command(study_group)


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--licence", required=True, help="The reference of the licence.")
@click.option("--valid-until", required=True, type=Day(), help="The last day on which it is valid.")
@reads_tables
@says_by
def import_pack(file: Path, licence: str, valid_until: date, by: str | None, **how: Any) -> None:
    """Take in a licensed wording, as CSV or JSON; it waits for a second person to release it.

    CSV has the columns code, language, text, and back_translation if you like; JSON is a
    list of such objects, or an object of languages with an object of code and text each.
    `flask wording export-template` writes every code that is needed.
    """
    reading = asked(file, **how)
    with refusing_bad_tables(file, how["map_file"]):
        at = occasion_of(deployment(), operator(acting(by)))
        source = read_source(file, reading.encoding)
        as_json = looks_like_json(source.text)
        rows = _rows_of_json(file, source) if as_json else _rows_of_csv(file, source, reading)
    outcome = service.import_pack(
        rows,
        licence=licence,
        valid_until=valid_until,
        file=FileIn(source.name, source.sha256),
        at=at,
    )
    if isinstance(outcome, NotImported):
        told = [said(each) for each in outcome.obstacles]
        told += [_problem(file, each, as_json) for each in outcome.problems]
        raise CommandRefused(*told, _("Nothing was written."))
    note(_("%(file)s: read as %(encoding)s", file=file, encoding=source.encoding.upper()))
    click.echo(
        _(
            "wording: %(added)d added, %(unchanged)d unchanged",
            added=len(outcome.added),
            unchanged=len(outcome.unchanged),
        )
    )
    if outcome.added:
        note(_("Nobody is shown it before a second person releases it (flask wording release)."))


def _rows_of_json(file: Path, source: Source) -> list[PackRow]:
    try:
        return rows_of_json(source.text)
    except BadPack as error:
        place = f"{file}" if error.place is None else f"{file}:{error.place}"
        raise CommandRefused(
            _("%(place)s: bad JSON: %(what)s", place=place, what=error.what)
        ) from error


def _rows_of_csv(file: Path, source: Source, reading: Reading) -> list[PackRow]:
    """Errors: BadTable, BadOption."""
    table = table_of(source, reading)
    problems: list[CellProblem] = header_problems(table, _COLUMNS, _OPTIONAL)
    columns = [name for name in (*_COLUMNS, *_OPTIONAL) if name in table.places]
    rows: list[PackRow] = []
    for row in [] if problems else table.rows():
        misfit = table.misfit(row)
        if misfit:
            problems.append(misfit)
        elif any(map(trimmed, row.cells)):
            cells = (table.cell(row, table.places[name]) for name in columns)
            rows.append(PackRow(row.line, *cells))
    if problems:
        tell_encoding(file, source)
        raise refuse(file, problems)
    return rows


@group.command("release")
@click.argument("pack")
@says_by
def release(pack: str, by: str | None) -> None:
    """Let an imported wording be shown, in the place of the one before.

    PACK is its id, or the first characters of its SHA-256. Whoever imported it can't
    release it. The page of the wordings shows it side by side with the one in force.
    """
    with refusing_bad_tables(Path(pack)):
        at = occasion_of(deployment(), operator(acting(by)))
    found = service.named(pack.strip(), at=at)
    if not isinstance(found, Refused):
        found = service.release(found.id, shown=found.wording.sha256, at=at)
    if isinstance(found, Refused):
        raise CommandRefused(said(found), _("Nothing was written."))
    click.echo(
        _(
            "%(language)s: wording %(sha256)s is in force",
            language=found.wording.language,
            sha256=found.wording.sha256,
        )
    )


@group.command("list")
def list_wordings() -> None:
    """List the wordings there are, who brought each in, and until when it may be shown."""
    parts = deployment()
    listed = service.wordings(parts.study, parts.instrument, today=parts.today())
    print_table(
        (
            *("id", "language", "state", "licence", "valid_until"),
            *("imported_by", "imported_at", "released_by", "released_at", "sha256"),
        ),
        [
            (
                each.pack and each.pack.id,
                each.wording.language,
                each.standing.value,
                each.wording.licence,
                each.wording.valid_until,
                *_who_and_when(each.pack),
                each.wording.sha256,
            )
            for each in listed
        ],
    )


def _who_and_when(pack: Pack | None) -> tuple[object, ...]:
    if pack is None:
        return (None, None, None, None)
    return (
        pack.imported_by,
        pack.imported_at.isoformat(timespec="seconds"),
        pack.released_by,
        pack.released_at and pack.released_at.isoformat(timespec="seconds"),
    )


@group.command("export-template")
def export_template() -> None:
    """Print an empty wording file as CSV: every code in every language of the study."""
    parts = deployment()
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((*each, "") for each in service.template(parts.study, parts.instrument))
    click.echo(written.getvalue(), nl=False)


@study_group.command("go-live")
def go_live() -> None:
    """Open the study to patients.

    Refuses without released licensed wording in every language, and while the telephone number
    of a site is a placeholder.
    """
    at = occasion_of(deployment(), operator(CLI))
    outcome = opening.open_study(at=at)
    if isinstance(outcome, NotLive):
        raise CommandRefused(
            *map(said, outcome.obstacles), _("The study was not opened; nothing was written.")
        )
    if outcome.already:
        note(_("The study was live already; nothing was changed."))
    since = outcome.since.isoformat(timespec="seconds")
    click.echo(_("%(study)s is live since %(since)s", study=at.study.id, since=since))


@study_group.command("status")
def status() -> None:
    """Say whether the study is live, and what stands in its way."""
    parts = deployment()
    found = opening.study_status(parts.study, parts.instrument, today=parts.today())
    live_at = found.state and found.state.live_at
    rows: list[Sequence[object]] = [
        ("study", parts.study.id),
        ("version", parts.study.version),
        ("instrument", parts.instrument.id),
        ("patients", found.patients),
        ("made_up", "yes" if found.state and found.state.synthetic else "no"),
        ("live_at", live_at and live_at.isoformat(timespec="seconds")),
        *(("in_the_way", said(each)) for each in found.obstacles),
    ]
    print_table(("what", "value"), rows)


def _problem(file: Path, problem: WordingProblem, as_json: bool) -> str:
    """FILE:LINE: CODE (LANGUAGE): what is wrong; JSON has entries instead of lines."""
    place = f"{file}"
    if problem.line is not None:
        place = (
            _("%(file)s: entry %(number)d", file=file, number=problem.line)
            if as_json
            else f"{file}:{problem.line}"
        )
    about = f" {problem.code} ({problem.language}):" if problem.code else ""
    return f"{place}:{about} {_PROBLEMS[problem.kind](problem)}"


_PROBLEMS: dict[WordingProblemKind, Callable[[WordingProblem], str]] = {
    WordingProblemKind.UNKNOWN_CODE: lambda problem: _("the instrument has no such text"),
    WordingProblemKind.UNKNOWN_LANGUAGE: lambda problem: _(
        "expected one of the study's languages, %(languages)s",
        languages=", ".join(deployment().study.languages),
    ),
    WordingProblemKind.DOUBLED: lambda problem: _("this text is there twice"),
    WordingProblemKind.EMPTY: lambda problem: _("expected a text"),
    WordingProblemKind.MISSING: lambda problem: _("this text is missing"),
    WordingProblemKind.NO_ROWS: lambda problem: _("the file holds no texts"),
    WordingProblemKind.PADDED: lambda problem: _("white space before or after the text"),
    WordingProblemKind.UNSEEN: lambda problem: _(
        "a character that nobody sees, %(name)s, at place %(place)s",
        name=problem.detail[0],
        place=problem.detail[1],
    ),
    WordingProblemKind.TOO_LONG: lambda problem: _(
        "too long for a phone: %(length)s columns, at most %(most)s "
        "(a Chinese character takes two)",
        length=problem.detail[0],
        most=problem.detail[1],
    ),
    WordingProblemKind.ALIKE: lambda problem: _(
        "reads the same as %(other)s", other=problem.detail[0]
    ),
}
