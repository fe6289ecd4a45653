"""The buttons of a call: how it ended, and that it was written down by mistake."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.core.contact import Channel, Outcome
from pro_app.deployment import deployment
from pro_app.i18n import own_path
from pro_app.nurse import calls
from pro_app.nurse.calls import Written
from pro_app.security.access import staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("contact", __name__, url_prefix="/patients/<number>/contacts")


@blueprint.post("")
@staff_only(*SITE_STAFF)
def write_down(number: str) -> ResponseReturnValue:
    """Keep an attempt; `visit` is empty where it was about none."""
    parts = deployment()
    visit = request.form.get("visit") or None
    try:
        channel, outcome = Channel(request.form["channel"]), Outcome(request.form["outcome"])
        at = _instant(request.form.get("call_back_at", ""), parts.study.time_zone)
    except (KeyError, ValueError):
        channel, outcome, at = Channel.PHONE, Outcome.CALL_BACK, None  # refused with a message
    if visit and visit not in {each.code for each in parts.study.visits}:
        abort(404)
    written = calls.write_down(
        number,
        visit=visit,
        channel=channel,
        outcome=outcome,
        call_back_at=at,
        sites=current_user.sites,
        actor=current_user.actor,
        now=parts.now(),
    )
    if written is Written.BAD_TIME:
        flash(
            _(
                "Not written down: choose the day and time of the next call, "
                "from now on and within 60 days."
            ),
            "error",
        )
    return _after(written, number)


@blueprint.post("/<int:attempt>/take-back")
@staff_only(*SITE_STAFF)
def take_back(number: str, attempt: int) -> ResponseReturnValue:
    written = calls.take_it_back(
        number,
        attempt,
        sites=current_user.sites,
        actor=current_user.actor,
        now=deployment().now(),
    )
    return _after(written, number)


def _after(written: Written, number: str) -> ResponseReturnValue:
    if written is Written.NOT_HERE:
        abort(404)
    back = request.form.get("next") or url_for("nurse.patient", number=number)
    return redirect(own_path(back))


def _instant(text: str, zone: str) -> datetime | None:
    """What a field for day and time holds, in the trial's zone. Errors: ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) if text else None
