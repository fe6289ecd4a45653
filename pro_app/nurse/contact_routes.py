"""The buttons of a call: how it ended, that a reminder was sent, that it was written by mistake."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pro_app.core.contact import Channel, Outcome
from pro_app.core.refused import Refused, Why
from pro_app.deployment import deployment
from pro_app.i18n import own_path
from pro_app.nurse import calls, messages, patient, reminding
from pro_app.nurse.calls import Written
from pro_app.refusals import said
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("contact", __name__, url_prefix="/patients/<number>/contacts")


@blueprint.post("")
@staff_only(*SITE_STAFF)
def write_down(number: str) -> ResponseReturnValue:
    """Keep an attempt; `visit` is empty where it was about none.

    A reminder that was sent by hand is kept whatever has become known since:
    the log says what was done.
    """
    parts = deployment()
    given = {name: request.form.get(name, "") for name in ("channel", "outcome", "call_back_at")}
    visit = request.form.get("visit") or None
    if visit and visit not in {each.code for each in parts.study.all_visits}:
        abort(404)
    try:
        channel, outcome = Channel(given["channel"]), Outcome(given["outcome"])
        again = _instant(given["call_back_at"], parts.study.time_zone)
    except ValueError:
        refused = Refused(Why.NOT_POSSIBLE, "outcome")
        return _asked_again(number, visit, given, refused)
    written = calls.write_down(
        number,
        visit=visit,
        channel=channel,
        outcome=outcome,
        call_back_at=again,
        at=staff_occasion(),
    )
    if isinstance(written, Refused) and written.why is not Why.NOT_HERE:
        return _asked_again(number, visit, given, written)
    return _after(written, number)


@blueprint.get("/remind/<visit>")
@staff_only(*SITE_STAFF)
def remind(number: str, visit: str) -> ResponseReturnValue:
    """The words to send, or why nobody writes to the patient now."""
    found = reminding.reminder(number=number, visit=visit, at=staff_occasion())
    if found is None:
        abort(404)
    return render_template(
        "nurse/remind.html",
        found=found,
        text=messages.reminders()(found.language, found.site, found.closes_on),
        written_in=messages.written_in(found.language),
        back=_back(number),
    )


@blueprint.post("/<int:attempt>/take-back")
@staff_only(*SITE_STAFF)
def take_back(number: str, attempt: int) -> ResponseReturnValue:
    written = calls.take_it_back(number, attempt, at=staff_occasion())
    return _after(written, number)


def _asked_again(
    number: str, visit: str | None, given: dict[str, str], refused: Refused
) -> ResponseReturnValue:
    """The form of the call as the nurse had filled it in, and what it lacks."""
    if patient.find(number, at=staff_occasion()) is None:
        abort(404)
    page = render_template(
        "nurse/call.html",
        number=number,
        visit=visit,
        given=given,
        wrong=said(refused),
        back=_back(number),
    )
    return page, 422


def _after(written: Written | Refused, number: str) -> ResponseReturnValue:
    if isinstance(written, Refused):
        abort(404)
    return redirect(_back(number))


def _back(number: str) -> str:
    """Where one came from: a row of the list, or the patient's page."""
    return own_path(request.values.get("next") or url_for("nurse.patient", number=number))


def _instant(text: str, zone: str) -> datetime | None:
    """What a field for day and time holds, in the trial's zone. Errors: ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) if text else None
