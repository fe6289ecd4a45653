"""Passkeys of one's own account: a challenge for one, a new one, one less."""

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.deployment import deployment
from pro_app.security import here, messages, passkeys, service
from pro_app.security.access import staff_only
from pro_app.security.account_routes import own_page
from pro_app.security.browsers import described
from pro_app.security.ceremonies import Place
from pro_app.security.passkeys import NotAdded
from pro_app.security.roles import Role
from pro_app.security.second_factor import Answer
from pro_app.security.service import Stage
from pro_app.security.setup import let_in_or_choose, limiter

blueprint = Blueprint("passkey", __name__, url_prefix="/passkeys")


@blueprint.get("/challenge")
@staff_only(*Role, entering=Stage.CODE)
def challenge() -> ResponseReturnValue:
    """What the browser has one of the person's passkeys sign. Nothing of it is kept here."""
    account, token = here.who()
    parts, place = deployment(), _place()
    pepper = parts.settings.secret_key
    return jsonify(passkeys.to_prove(account, token, place, pepper=pepper, now=parts.now()))


@blueprint.get("")
@staff_only(*Role, entering=Stage.SET_UP)
def index() -> ResponseReturnValue:
    """Where somebody lands who chose another language on the page that follows a proof."""
    inside = current_user.is_authenticated
    return redirect(url_for("security.account.page" if inside else "security.sign_in"))


@blueprint.post("")
@staff_only(*Role, entering=Stage.SET_UP)
@limiter.limit("20 per minute")
def begin() -> ResponseReturnValue:
    """The page that makes one, for whoever proves who they are, or has just done so."""
    account, _token = here.who()
    parts = deployment()
    _place()
    if current_user.is_authenticated:
        proof = service.confirm(
            account.name,
            request.form.get("password", ""),
            here.shown(),
            pepper=parts.settings.secret_key,
            now=parts.now(),
        )
        if not proof:
            flash(messages.not_proved(proof), "error")
            return own_page(422)
    return _make()


def _make(status: int = 200) -> ResponseReturnValue:
    account, token = here.who()
    parts = deployment()
    options = passkeys.to_make(
        account,
        token,
        _place(),
        study=parts.study.registry_id,
        pepper=parts.settings.secret_key,
        now=parts.now(),
    )
    name = described(request.user_agent.string)
    return render_template(
        "security/passkey.html", options=options, name=name, longest=passkeys.LONGEST_NAME
    ), status


@blueprint.post("/add")
@staff_only(*Role, entering=Stage.SET_UP)
@limiter.limit("20 per minute")
def add() -> ResponseReturnValue:
    account, token = here.who()
    parts = deployment()
    made = Answer(request.form.get("passkey", ""), token, _place())
    name, now = request.form.get("name", ""), parts.now()
    added = passkeys.add(account, name, made, pepper=parts.settings.secret_key, now=now)
    if isinstance(added, NotAdded):
        flash(messages.not_added()[added], "error")
        inside = current_user.is_authenticated
        page = "security.account.page" if inside else "security.account.authenticator"
        return redirect(url_for(page))
    let_in_or_choose(added.token, account)
    if added.recovery_codes:
        return render_template("security/recovery_codes.html", codes=added.recovery_codes)
    flash(_("The passkey was added. You were signed out everywhere else."), "info")
    return redirect(url_for("security.account.page"))


@blueprint.post("/<int:passkey>/remove")
@staff_only(*Role)
@limiter.limit("20 per minute")
def remove(passkey: int) -> ResponseReturnValue:
    parts = deployment()
    removed = passkeys.remove(
        current_user.account,
        passkey,
        request.form.get("password", ""),
        here.shown(),
        pepper=parts.settings.secret_key,
        now=parts.now(),
    )
    if not removed:
        flash(messages.not_proved(removed), "error")
        return own_page(422)
    flash(_("The passkey was removed. Delete it on the device, too."), "info")
    return redirect(url_for("security.account.page"))


def _place() -> Place:
    """Where passkeys are made for; where there are none, neither are these pages."""
    return here.place() or abort(404)
