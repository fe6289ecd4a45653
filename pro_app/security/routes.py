"""The door for staff: sign in, show a code, sign out, and where each role starts."""

from flask import (
    Blueprint,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, logout_user

from pro_app.deployment import deployment
from pro_app.public import public
from pro_app.security import (
    account_routes,
    accounts,
    here,
    messages,
    passkey_routes,
    people_routes,
    secrets,
    service,
)
from pro_app.security.access import entering_only, staff_only
from pro_app.security.browsers import described
from pro_app.security.passwords import Unfit
from pro_app.security.roles import Role
from pro_app.security.service import Stage, staff_actor
from pro_app.security.setup import let_enter, let_in, let_in_or_choose, limiter
from pro_app.security.waiting import HasToWait

blueprint = Blueprint("security", __name__, url_prefix="/staff")
#: What a browser's mark is bound to that was given out here.
_DOOR = "staff"
account_routes.blueprint.register_blueprint(passkey_routes.blueprint)
blueprint.register_blueprint(account_routes.blueprint)
blueprint.register_blueprint(people_routes.blueprint)
blueprint.add_app_template_global(here.asked_to_sign)

_START = {
    Role.NURSE: "nurse.today",
    Role.INVESTIGATOR: "nurse.today",
    Role.DATA_MANAGER: "export.download",
    Role.STATISTICIAN: "export.download",
    Role.MONITOR: "nurse.ledger",
    Role.ADMINISTRATOR: "security.people.index",
}
_NEXT = {
    Stage.CODE: "security.code",
    Stage.SET_UP: "security.account.authenticator",
    Stage.CHOOSE: "security.own_password",
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
    if "entering" in g:
        return redirect(url_for(_NEXT[g.entering.stage]))
    return render_template("security/sign_in.html", name="")


def _signed_in_before() -> bool:
    """Whether somebody of the staff was let in in this browser: a flood is not theirs."""
    return bool(here.mark(_DOOR))


@blueprint.post("/sign-in")
@public
@limiter.limit("20 per minute")
@limiter.limit("300 per minute", shared=True, spares=_signed_in_before)
def enter() -> ResponseReturnValue:
    name = request.form.get("name", "").strip()
    parts = deployment()
    now, compulsory = parts.now(), parts.settings.production
    browser, mark = described(request.user_agent.string), _mark()
    token = service.sign_in_staff(
        name, request.form.get("password", ""), now=now, browser=browser, mark=mark
    )
    if isinstance(token, HasToWait):
        flash(messages.has_to_wait(token.wait), "error")
        return render_template("security/sign_in.html", name=name), 429, _retry_after(token)
    found = service.staff_session(token, compulsory=compulsory, now=now) if token else None
    if token is None or found is None:
        flash(_("The name or the password is not right. Both are case-sensitive."), "error")
        return render_template("security/sign_in.html", name=name), 401
    held, stage = found
    if stage is Stage.IN:
        let_in(token, held.account)
        return _known(redirect(url_for(_START[Role(held.account.role)])), mark)
    let_enter(token)
    going = redirect(url_for(_NEXT[stage]))
    # Whoever has still to show a code is not in: the browser is known only then.
    return going if stage is Stage.CODE else _known(going, mark)


def _mark() -> str:
    """This browser's mark, or one that it may keep once somebody is let in."""
    return here.mark(_DOOR) or secrets.new_token()


def _known(going: ResponseReturnValue, mark: str) -> ResponseReturnValue:
    answer = make_response(going)
    here.keep_mark(answer, mark, _DOOR, path=blueprint.url_prefix or "/")
    return answer


def _retry_after(held_up: HasToWait) -> dict[str, str]:
    return {"Retry-After": str(-int(-held_up.wait.total_seconds() // 1))}


@blueprint.get("/code")
@entering_only(Stage.CODE)
def code() -> ResponseReturnValue:
    return _code_page()


def _code_page(status: int = 200) -> ResponseReturnValue:
    return render_template("security/code.html", asked=here.asked()), status


@blueprint.post("/code")
@entering_only(Stage.CODE)
@limiter.limit("20 per minute")
def show_code() -> ResponseReturnValue:
    parts = deployment()
    account, mark = g.entering.account, _mark()
    token = service.show_second_factor(
        g.entering.token,
        here.shown(),
        pepper=parts.settings.secret_key,
        now=parts.now(),
        mark=mark,
    )
    if isinstance(token, HasToWait):
        flash(messages.has_to_wait(token.wait), "error")
        return _code_page(429)
    if token is None:
        flash(
            _("This is not right, or a code was used before. Wait for the next one."),
            "error",
        )
        return _code_page(422)
    let_in_or_choose(token, account)
    return _known(redirect(url_for("security.sign_in")), mark)


@blueprint.get("/own-password")
@entering_only(Stage.CHOOSE)
def own_password() -> ResponseReturnValue:
    return render_template("security/own_password.html")


@blueprint.post("/own-password")
@entering_only(Stage.CHOOSE)
@limiter.limit("20 per minute")
def choose_password() -> ResponseReturnValue:
    account, new = g.entering.account, request.form.get("new", "")
    now = deployment().now()
    if new != request.form.get("again", ""):
        flash(_("The new password was not the same both times."), "error")
        return render_template("security/own_password.html"), 422
    made = accounts.choose_password(account, new, token=g.entering.token, now=now)
    if isinstance(made, Unfit):
        flash(messages.unfit()[made], "error")
        return render_template("security/own_password.html"), 422
    let_in(made, account)
    return redirect(url_for("security.sign_in"))


@blueprint.post("/start-over")
@public
def start_over() -> ResponseReturnValue:
    """Leave the door without having come in."""
    if "entering" in g:
        actor = staff_actor(g.entering.account)
        service.sign_out(g.entering.token, actor, now=deployment().now())
        session.pop("entering")
    return redirect(url_for("security.sign_in"))


@blueprint.post("/sign-out")
@staff_only(*Role)
def sign_out() -> ResponseReturnValue:
    service.sign_out(current_user.token, current_user.actor, now=deployment().now())
    logout_user()
    return redirect(url_for("security.sign_in"))
