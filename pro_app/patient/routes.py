"""The patient's home: what is due, what was received; and the way out."""

from flask import Blueprint, g, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from pro_app.deployment import deployment
from pro_app.patient import (
    data_routes,
    door_routes,
    form_routes,
    help_routes,
    json_routes,
    messages,
    overview,
    phone_routes,
    rescue_routes,
    shell_routes,
)
from pro_app.patient.here import occasion, phone_key, sites_to_call
from pro_app.public import public
from pro_app.security import secrets, service
from pro_app.security.access import patient_only
from pro_app.security.roles import TABLET_LIMITS
from pro_app.security.setup import actor_of, tell_whose

blueprint = Blueprint("patient", __name__)
blueprint.register_blueprint(data_routes.blueprint)
blueprint.register_blueprint(door_routes.blueprint)
blueprint.register_blueprint(form_routes.blueprint)
blueprint.register_blueprint(help_routes.blueprint)
blueprint.register_blueprint(json_routes.blueprint)
blueprint.register_blueprint(phone_routes.blueprint)
blueprint.register_blueprint(rescue_routes.blueprint)
blueprint.register_blueprint(shell_routes.blueprint)
blueprint.add_app_template_filter(secrets.receipt_of, "receipt")
blueprint.add_app_template_filter(messages.visit_name, "visit_name")
blueprint.add_app_template_filter(messages.days_left, "days_left")


@blueprint.app_context_processor
def _whom_to_call() -> dict[str, object]:
    idle = int(TABLET_LIMITS.idle.total_seconds())
    return {"sites_to_call": sites_to_call, "tablet_idle_seconds": idle}


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    if g.get("patient"):
        return redirect(url_for("patient.home"))
    if "tablet" in session:
        return redirect(url_for("patient.signed_out"))
    return render_template("patient/start.html")


@blueprint.get("/my/home")
@patient_only
def home() -> ResponseReturnValue:
    page = render_template("patient/home.html", home=overview.home(g.patient.id, at=occasion()))
    answer = make_response(page)
    known = None if g.patient.tablet else phone_key(g.patient.id)
    tell_whose(answer, known[0] if known else "nobody")
    return answer


@blueprint.post("/my/sign-out")
@patient_only
def sign_out() -> ResponseReturnValue:
    service.sign_out(session.pop("patient"), actor_of(g.patient), now=deployment().now())
    answer = make_response(redirect(url_for("patient.signed_out")))
    tell_whose(answer)
    # Never "storage": a form that could not be sent yet may lie there.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.get("/signed-out")
@public
def signed_out() -> ResponseReturnValue:
    """The page of whoever is not signed in, and of the hospital's tablet after use."""
    if g.get("patient") is None and "tablet" in session:
        return render_template("patient/tablet.html", receipt=session["tablet"])
    return render_template("patient/signed_out.html")
