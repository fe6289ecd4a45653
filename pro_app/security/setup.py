"""Put the guards in place: sessions, forgery tokens, limits per address, headers."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    has_request_context,
    redirect,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_user
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf
from itsdangerous import URLSafeTimedSerializer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms import ValidationError

from pro_app import security_log
from pro_app.deployment import deployment
from pro_app.security import accounts, messages, patients, service
from pro_app.security.access import Entering, may
from pro_app.security.callers import caller_of
from pro_app.security.service import Stage
from pro_app.security.well_formed import bound_numbers, refuse_malformed
from pro_app.settings import Settings
from pro_app.store.engine.transaction import Actor
from pro_app.store.people.sign_ins import SignedInPatient
from pro_app.store.people.staff import Account

View = TypeVar("View", bound=Callable[..., Any])


class Limiter:
    """A brake against floods; routes without a limit are not looked at.

    Each web process counts for itself: the exact limit against guessing a PIN is in
    the database.
    """

    def __init__(self) -> None:
        self._counts = MemoryStorage()
        self._windows = FixedWindowRateLimiter(self._counts)

    def limit(
        self, rate: str, *, shared: bool = False, spares: Callable[[], bool] = lambda: False
    ) -> Callable[[View], View]:
        """The view, answering 429 beyond a rate such as `20 per minute`.

        It counts for each caller, as `callers.caller_of` says; `shared`: for all together, but
        for whom it `spares`.
        """
        item = parse(rate)

        def mark(view: View) -> View:
            @wraps(view)
            def limited(*args: Any, **kwargs: Any) -> Any:
                caller = "everybody" if shared else caller_of(request.remote_addr or "")
                spared = spares()
                if not spared and not self._windows.hit(item, request.endpoint or "", caller):
                    security_log.note("too_many", subject=request.endpoint)
                    abort(429)
                return view(*args, **kwargs)

            return limited  # type: ignore[return-value]

        return mark

    def reset(self) -> None:
        """Forget what was counted."""
        self._counts.reset()


csrf = CSRFProtect()
limiter = Limiter()
_login = LoginManager()

#: Where a message that is no form carries its forgery token.
FORGERY_HEADER = "X-CSRFToken"
#: The cookie that the pages' script reads.
PHONE = "phone"
#: What is the same for everybody and named by what it is; all else is kept nowhere.
_CACHEABLE = frozenset({"assets.asset", "patient.shell.shell", "patient.shell.templates"})
#: A script that is ruled by the policy it came with, as a page is.
_WORKER = "patient.shell.worker"
#: Of what never is a page by itself nothing is shown or run.
_PARTS = frozenset(
    {"text/css", "text/javascript", "application/json", "image/jpeg", "image/png", "image/svg+xml"}
)
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PART_HEADERS = _HEADERS | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
_PAGE_HEADERS = _HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class StaffUser(UserMixin):  # type: ignore[misc]
    """The signed-in member of staff, as pages see them."""

    def __init__(self, account: Account, token: str) -> None:
        self.account = account
        self.person = service.person_of(account)
        self.name = account.name
        self.role = account.role
        self.sites = self.person.sites
        self.actor = self.person.actor
        #: The site they belong to; None: several, or all of them.
        self.site = account.sites[0] if len(account.sites) == 1 else None
        self.token = token

    def get_id(self) -> str:
        return self.token


class _Sessions(SecureCookieSessionInterface):
    """As Flask's, but for what is the same for everybody: no cookie comes with that, and no
    cache is told that it depends on one."""

    #: The library's own function, not Flask's wrapper: hmac takes its quick way with it alone.
    digest_method = staticmethod(hashlib.sha256)

    def __init__(self, app: Flask) -> None:
        self._serializer = super().get_signing_serializer(app)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The same for every request: to make one takes as long as to read with it."""
        return self._serializer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint not in _CACHEABLE:
            super().save_session(app, session, response)


def set_up(app: Flask, settings: Settings) -> None:
    security_log.send_lines(_address)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-session" if settings.production else "session",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a slow reader loses nothing
        WTF_CSRF_CHECK_DEFAULT=False,  # `_refuse_forgery` asks it
        WTF_CSRF_SSL_STRICT=False,  # our Referrer-Policy sends no referrer; the token decides
        MAX_CONTENT_LENGTH=256 * 1024,
    )
    app.session_interface = _Sessions(app)
    app.jinja_env.globals.update(messages.STATED, may=may)
    if settings.trusted_proxies:
        # Of what a proxy says only the address is asked: scheme and host are PRO_BASE_URL's.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0
        )
    bound_numbers(app)
    csrf.init_app(app)
    _login.init_app(app)
    app.before_request(_guard)
    app.after_request(_add_headers)


def _guard() -> ResponseReturnValue | None:
    """Before every view. One step for Flask, which asks of each whether it has to be awaited."""
    _make_room()  # before anything reads what was sent
    refuse_malformed()
    _refuse_forgery()
    _load_patient()
    _load_entering()
    return _hold_tablet()


def _address() -> str | None:
    """Whose request it is; None outside of one, where nobody asks through a door."""
    return (request.remote_addr or "") if has_request_context() else None


@_login.user_loader  # type: ignore[untyped-decorator]
def _load_staff(token: str) -> StaffUser | None:
    parts = deployment()
    compulsory = parts.settings.production
    account = service.signed_in_staff(token, compulsory=compulsory, now=parts.now())
    return StaffUser(account, token) if account else None


def let_in(token: str, account: Account) -> None:
    """Sign somebody of the staff in: nothing of what this browser was before is taken along."""
    _start_anew()
    login_user(StaffUser(account, token))


def let_enter(token: str) -> None:
    """The same for whoever has still to show a code: they are not signed in."""
    _start_anew()
    session["entering"] = token


def let_in_or_choose(token: str, account: Account) -> bool:
    """Whether they are in; in production, only with a password that nobody else knows."""
    if deployment().settings.production and not accounts.has_own_password(account):
        let_enter(token)
        return False
    let_in(token, account)
    return True


def _start_anew() -> None:
    language = session.get("language")
    session.clear()  # a patient's session, or the tablet's mark, is not taken along
    if language:
        session["language"] = language


def _load_entering() -> None:
    token = session.get("entering") if request.path.startswith("/staff") else None
    if token is None:
        return
    parts = deployment()
    compulsory = parts.settings.production
    found = service.staff_session(token, compulsory=compulsory, now=parts.now())
    if found is not None:
        # Kept for entering though all was shown: there is one thing left to do.
        stage = Stage.CHOOSE if found[1] is Stage.IN else found[1]
        g.entering = Entering(found[0].account, token, stage)


def _make_room() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    most_bytes = getattr(view, "most_bytes", None)
    if most_bytes and "_user_id" in session:
        request.max_content_length = most_bytes


def _refuse_forgery() -> None:
    if request.endpoint is None or not current_app.config["WTF_CSRF_ENABLED"]:
        return  # where there is no such page, that is said in its turn
    if not request.is_json:
        csrf.protect()
        return
    # Of a message that is no form nothing is read before its token: that takes as long again.
    if request.method in current_app.config["WTF_CSRF_METHODS"]:
        try:
            validate_csrf(request.headers.get(FORGERY_HEADER))
        except ValidationError as error:
            raise CSRFError(str(error)) from error


def _load_patient() -> None:
    token = None if request.endpoint in _CACHEABLE else session.get("patient")
    if token is None:
        return
    g.patient = patients.signed_in_patient(token, now=deployment().now())
    if g.patient is not None:
        g.patient_language = g.patient.language


def _hold_tablet() -> ResponseReturnValue | None:
    """A tablet in a patient's hands shows their pages alone, until their session has ended."""
    if g.get("patient") is None or not g.patient.tablet or not request.path.startswith("/staff"):
        return None
    return redirect(url_for("patient.home")) if request.method == "GET" else abort(403)


def tell_whose(answer: Response, owner: str = "nobody") -> None:
    """Tell the pages' script whose they are, so that it opens nothing that lies here of others."""
    answer.set_cookie(PHONE, owner, secure=deployment().settings.production, samesite="Lax")


def actor_of(patient: SignedInPatient) -> Actor:
    return patients.patient_actor(patient.number, patient.site)


def _add_headers(response: Response) -> Response:
    a_part = response.mimetype in _PARTS and request.endpoint != _WORKER
    response.headers.extend(_PART_HEADERS if a_part else _PAGE_HEADERS)
    if deployment().settings.production:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    named_by_content = request.endpoint in _CACHEABLE and "Cache-Control" in response.headers
    if not named_by_content:
        response.headers["Cache-Control"] = "no-store"
    return response
