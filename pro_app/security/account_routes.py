"""One's own account: password, authenticator, and where one is signed in."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from pro_app import qr
from pro_app.deployment import deployment
from pro_app.security import accounts, authenticators, here, messages, passkeys
from pro_app.security.access import staff_only
from pro_app.security.roles import Role
from pro_app.security.second_factor import Shown
from pro_app.security.service import Stage
from pro_app.security.setup import let_in_or_choose, limiter
from pro_app.security.waiting import Proof

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@staff_only(*Role)
def page() -> ResponseReturnValue:
    return own_page()


def own_page(status: int = 200) -> ResponseReturnValue:
    account = current_user.account
    return render_template(
        "security/account.html",
        role=messages.roles()[account.role],
        authenticator=authenticators.find(account),
        passkeys=passkeys.find(account),
        codes_left=authenticators.codes_left(account),
        asked=here.asked(),
        place=here.place(),
        sessions=accounts.sessions(account, now=deployment().now()),
        this=accounts.handle(current_user.token),
    ), status


@blueprint.post("/password")
@staff_only(*Role)
@limiter.limit("20 per minute")
def password() -> ResponseReturnValue:
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        flash(_("The new password was not the same both times."), "error")
        return own_page(422)
    old = request.form.get("old", "")
    problem = accounts.change_password(
        current_user.account, old, new, token=current_user.token, now=deployment().now()
    )
    if problem is not None:
        said = (
            messages.not_proved(problem)
            if isinstance(problem, Proof)
            else messages.unfit()[problem]
        )
        flash(said, "error")
        return own_page(422)
    flash(_("The new password counts from now on. You were signed out everywhere else."), "info")
    return redirect(url_for("security.account.page"))


@blueprint.get("/authenticator")
@staff_only(*Role, entering=Stage.SET_UP)
def authenticator() -> ResponseReturnValue:
    return _set_up()


def _set_up(status: int = 200) -> ResponseReturnValue:
    account, _token = here.who()
    parts = deployment()
    if authenticators.find(account) is not None:
        return redirect(url_for("security.account.page"))
    offer = authenticators.offered(
        account, parts.study.registry_id, pepper=parts.settings.secret_key
    )
    picture = Markup(qr.svg(offer.address)) if offer else None  # noqa: S704 - our own drawing
    return render_template(
        "security/authenticator.html", offer=offer, picture=picture, place=here.place()
    ), status


@blueprint.post("/authenticator")
@staff_only(*Role, entering=Stage.SET_UP)
def offer() -> ResponseReturnValue:
    account, _token = here.who()
    parts = deployment()
    authenticators.offer(account, pepper=parts.settings.secret_key, now=parts.now())
    return redirect(url_for("security.account.authenticator"))


@blueprint.post("/authenticator/begin")
@staff_only(*Role, entering=Stage.SET_UP)
@limiter.limit("20 per minute")
def begin() -> ResponseReturnValue:
    account, token = here.who()
    parts = deployment()
    begun = authenticators.begin(
        account,
        request.form.get("code", ""),
        token,
        pepper=parts.settings.secret_key,
        now=parts.now(),
    )
    if begun is None:
        flash(_("This code is not right. Look at the authenticator and try the next one."), "error")
        return _set_up(422)
    let_in_or_choose(begun.token, account)
    return render_template("security/recovery_codes.html", codes=begun.recovery_codes)


@blueprint.post("/authenticator/remove")
@staff_only(*Role)
@limiter.limit("20 per minute")
def remove() -> ResponseReturnValue:
    proof = authenticators.remove(current_user.account, *_proof(), **_key_and_now())
    if not proof:
        flash(messages.not_proved(proof), "error")
        return own_page(422)
    flash(_("The authenticator was removed."), "info")
    return redirect(url_for("security.account.page"))


@blueprint.post("/recovery-codes")
@staff_only(*Role)
@limiter.limit("20 per minute")
def recovery_codes() -> ResponseReturnValue:
    codes = authenticators.renew_codes(current_user.account, *_proof(), **_key_and_now())
    if isinstance(codes, Proof):
        flash(messages.not_proved(codes), "error")
        return own_page(422)
    return render_template("security/recovery_codes.html", codes=codes)


@blueprint.post("/sessions")
@staff_only(*Role)
def end_session() -> ResponseReturnValue:
    account, now = current_user.account, deployment().now()
    handle = request.form.get("session", "")
    if handle == "others":
        accounts.end_others(account, current_user.token, now=now)
        flash(_("You were signed out everywhere else."), "info")
    else:
        accounts.end_session(account, handle, now=now)
    return redirect(url_for("security.account.page"))


def _proof() -> tuple[str, Shown]:
    return request.form.get("password", ""), here.shown()


def _key_and_now() -> dict[str, Any]:
    parts = deployment()
    return {"pepper": parts.settings.secret_key, "now": parts.now()}
