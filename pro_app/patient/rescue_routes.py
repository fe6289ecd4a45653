"""The nurse takes in a form that a phone could not send: its code by camera or as text."""

from contextlib import closing

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.refused import Refused
from pro_app.deployment import deployment
from pro_app.patient import messages
from pro_app.patient.pictures import codes_in
from pro_app.patient.rescue import Rescued, Unreadable, rescue
from pro_app.security import secrets
from pro_app.security.access import staff_occasion, staff_only, takes_up_to
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("rescue", __name__)

#: Photographs are larger than anything else that is sent here.
_MOST_BYTES = 12 * 1024 * 1024
_MOST_PICTURES = 4


@blueprint.get("/staff/rescue")
@staff_only(*SITE_STAFF)
def page() -> ResponseReturnValue:
    return _page()


@blueprint.post("/staff/rescue")
@takes_up_to(_MOST_BYTES)
@staff_only(*SITE_STAFF)
def take() -> ResponseReturnValue:
    typed = request.form.get("code", "")
    pictures = [each for each in request.files.getlist("picture") if each.filename]
    texts = [typed]
    for picture in pictures[:_MOST_PICTURES]:
        with closing(picture):
            found = codes_in(picture.stream)
        if found is None:
            return _page(_("%(name)s is not a picture.", name=picture.filename or ""), typed), 422
        texts += found
    outcome = rescue(texts, pepper=deployment().settings.secret_key, at=staff_occasion())
    if isinstance(outcome, Unreadable):
        return _page(_unreadable(outcome), typed), 422
    return _told(outcome, typed)


def _told(found: Rescued, typed: str) -> ResponseReturnValue:
    if isinstance(found.outcome, Refused):
        why = messages.refusal(found.outcome)
        said = _("%(number)s: the form was not taken.", number=found.number)
        return _page(f"{said} {why}", typed), 409
    flash(
        _(
            "%(number)s, %(visit)s: received, receipt %(receipt)s.",
            number=found.number,
            visit=messages.visit_name(found.outcome.visit),
            receipt=secrets.receipt_of(found.outcome.submission_id),
        )
    )
    return redirect(url_for(".page"))


def _page(problem: str = "", typed: str = "") -> str:
    return render_template(
        "patient/rescue.html", problem=problem, typed=typed, most_pictures=_MOST_PICTURES
    )


def _unreadable(why: Unreadable) -> str:
    said = {
        Unreadable.NO_CODE: lambda: _(
            "There is no code of a form here. A code begins with PRO1; photograph it so that it "
            "fills the picture, or paste its text."
        ),
        Unreadable.PARTS_MISSING: lambda: _(
            "This form comes in several codes and not all of them are here. Add the others."
        ),
        Unreadable.SEVERAL: lambda: _(
            "These codes belong to more than one form. Please take in one form at a time."
        ),
        Unreadable.NO_PATIENT: lambda: _("This code belongs to no patient of your hospital."),
        Unreadable.SPOILT: lambda: _(
            "This code is not complete or was changed on its way. Photograph or copy it again."
        ),
        Unreadable.NOT_A_FORM: lambda: _(
            "This code could be opened, but what it holds is not a form."
        ),
    }
    return str(said[why]())
