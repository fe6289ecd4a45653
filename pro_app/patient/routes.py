"""The patient's door and home: link, PIN, what is due, what was received."""

import unicodedata

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.study import Site
from pro_app.deployment import deployment
from pro_app.patient import form_routes, json_routes, messages, overview, phone_routes
from pro_app.patient.here import occasion
from pro_app.security import secrets, service
from pro_app.security.access import patient_only, public
from pro_app.security.setup import actor_of, limiter

blueprint = Blueprint("patient", __name__)
blueprint.register_blueprint(form_routes.blueprint)
blueprint.register_blueprint(json_routes.blueprint)
blueprint.register_blueprint(phone_routes.blueprint)
blueprint.add_app_template_filter(secrets.receipt_of, "receipt")
blueprint.add_app_template_filter(messages.visit_name, "visit_name")
blueprint.add_app_template_filter(messages.days_left, "days_left")


@blueprint.app_context_processor
def _whom_to_call() -> dict[str, object]:
    return {"sites_to_call": _sites_to_call}


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    if g.get("patient"):
        return redirect(url_for("patient.home"))
    return render_template("patient/start.html")


@blueprint.get("/p/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """The PIN page. Looking at it changes nothing: mail scanners and previews look too."""
    found = service.find_link(token)
    if found is None:
        return _link_ended()
    if g.get("patient") and g.patient.link_id == found.id:
        return redirect(url_for("patient.home"))
    return _pin_page(token, found.site, found.pin_hash is None)


@blueprint.post("/p/<token>")
@public
@limiter.limit("30 per minute")
def enter(token: str) -> ResponseReturnValue:
    found = service.find_link(token)
    if found is None:
        return _link_ended()
    pin, choosing = _digits("pin"), found.pin_hash is None
    if not service.is_pin(pin):
        return _pin_page(token, found.site, choosing, _("A PIN has 4 to 6 digits.")), 422
    if choosing and pin != _digits("pin_again"):
        return _pin_page(token, found.site, choosing, _("The two PINs are not the same.")), 422
    parts = deployment()
    entered = service.sign_in_patient(token, pin, pepper=parts.settings.secret_key, now=parts.now())
    if isinstance(entered, service.LinkEnded):
        return _link_ended()
    if isinstance(entered, service.WrongPin):
        advice = messages.waiting(entered.wait)
        page = _pin_page(token, found.site, False, _("This PIN does not fit."), advice)
        return page, 401, {"Retry-After": str(int(entered.wait.total_seconds()))}
    language = session.get("language")
    session.clear()  # nothing that an earlier user of this browser left behind
    session["patient"] = entered.token
    if language:
        session["language"] = language
    return redirect(url_for("patient.home"))


@blueprint.get("/my/home")
@patient_only
def home() -> ResponseReturnValue:
    return render_template("patient/home.html", home=overview.home(g.patient.id, at=occasion()))


@blueprint.post("/my/sign-out")
@patient_only
def sign_out() -> ResponseReturnValue:
    service.sign_out(session["patient"], actor_of(g.patient), now=deployment().now())
    session.pop("patient")
    return redirect(url_for("patient.signed_out"))


@blueprint.get("/signed-out")
@public
def signed_out() -> ResponseReturnValue:
    return render_template("patient/signed_out.html")


def _digits(field: str) -> str:
    """What was typed or pasted, full-width digits and spaces forgiven."""
    text = unicodedata.normalize("NFKC", request.form.get(field, ""))
    return "".join(text.split())


def _pin_page(token: str, site: str, choosing: bool, problem: str = "", advice: str = "") -> str:
    return render_template(
        "patient/pin.html",
        token=token,
        choosing=choosing,
        sites=_sites_to_call(site),
        problem=problem,
        advice=advice,
    )


def _link_ended() -> ResponseReturnValue:
    return render_template("patient/link_ended.html"), 410


def _sites_to_call(own: str | None = None) -> tuple[Site, ...]:
    """Her own hospital when we know which it is, else every hospital of the study."""
    sites = deployment().study.sites
    if own is None and g.get("patient"):
        own = g.patient.site
    return tuple(site for site in sites if site.code == own) or sites
