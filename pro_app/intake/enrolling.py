"""Patients from the desk: one by a form, or many by a small file; the rules are the import's."""

import base64
import binascii
import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PureWindowsPath

from pro_app.acts.occasion import StaffOccasion
from pro_app.core import identifiers
from pro_app.core.study import Study
from pro_app.intake import patients
from pro_app.intake.column_map import typed
from pro_app.intake.problems import BadOption, BadTable, CellProblem, Expected, Rule
from pro_app.intake.run import Door
from pro_app.intake.service import Kind, Outcome, import_table
from pro_app.intake.source import UTF_8, Source
from pro_app.intake.table import Reading, Table, reading, table_in, table_of, with_columns

#: What a page takes at once; the command line takes any.
MOST_KB = 128
MOST_ROWS = 1000

#: What the page may say of how a file is to be read.
OPTIONS = ("encoding", "delimiter", "missing", "map")
_ENDINGS = (".csv", ".txt", ".tsv")

#: The columns of the form and of the file. Arms come by the command line alone.
COLUMNS = tuple(name for name in ("patient_id", "site", *patients.FILLABLE) if name != "arm")


def one(values: Mapping[str, str]) -> Table:
    """What was filled in on the page, as a file of one line."""
    written = io.StringIO()
    csv.writer(written).writerows([COLUMNS, [values.get(name, "") for name in COLUMNS]])
    return table_of(Source(written.getvalue().encode(), UTF_8))


def number_of(values: Mapping[str, str], study: Study) -> str:
    """The number under which the patient of the page is kept."""
    found = identifiers.read(values["patient_id"], values["site"], study.sites)
    return found if isinstance(found, str) else values["patient_id"]


def asked(fields: Mapping[str, str]) -> Reading:
    """How the page says that a file is to be read. Errors: BadOption."""
    found = reading(
        encoding=fields["encoding"],
        delimiter=fields["delimiter"],
        missing=fields["missing"].strip() or None,
    )
    try:
        return with_columns(found, typed(fields["map"]))
    except BadTable as bad:
        raise BadOption(replace(bad.problem, column="map")) from bad


def uploaded(name: str, content: bytes, how: Reading) -> Table:
    """The table in a file that was sent. Errors: BadTable, too large or no CSV; BadOption."""
    name = PureWindowsPath(name).name  # which knows both kinds of slashes
    if not name.lower().endswith(_ENDINGS):
        raise _bad(Rule.CSV_NAME, name[:60])
    if len(content) > MOST_KB * 1024:
        raise _bad(Rule.SMALLER, f"{len(content) // 1024} kB", str(MOST_KB))
    table = table_in(content, name, how)
    rows = sum(1 for _ in table.rows())
    if rows > MOST_ROWS:
        raise _bad(Rule.FEWER_ROWS, str(rows), str(MOST_ROWS))
    return table


def packed(table: Table) -> str:
    """The file as a field of the page that shows what it would bring."""
    return base64.b64encode(table.source.content).decode("ascii")


def unpacked(text: str, name: str, how: Reading) -> Table:
    """The table in such a field. Errors: BadTable, BadOption."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad(Rule.PLAIN_TEXT) from error
    return uploaded(name or ".csv", content, how)


def enrol(table: Table, *, only_new: bool, trial: bool = False, at: StaffOccasion) -> Outcome:
    """What became of these patients, as `import_table` says; never with arms.

    Errors: BadTable, BadOption.
    """
    door = Door(sites=at.sites, arms=False, only_new=only_new, versions=True)
    return import_table(Kind.PATIENTS, table, trial=trial, door=door, at=at)


def _bad(rule: Rule, found: str | None = None, *among: str) -> BadTable:
    return BadTable(CellProblem(None, "", found, Expected(rule, among)))
