"""A patient's data and rights: they say what they want, and see how far it is."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.requests import RequestKind, due_on
from pro_app.patient import data
from pro_app.patient.here import occasion
from pro_app.security.access import patient_only
from pro_app.security.setup import actor_of

blueprint = Blueprint("data", __name__, url_prefix="/my/data")


@blueprint.get("")
@patient_only
def page() -> ResponseReturnValue:
    """`?kind=…` asks the patient to confirm; nothing is asked for before that."""
    asked = data.asked(g.patient.id)
    waiting = {each.kind for each in asked if each.answered_at is None}
    chosen = request.args.get("kind", "")
    if chosen in tuple(RequestKind) and RequestKind(chosen) not in waiting:
        due = due_on(occasion().today)
        return render_template("patient/data_confirm.html", kind=RequestKind(chosen), due_on=due)
    return render_template(
        "patient/data.html",
        asked=asked,
        today=occasion().today,
        offered=[kind for kind in RequestKind if kind not in waiting],
    )


@blueprint.post("")
@patient_only
def ask() -> ResponseReturnValue:
    kind = request.form.get("kind", "")
    if kind not in tuple(RequestKind):
        abort(400)
    data.ask(actor_of(g.patient), g.patient.id, RequestKind(kind), at=occasion())
    flash(_("Your hospital has received what you ask for."))
    return redirect(url_for(".page"))
