"""The buttons of an alert: "I take it on", and the note it closes with."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pro_app.core.refused import Refused, Why
from pro_app.nurse import alerts
from pro_app.refusals import said
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("alert", __name__, url_prefix="/alerts/<int:alert>")


@blueprint.post("/take")
@staff_only(*SITE_STAFF)
def take(alert: int) -> ResponseReturnValue:
    return _after(alerts.take(alert, at=staff_occasion()))


@blueprint.post("/close")
@staff_only(*SITE_STAFF)
def close(alert: int) -> ResponseReturnValue:
    note = request.form.get("note", "")
    return _after(alerts.close(alert, note, at=staff_occasion()))


def _after(refused: Refused | None) -> ResponseReturnValue:
    if refused and refused.why is Why.NOT_HERE:
        abort(404)
    if refused:
        flash(said(refused), "error")
    return redirect(url_for("nurse.today", _anchor="alerts"))
