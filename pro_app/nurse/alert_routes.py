"""The buttons of an alert: "I take it on", and the note it closes with."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.deployment import deployment
from pro_app.nurse import alerts
from pro_app.nurse.alerts import Step
from pro_app.security.access import staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("alert", __name__, url_prefix="/alerts/<int:alert>")


@blueprint.post("/take")
@staff_only(*SITE_STAFF)
def take(alert: int) -> ResponseReturnValue:
    now = deployment().now()
    return _after(alerts.take(alert, sites=current_user.sites, actor=current_user.actor, now=now))


@blueprint.post("/close")
@staff_only(*SITE_STAFF)
def close(alert: int) -> ResponseReturnValue:
    step = alerts.close(
        alert,
        request.form.get("note", ""),
        sites=current_user.sites,
        actor=current_user.actor,
        now=deployment().now(),
    )
    return _after(step)


def _after(step: Step) -> ResponseReturnValue:
    if step is Step.NOT_HERE:
        abort(404)
    if step is Step.NOTE_MISSING:
        flash(
            _(
                "Not closed: write what was done about it, in at most %(n)s characters.",
                n=alerts.LONGEST_NOTE,
            ),
            "error",
        )
    return redirect(url_for("nurse.today", _anchor="alerts"))
