"""The trail's page: search it, see how far it is sealed, take it as a file."""

from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.audit import codes, messages, service, trail, verdicts
from pro_app.audit.trail import BadAsk, Search
from pro_app.busy import takes_long
from pro_app.deployment import deployment
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF, Role

blueprint = Blueprint("audit", __name__, url_prefix="/staff/trail")

#: Not the statistician: the trail tells of arms to those who gave them.
_READERS = (*SITE_STAFF, Role.DATA_MANAGER, Role.MONITOR)
_FILTERS = ("number", "visit", "field", "action", "actor", "from", "to")

#: For what is printed, by whichever room: paper keeps the head where the operator has no hand.
blueprint.add_app_template_global(service.head_now, "trail_head")


@blueprint.get("", endpoint="trail")
@staff_only(*_READERS)
def show() -> ResponseReturnValue:
    given = _given(request.args)
    patient_steps = current_user.role == Role.DATA_MANAGER
    words = {
        "asked": given,
        "filters": _filled(given),
        "sealing": service.sealing_now(),
        "verdicts": verdicts,
        "actions": messages.actions(patient_steps=patient_steps),
        "roles": messages.roles(),
        "visits": [each.code for each in deployment().study.all_visits],
        "fields": messages.fields(),
        "codes": codes,
        "site_of": {site.code: site for site in deployment().study.sites},
        "reason_of": {reason.code: reason for reason in deployment().study.reasons},
    }
    try:
        found = trail.page(
            _search(given),
            before=request.args.get("before", ""),
            at=staff_occasion(),
        )
    except BadAsk as bad:
        return render_template("audit/trail.html", **words, bad=bad), 400
    return render_template("audit/trail.html", **words, page=found)


@blueprint.post("")
@staff_only(*_READERS)
@takes_long
def take() -> ResponseReturnValue:
    at = staff_occasion()
    given = _given(request.form)
    here = url_for("audit.trail", **_filled(given))
    archive = TemporaryFile()  # noqa: SIM115 - closed with the response
    try:
        made = trail.export(
            _search(given),
            archive,
            filters=given,
            at=at,
        )
    except BadAsk:
        archive.close()
        return redirect(here)  # where it says what is wrong
    if made is None:
        archive.close()
        flash(_("Nothing in the trail matches. Nothing was exported."), "error")
        return redirect(here)
    archive.seek(0)
    name = f"{at.study.id}-trail-{at.today.isoformat()}.csv"
    return send_file(archive, "text/csv; charset=utf-8", as_attachment=True, download_name=name)


def _search(given: dict[str, str]) -> Search:
    at = staff_occasion()
    return trail.asked(given, patient_steps=at.person.role == Role.DATA_MANAGER, at=at)


def _filled(given: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value}


def _given(source: dict[str, str]) -> dict[str, str]:
    # PostgreSQL takes no zero character, and nothing that is searched for has one.
    return {name: source.get(name, "").replace("\0", "").strip() for name in _FILTERS}
