"""Certified copies: of one form as PDF or JSON, of a site's as one ZIP."""

from collections.abc import Mapping
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, abort, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.busy import takes_long
from pro_app.deployment import deployment
from pro_app.i18n import language
from pro_app.languages import spoken
from pro_app.reports import copies
from pro_app.reports.copies import Copy
from pro_app.reports.pdf import Enclosed, pdf
from pro_app.reports.site_copy import Pages, copy_site
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import READERS, SITE_STAFF

_INSTANTS = frozenset({"started_at", "finished_at", "device_at", "received_at"})

blueprint = Blueprint("copies", __name__)


@blueprint.post("/patients/<number>/forms/<submission_id>/copy")
@staff_only(*READERS)
def copy(number: str, submission_id: str) -> ResponseReturnValue:
    """The form's copy; asked for by POST, since each one that leaves is recorded."""
    at = staff_occasion()
    made = copies.copy_of(number, submission_id, at=at)
    if made is None:
        abort(404)
    as_json = request.form.get("as") == "json"
    file = Enclosed(f"{made.name}.json", made.content, at.now)
    content = made.content if as_json else pdf(_page(made), enclosed=file)
    kind, type_ = ("json", "application/json") if as_json else ("pdf", "application/pdf")
    copies.record_copy(made, kind, at=at)
    return send_file(
        BytesIO(content), type_, as_attachment=True, download_name=f"{made.name}.{kind}"
    )


@blueprint.post("/records/site/copies")
@staff_only(*SITE_STAFF)
@takes_long
def whole_site() -> ResponseReturnValue:
    """All that the site has handed in, for it to keep where nobody else has a hand."""
    at = staff_occasion()
    site = current_user.site
    archive = TemporaryFile()  # noqa: SIM115 - closed with the response
    copy_site(site, archive, Pages(_page, _record_page, _index_page), at=at)
    name = f"{at.study.id}-{site}-{at.today.isoformat()}.zip"
    return send_file(archive, "application/zip", as_attachment=True, download_name=name)


def _page(made: Copy) -> str:
    return render_template(
        "reports/copy.html",
        made=made,
        doc=made.document,
        states=_states(),
        names=_names(),
        instants=_INSTANTS,
        modes=_modes(),
        **_words(),
    )


def _record_page(document: Mapping[str, Any]) -> str:
    return render_template("reports/record.html", doc=document, tables=_tables(), **_words())


def _index_page(listed: Mapping[str, list[str]]) -> str:
    at = staff_occasion()
    return render_template(
        "reports/copies.html",
        listed=listed,
        code=current_user.site,
        copied_by=at.actor.name,
        copied_at=copies.local(at.now, at),
        **_words(),
    )


def _words() -> dict[str, Any]:
    sites = {each.code: each for each in deployment().study.sites}
    return {"tag": spoken(language()).tag, "site_of": sites}


def _tables() -> dict[str, str]:
    """Table of facts → what it holds."""
    return {
        "patient_version": _("What is known of the patient"),
        "event": _("What happened"),
        "pause": _("Pauses"),
        "reason": _("Reasons for missing forms"),
    }


def _states() -> dict[str, str]:
    """Why a line has no answer."""
    return {
        "SKIPPED": _("left blank"),
        "PREFER_NOT": _("preferred not to answer"),
        "NOT_SHOWN": _("never shown"),
    }


def _modes() -> dict[str, str]:
    return {
        "phone_self": _("own phone"),
        "site_tablet": _("tablet at the site"),
        "paper": _("paper"),
        "interview_site": _("interview at the site"),
        "interview_phone": _("interview by phone"),
    }


def _names() -> dict[str, str]:
    """Column of a form → what it is called, in the order of the copy."""
    return {
        "submission_id": _("Number of the form"),
        "standing": _("Counted when it came"),
        "answered_on": _("Answered on"),
        "mode": _("How"),
        "language": _("Language"),
        "entered_by": _("Entered by"),
        "why_not_self": _("Why not by the patient"),
        "proxy": _("Someone else answered"),
        "assistance": _("Who read and tapped"),
        "instrument": _("Questionnaire"),
        "instrument_sha256": _("Its structure (SHA-256)"),
        "wording_sha256": _("Its words (SHA-256)"),
        "items_answered": _("Items answered"),
        "started_at": _("Begun"),
        "finished_at": _("Finished"),
        "device_at": _("Clock of the device when it was sent"),
        "device_offset_minutes": _("Its zone, minutes from UTC"),
        "device_is_ahead_seconds": _("How far it was ahead, seconds"),
        "received_at": _("Received by the server"),
        "received_from": _("Received from"),
    }
