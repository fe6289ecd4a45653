"""The patient's door: a link is only a pointer; a PIN opens it, chosen with the card's code."""

import unicodedata
from datetime import timedelta

from flask import (
    Blueprint,
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

from pro_app.deployment import deployment
from pro_app.patient import messages
from pro_app.patient.here import phone_key
from pro_app.public import public
from pro_app.security import here, patients, pins, secrets
from pro_app.security.patients import (
    CodeEnded,
    EasyPin,
    Entering,
    SignedIn,
    UsedUp,
    WrongCode,
    WrongPin,
)
from pro_app.security.setup import limiter, tell_whose
from pro_app.security.waiting import HasToWait

blueprint = Blueprint("door", __name__)

#: The link last signed in with on this browser: a pointer, as the link itself. Without it
#: whoever put the pages among their apps would need the card again each time.
_DOOR = "door"
_DOOR_SECONDS = 400 * 24 * 3600


@blueprint.app_context_processor
def _been_here() -> dict[str, object]:
    return {"has_link": lambda: _door_name() in request.cookies}


@blueprint.get("/pin")
@public
def pin() -> ResponseReturnValue:
    """To the PIN page of the link that this browser last came by, if there is one."""
    token = request.cookies.get(_door_name())
    return redirect(url_for(".link", token=token) if token else url_for("patient.signed_out"))


def _signed_in_before() -> bool:
    """Whether somebody was let in with this link in this browser: a flood is not theirs."""
    return bool(here.mark(_door(str((request.view_args or {}).get("token")))))


@blueprint.get("/p/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """The PIN page. Looking at it changes nothing: mail scanners and previews look too."""
    found = patients.find_link(token)
    if found is None:
        return _ended("link")
    g.site_of_link = found.site  # whom to call is said before signing in
    if g.get("patient") and g.patient.link_id == found.id:
        return redirect(url_for("patient.home"))
    choosing = found.pin_hash is None
    why = patients.held_up(found, here.mark(_door(token)), now=deployment().now())
    if isinstance(why, HasToWait):
        return _page(token, choosing, wait=why.wait, waiting=True)
    return _page(token, choosing) if why is None else _held_up(why)


@blueprint.post("/p/<token>")
@public
@limiter.limit("30 per minute")
@limiter.limit("600 per minute", shared=True, spares=_signed_in_before)
def enter(token: str) -> ResponseReturnValue:
    found = patients.find_link(token)
    if found is None:
        return _ended("link")
    g.site_of_link = found.site  # whom to call is said before signing in
    choosing = found.pin_hash is None
    pin, code = _typed("pin"), request.form.get("code", "").strip()
    problem = _mistake(pin, code if choosing else None)
    if problem:
        return _page(token, choosing, problem, code=code), 422
    parts = deployment()
    mark = here.mark(_door(token)) or secrets.new_token()
    entered = patients.sign_in_patient(
        token,
        pin,
        code,
        pepper=parts.settings.secret_key,
        now=parts.now(),
        came_by=request.cookies.get(_door_name(), ""),
        mark=mark,
    )
    if isinstance(entered, SignedIn):
        return _begin(entered.token, token, found.patient_id, mark)
    return _refused(entered, token, choosing, code)


def _refused(entered: Entering, token: str, choosing: bool, code: str) -> ResponseReturnValue:
    match entered:
        case HasToWait(wait):
            page = _page(token, choosing, wait=wait, waiting=True, code=code)
            return page, 429, _retry_after(wait)
        case EasyPin():
            problem = _(
                "A date, a year or a simple row of digits is easily guessed. "
                "Please choose another PIN."
            )
            return _page(token, True, problem, code=code), 422
        case WrongCode(wait):
            problem = _("This activation code is not correct.")
            return _page(token, True, problem, wait, code=code), 401, _retry_after(wait)
        case WrongPin(wait):
            problem = _("This PIN is not correct.")
            return _page(token, False, problem, wait), 401, _retry_after(wait)
    return _held_up(entered)


def _mistake(pin: str, code: str | None) -> str:
    """What is wrong with what was typed, before anything is looked up; `code` when choosing."""
    if code == "":
        return str(_("Please type the activation code from your card."))
    if not pins.is_pin(pin) or (code is not None and len(pin) != pins.LENGTH):
        return str(messages.not_a_pin(choosing=code is not None))
    if code is not None and pin != _typed("pin_again"):
        return str(_("The two PINs are not the same."))
    return ""


def _begin(token: str, link_token: str, patient_id: int, mark: str) -> ResponseReturnValue:
    language = session.get("language")
    session.clear()  # nothing that an earlier user of this browser left behind
    session["patient"] = token
    if language:
        session["language"] = language
    answer = make_response(redirect(url_for("patient.home")))
    # Not only with the first page: on a bad network the shell stands in for that.
    known = phone_key(patient_id)
    tell_whose(answer, known[0] if known else "nobody")
    answer.set_cookie(
        _door_name(),
        link_token,
        max_age=_DOOR_SECONDS,
        secure=deployment().settings.production,
        httponly=True,
        samesite="Lax",
    )
    here.keep_mark(answer, mark, _door(link_token), path=url_for(".link", token=link_token))
    return answer


def _door(link_token: str) -> str:
    """What a browser's mark is bound to: this card alone."""
    return f"link:{link_token}"


def _door_name() -> str:
    return f"__Host-{_DOOR}" if deployment().settings.production else _DOOR


def _typed(field: str) -> str:
    """What was typed or pasted, full-width digits and spaces forgiven."""
    text = unicodedata.normalize("NFKC", request.form.get(field, ""))
    return "".join(text.split())


def _page(
    token: str,
    choosing: bool,
    problem: str = "",
    wait: timedelta | None = None,
    *,
    waiting: bool = False,
    code: str = "",
) -> str:
    """The page to type on; `waiting`: nothing that was typed would be, or was, looked at."""
    return render_template(
        "patient/pin.html",
        token=token,
        choosing=choosing,
        code=code,
        problem=problem,
        waiting=waiting,
        seconds=-int(-wait.total_seconds() // 1) if wait else 0,
        advice="" if wait is None else messages.waiting(wait, choosing=choosing),
        countdown=messages.countdown(),
    )


def _retry_after(wait: timedelta) -> dict[str, str]:
    return {"Retry-After": str(-int(-wait.total_seconds() // 1))}


def _held_up(why: Entering) -> ResponseReturnValue:
    match why:
        case UsedUp():
            return render_template("patient/link_ended.html", used_up=True), 403
        case CodeEnded():
            return _ended("code")
    return _ended("link")


def _ended(what: str) -> ResponseReturnValue:
    """A link that opens no more, or whose `code` does not."""
    return render_template("patient/link_ended.html", code_ended=what == "code"), 410
