"""A blank form to print: for a patient and a visit, or for when the system is down."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from pro_app import qr
from pro_app.deployment import deployment
from pro_app.i18n import offered, speaking
from pro_app.languages import spoken
from pro_app.reports import service
from pro_app.reports.pdf import pdf
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("form", __name__)


@blueprint.get("/patients/<number>/visits/<visit>/blank-form.pdf")
@staff_only(*SITE_STAFF)
def blank(number: str, visit: str) -> ResponseReturnValue:
    """`?language=`: the patient's where none is asked for."""
    patient = service.find(number, at=staff_occasion())
    if patient is None or all(each.code != visit for each in deployment().study.all_visits):
        abort(404)
    return _print(number, visit, patient.site, request.args.get("language", patient.state.language))


@blueprint.get("/blank-form.pdf")
@staff_only(*SITE_STAFF)
def downtime() -> ResponseReturnValue:
    """Without a patient's number, which is written by hand."""
    site = current_user.site
    return _print("", "", site, request.args.get("language"))


def _print(number: str, visit: str, site: str, asked: str | None) -> Response:
    parts = deployment()
    study = parts.study
    language = asked if asked in offered() else offered()[0]
    wording = service.wording(language, at=staff_occasion())
    if wording is None:  # nothing may be shown in this language
        abort(404)
    picture = qr.svg(f"{study.registry_id} {number} {visit}") if number else ""
    with speaking(language):
        page = render_template(
            "reports/blank_form.html",
            tag=spoken(language).tag,
            wording=wording,
            number=number,
            visit=visit,
            site=next(
                (each.name.get(language, "") for each in study.sites if each.code == site), ""
            ),
            responses=parts.instrument.choices,
            boxes={box.before: box for box in parts.instrument.opt_outs},
            picture=Markup(picture),  # noqa: S704 - our own drawing of our own text
        )
    # Whose it is, a name in somebody's list of downloads need not tell.
    named = {"Content-Disposition": 'inline; filename="form.pdf"'}
    return Response(pdf(page), mimetype="application/pdf", headers=named)
