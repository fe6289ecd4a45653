"""What can go wrong, by a stable code, and how it is said to a person or a program.

Every text says what happened, what is safe, and what to do.
"""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, g, jsonify, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from pro_app import security_log
from pro_app.busy import AGAIN_SECONDS
from pro_app.deployment import deployment
from pro_app.quiet_log import failed
from pro_app.starting import unreadable_sentence
from pro_app.store.engine.locked import Locked
from pro_app.store.engine.patience import is_outage, said_by_driver
from pro_app.store.engine.study_versions import UnreadableVersion

_log = logging.getLogger(__name__)

#: HTTP status → (stable code, title and advice in the language in use).
_KINDS: dict[int, tuple[str, Callable[[], tuple[str, str]]]] = {
    400: (
        "bad_request",
        lambda: (
            _("This request could not be understood"),
            _("Nothing was changed. Go back and try again."),
        ),
    ),
    401: (
        "signed_out",
        lambda: (
            _("You are no longer signed in"),
            _("What was saved is safe. Please sign in again."),
        ),
    ),
    403: (
        "not_allowed",
        lambda: (
            _("This page is not for your role"),
            _("If you need it for your work, ask the person who gave you your account."),
        ),
    ),
    404: (
        "not_found",
        lambda: (
            _("There is no such page"),
            _("The address may be mistyped, or what it showed is not here for you."),
        ),
    ),
    405: (
        "bad_request",
        lambda: (
            _("This request could not be understood"),
            _("Nothing was changed. Go back and try again."),
        ),
    ),
    409: (
        "locked",
        lambda: (
            _("This record is locked"),
            _("Nothing was changed. The investigator of the site can unlock it, with a reason."),
        ),
    ),
    413: (
        "too_large",
        lambda: (_("This is too large to be taken"), _("Nothing was changed.")),
    ),
    429: (
        "too_many",
        lambda: (
            _("Too many tries in a short time"),
            _("Please wait a minute, then try again. Nothing is lost."),
        ),
    ),
    500: (
        "broken",
        lambda: (
            _("Something went wrong on our side"),
            _("What was saved is safe. Please try again in a few minutes."),
        ),
    ),
    503: (
        "busy",
        lambda: (
            _("This is taking too long right now"),
            _(
                "What was saved is safe. Please try again in a moment; if you were saving "
                "something, look first whether it is there."
            ),
        ),
    ),
}


def set_up(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _forgery)
    app.register_error_handler(Locked, lambda _error: _say(409))
    app.register_error_handler(UnreadableVersion, _without_study)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    if isinstance(error, ServiceUnavailable):
        return _unavailable(error.retry_after)
    return _say(error.code or 500)


def _forgery(error: CSRFError) -> ResponseReturnValue:
    # Most often a page that was left open over a new sign-in, not an attack. A phone
    # that holds a form must be told to sign in again, not that the form is bad.
    security_log.note("forgery.refused", subject=request.endpoint)
    signed_out = request.path.startswith("/api/") and "patient" not in session
    return _say(401 if signed_out else 400)


def _without_study(error: UnreadableVersion) -> ResponseReturnValue:
    """Staff are told which version somebody broke; a patient reads that it is not their fault."""
    parts = deployment()
    g.study = parts.file  # the page is written by what the file says
    _log.error("version %s of the study can't be read, at %s", error.number, request.endpoint)
    of_staff = request.path.startswith("/staff")
    return _say(500, advice=unreadable_sentence(error) if of_staff else "")


def _unexpected(error: Exception) -> ResponseReturnValue:
    if is_outage(error):
        _log.error("database outage at %s: %s", request.endpoint, said_by_driver(error))
        return _unavailable(AGAIN_SECONDS)
    failed(_log, f"unexpected at {request.endpoint}", error)
    return _say(500)


def _unavailable(seconds: Any) -> ResponseReturnValue:
    # The page that says so asks the database nothing: not who is signed in, not which study.
    g.study, g._login_user, g.patient = deployment().file, AnonymousUserMixin(), None
    answer = make_response(_say(503))
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _say(status: int, *, advice: str = "") -> ResponseReturnValue:
    """`advice`: what is said in the place of the advice of all such errors."""
    code, text = _KINDS.get(status, _KINDS[500 if status >= 500 else 400])
    title, usual = text()
    advice = advice or usual
    if request.is_json or request.path.startswith("/api/"):
        return jsonify(error=code, title=title, advice=advice), status
    room = "staff" if request.path.startswith("/staff") else "patient"
    g.setdefault("patient", None)
    return render_template(f"{room}/error.html", title=title, advice=advice, status=status), status
