"""The card that a patient takes home, as a PDF."""

from datetime import date

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from pro_app import qr
from pro_app.deployment import deployment
from pro_app.i18n import offered, speaking
from pro_app.languages import spoken
from pro_app.reports import copy_routes, form_routes, service
from pro_app.reports.pdf import CantPrint, pdf
from pro_app.security import cards
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("reports", __name__, url_prefix="/staff")
blueprint.register_blueprint(copy_routes.blueprint)
blueprint.register_blueprint(form_routes.blueprint)


@blueprint.errorhandler(CantPrint)
def cant_print(_error: CantPrint) -> ResponseReturnValue:
    """The page in place of a PDF where this machine has nothing to draw it with."""
    said = {
        "title": _("Nothing can be printed on this server yet"),
        "advice": _(
            "Nothing was changed. Whoever runs the server has to install Pango and a Chinese "
            "font; scripts/setup.sh names the packages."
        ),
    }
    return render_template("staff/error.html", status=503, **said), 503


@blueprint.post("/patients/<number>/card")
@staff_only(*SITE_STAFF)
def card(number: str) -> ResponseReturnValue:
    """The card whose token and code the nurse's page holds; none that has ended since."""
    parts = deployment()
    patient = service.find(number, at=staff_occasion())
    if patient is None:
        abort(404)
    token, code = request.form.get("token", ""), request.form.get("code", "")
    code_until = cards.print_card(
        patient.id,
        number,
        token,
        code,
        pepper=parts.settings.secret_key,
        actor=current_user.actor,
        now=parts.now(),
    )
    if code_until is None:
        flash(_("This card has been used, replaced, or is too old. Make a new one."), "error")
        return redirect(url_for("nurse.patient", number=number))
    address = f"{parts.settings.base_url}/p/{token}"
    made = pdf(_page(address, code, patient.site, parts.day_of(code_until)))
    return Response(
        made,
        mimetype="application/pdf",
        # Whose it is, a name in somebody's list of downloads need not tell.
        headers={"Content-Disposition": 'inline; filename="card.pdf"'},
    )


def _page(address: str, code: str, at: str, until_on: date) -> str:
    """The card in every language of the study; no matter in which one the nurse reads."""
    study = deployment().study
    site = next((each for each in study.sites if each.code == at), None)
    sides: list[Markup] = []
    words: list[tuple[str, ...]] = []
    for language in offered():
        with speaking(language):
            name = site.name.get(language, "") if site else ""
            side = render_template(
                "reports/card_side.html", tag=spoken(language).tag, name=name, until_on=until_on
            )
            said = (_("Your questionnaire"), _("Activation code"), _("Phone"), _("Demonstration"))
        sides.append(Markup(side))  # noqa: S704 - a page of our own, escaped when it was made
        words.append(said)
    title, code_label, phone_label, demonstration = (
        " · ".join(each) for each in zip(*words, strict=True)
    )
    return render_template(
        "reports/card.html",
        tag=spoken(offered()[0]).tag,
        sides=sides,
        title=title,
        code_label=code_label,
        phone_label=phone_label,
        demonstration=demonstration,
        phone=site.phone if site else "",
        short_address=address.split("://", 1)[1],
        code=code,
        picture=Markup(qr.svg(address)),  # noqa: S704 - our own drawing of our own address
    )
