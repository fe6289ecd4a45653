"""The door for staff: sign in, sign out, and where each role starts."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from pro_app.deployment import deployment
from pro_app.security import service
from pro_app.security.access import public, staff_only
from pro_app.security.roles import Role
from pro_app.security.setup import StaffUser, limiter

blueprint = Blueprint("security", __name__, url_prefix="/staff")

_START = {
    Role.NURSE: "nurse.today",
    Role.INVESTIGATOR: "nurse.today",
    Role.DATA_MANAGER: "export.download",
    Role.STATISTICIAN: "export.download",
    Role.MONITOR: "nurse.ledger",
}


@blueprint.get("/")
@staff_only(*Role)
def start() -> ResponseReturnValue:
    return redirect(url_for(_START[Role(current_user.role)]))


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for(_START[Role(current_user.role)]))
    return render_template("security/sign_in.html", name="")


@blueprint.post("/sign-in")
@public
@limiter.limit("20 per minute")
def enter() -> ResponseReturnValue:
    name = request.form.get("name", "").strip()
    now = deployment().now()
    token = service.sign_in_staff(name, request.form.get("password", ""), now=now)
    account = service.signed_in_staff(token, now=now) if token else None
    if token is None or account is None:
        flash(_("The name or the password is not right. Both are case-sensitive."), "error")
        return render_template("security/sign_in.html", name=name), 401
    language = session.get("language")
    session.clear()  # a patient's session, or the tablet's mark, is not taken along
    if language:
        session["language"] = language
    login_user(StaffUser(account, token))
    return redirect(url_for(_START[Role(account.role)]))


@blueprint.post("/sign-out")
@staff_only(*Role)
def sign_out() -> ResponseReturnValue:
    service.sign_out(current_user.token, current_user.actor, now=deployment().now())
    logout_user()
    return redirect(url_for("security.sign_in"))
