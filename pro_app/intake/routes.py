"""Enrol patients: one by a form, many by a file that is looked at before it is saved."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.acts.patients import LONGEST_VERSION
from pro_app.core.identifiers import LONGEST, example
from pro_app.deployment import deployment
from pro_app.intake import enrolling, imports, messages
from pro_app.intake.problems import BadOption, BadTable
from pro_app.intake.service import Imported, NotImported, OtherStudy, Outcome
from pro_app.intake.source import ENCODINGS
from pro_app.intake.table import DELIMITERS, Table
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF, Role

blueprint = Blueprint("intake", __name__, url_prefix="/staff/enrol")

_ENROL = (*SITE_STAFF, Role.DATA_MANAGER)
#: How many problems, and how many remarks, are told one by one.
_TOLD = 20
#: So many rows are shown as they were read.
_SHOWN = 3


@blueprint.get("")
@staff_only(*_ENROL)
def enrol() -> ResponseReturnValue:
    return _page({})


@blueprint.post("")
@staff_only(*_ENROL)
def one() -> ResponseReturnValue:
    """Enrol the patient of the form; what is refused stays filled in."""
    # PostgreSQL keeps no zero character.
    values = {
        name: request.form.get(name, "").replace("\0", "").strip() for name in enrolling.COLUMNS
    }
    if current_user.site:
        values["site"] = current_user.site
    outcome = _enrol(enrolling.one(values), only_new=True)
    if isinstance(outcome, Imported):
        number = enrolling.number_of(values, deployment().study)
        flash(_("%(number)s is enrolled.", number=number))
        for remark in outcome.remarks:
            flash(_("Please look at this: %(remark)s", remark=messages.noticed(remark)), "warn")
        return redirect(url_for("nurse.patient", number=number))
    faults: dict[str, str] = {}
    if isinstance(outcome, NotImported):
        for problem in outcome.problems:
            faults.setdefault(problem.column, messages.expected(problem))
    return _page(values, faults, other=_other(outcome)), 422


@blueprint.post("/file")
@staff_only(*_ENROL)
def file() -> ResponseReturnValue:
    """`step=save` saves what was looked at; else the file is read and nothing is written."""
    saving = request.form.get("step") == "save"
    said = {name: request.form.get(name, "").replace("\0", "") for name in enrolling.OPTIONS}
    try:
        how = enrolling.asked(said)
        if saving:
            name = request.form.get("name", "").replace("\0", "")
            table = enrolling.unpacked(request.form.get("content", ""), name, how)
        else:
            sent = request.files.get("file")
            table = enrolling.uploaded(
                (sent.filename if sent else "") or "", sent.read() if sent else b"", how
            )
        outcome = _enrol(table, only_new=False, trial=not saving)
    except BadTable as bad:
        return _page({}, bad=bad.problem, said=said, advice=messages.advice(bad.problems)), 422
    except BadOption as bad:
        return _page({}, said=said, bad_option=bad.problem), 422
    if saving and isinstance(outcome, Imported):
        flash(_("Patients enrolled: %(n)s", n=outcome.added))
        return redirect(url_for("nurse.ledger"))
    return _preview(table, outcome, said)


@blueprint.get("/files")
@staff_only(*_ENROL)
def files() -> ResponseReturnValue:
    """The files that were taken in, a page of them at a time."""
    asked = request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None
    found = imports.listed(before=before, at=staff_occasion())
    return render_template(
        "intake/files.html",
        files=found,
        earlier=found[-1].event_id if len(found) == imports.AT_ONCE else None,
        kinds=messages.kinds(),
        counts=messages.counts(),
        shown=messages.shown,
    )


def _enrol(table: Table, *, only_new: bool, trial: bool = False) -> Outcome:
    return enrolling.enrol(table, only_new=only_new, trial=trial, at=staff_occasion())


def _preview(table: Table, outcome: Outcome, said: Mapping[str, str]) -> ResponseReturnValue:
    problems = outcome.problems if isinstance(outcome, NotImported) else ()
    remarks = outcome.remarks if isinstance(outcome, Imported) else ()
    page = render_template(
        "intake/preview.html",
        counts=outcome if isinstance(outcome, Imported) else None,
        problems=problems[:_TOLD],
        more_problems=max(len(problems) - _TOLD, 0),
        remarks=remarks[:_TOLD],
        more_remarks=max(len(remarks) - _TOLD, 0),
        advice=messages.advice(problems),
        expected=messages.expected,
        noticed=messages.noticed,
        shown=messages.shown,
        content=enrolling.packed(table),
        source=table.source,
        delimiter=messages.delimiters()[table.delimiter],
        first=table.first(_SHOWN),
        said=said,
        other=_other(outcome),
    )
    return page, 200 if isinstance(outcome, Imported) else 422


def _page(values: dict[str, str], faults: dict[str, str] | None = None, **more: Any) -> str:
    study = deployment().study
    sites = [s for s in study.sites if s.code in current_user.sites]
    return render_template(
        "intake/enrol.html",
        values=values,
        faults=faults or {},
        sites=sites,
        numbers=list(dict.fromkeys(example(s.identifier) for s in sites if s.identifier)),
        columns=enrolling.COLUMNS,
        expected=messages.expected,
        shown=messages.shown,
        encodings=tuple(ENCODINGS),
        delimiters={name: messages.delimiters()[sign] for name, sign in DELIMITERS.items()},
        most_kb=enrolling.MOST_KB,
        most_rows=enrolling.MOST_ROWS,
        longest_version=LONGEST_VERSION,
        longest_number=LONGEST,
        today=deployment().today(),
        **{"said": {}} | more,
    )


def _other(outcome: Outcome) -> str | None:
    return outcome.study if isinstance(outcome, OtherStudy) else None
