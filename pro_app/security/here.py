"""What the request at hand shows: who it is, what they prove it with, and in which browser."""

from flask import Response, g, request
from flask_login import current_user

from pro_app.deployment import deployment
from pro_app.security import ceremonies, second_factor, secrets, service
from pro_app.security.ceremonies import Place
from pro_app.security.second_factor import Answer, Kinds, Shown
from pro_app.security.waiting import Proof
from pro_app.store.people.staff import Account

_NOTHING = Kinds(authenticator=False, passkey=False)


def who() -> tuple[Account, str]:
    """Whose account it is and the token of its session, whether signed in or entering."""
    if current_user.is_authenticated:
        return current_user.account, current_user.token
    return g.entering.account, g.entering.token


def place() -> Place | None:
    """What this copy's passkeys are bound to; None where its address is no name."""
    return ceremonies.place_of(deployment().settings.base_url)


def shown() -> Shown:
    """The second factor in the form at hand: a passkey's answer, or a code."""
    said, at = request.form.get("passkey", ""), place()
    if said and at is not None:
        return Answer(said, who()[1], at)
    return request.form.get("code", "").strip()


def asked() -> Kinds:
    """What this person is asked for beside the password."""
    held = second_factor.kinds(who()[0])
    return held if place() is not None else Kinds(held.authenticator, passkey=False)


def asked_to_sign() -> Kinds:
    """The same before a signature; nothing while a series of them goes on."""
    now = deployment().now()
    signs = service.is_signing(current_user.name, current_user.token, now=now)
    return _NOTHING if signs else asked()


def signs() -> Proof:
    """Whether the form at hand proves who signs."""
    parts = deployment()
    return service.confirm_signing(
        current_user.name,
        request.form.get("password", ""),
        shown(),
        token=current_user.token,
        pepper=parts.settings.secret_key,
        now=parts.now(),
    )


#: A browser's mark, by which wrong tries are counted for it alone. It opens nothing.
_MARK = "known"
_MARK_SECONDS = 400 * 24 * 3600


def mark(door: str) -> str:
    """The mark that this browser was given at a door; empty where it never was let in there."""
    kept = request.cookies.get(_mark_name(), "")
    return secrets.mark_in(kept, door, pepper=deployment().settings.secret_key)


def keep_mark(answer: Response, value: str, door: str, *, path: str) -> None:
    """Let this browser keep its mark, for the pages of this door alone."""
    settings = deployment().settings
    answer.set_cookie(
        _mark_name(),
        secrets.sealed_mark(value, door, pepper=settings.secret_key),
        max_age=_MARK_SECONDS,
        path=path,
        secure=settings.production,
        httponly=True,
        samesite="Lax",
    )


def _mark_name() -> str:
    return f"__Secure-{_MARK}" if deployment().settings.production else _MARK
