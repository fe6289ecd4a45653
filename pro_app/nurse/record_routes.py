"""A patient's own data: fill in, look at what moves, save."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.acts import patients as record
from pro_app.acts.patients import FIELDS, LONGEST_VERSION, Given, Shown
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.nurse import patient
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF, Role

blueprint = Blueprint("record", __name__, url_prefix="/patients/<number>/record")


@blueprint.get("")
@staff_only(*SITE_STAFF)
def form(number: str) -> ResponseReturnValue:
    return _form(number)


@blueprint.post("")
@staff_only(*SITE_STAFF)
def change(number: str) -> ResponseReturnValue:
    given = Given({name: _text(name) for name in FIELDS}, _text("why"))
    step = request.form.get("step")
    outcome: record.Saved | Shown | Refused
    if step == "edit":
        return _form(number, given)
    if step == "save":
        outcome = record.save(
            given,
            as_shown=_text("as_shown"),
            number=number,
            investigator=current_user.role == Role.INVESTIGATOR,
            at=staff_occasion(),
        )
    else:
        outcome = record.look(
            given,
            number=number,
            investigator=current_user.role == Role.INVESTIGATOR,
            at=staff_occasion(),
        )
    if isinstance(outcome, Refused):
        if outcome.why is Why.UNKNOWN_PATIENT:
            abort(404)
        return _form(number, given, outcome), 422
    if isinstance(outcome, Shown):
        return render_template("nurse/record_preview.html", shown=outcome)
    flash(_("Saved for %(number)s.", number=number))
    return redirect(url_for("nurse.patient", number=number))


def _form(number: str, given: Given | None = None, refused: Refused | None = None) -> str:
    found = _known(number)
    given = given or record.as_given(found.state)
    return render_template(
        "nurse/record.html",
        patient=found,
        values=given.values,
        why=given.why,
        refused=refused,
        longest_text=LONGEST_TEXT,
        longest_version=LONGEST_VERSION,
    )


def _text(name: str) -> str:
    # PostgreSQL keeps no zero character.
    return request.form.get(name, "").replace("\0", "").strip()


def _known(number: str) -> Any:
    found = patient.find(number, at=staff_occasion())
    return found if found is not None else abort(404)
