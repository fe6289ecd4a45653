"""What stands at the head of every page: language, size of the type, elder view, help."""

from collections.abc import Iterable

from flask import Blueprint, Response, flash, g, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.study import Site
from pro_app.deployment import deployment
from pro_app.i18n import label, own_path
from pro_app.patient.help import ask_for_help
from pro_app.patient.here import occasion
from pro_app.patient.look import COOKIE, SIZES, Look, read_look
from pro_app.public import public
from pro_app.security.setup import actor_of

blueprint = Blueprint("look", __name__)

#: What a button of the head says in the field `go` of a form's page, before what is chosen.
_LANGUAGE = "language:"
_LOOK = "look:"
_YEAR_SECONDS = 365 * 24 * 3600


@blueprint.app_context_processor
def _shown() -> dict[str, object]:
    return {"look": look_in_use, "look_sizes": SIZES, "named": named, "in_wechat": in_wechat}


def look_in_use() -> Look:
    return read_look(request.cookies.get(COOKIE, ""))


def in_wechat() -> bool:
    """Whether the page is read in WeChat's own browser, which may forget what it stores."""
    return "MicroMessenger" in request.user_agent.string


def named(sites: Iterable[Site]) -> list[tuple[str, str]]:
    """Name and phone number of hospitals, as the pages' macros take them."""
    return [(label(site.name), site.phone) for site in sites]


@blueprint.post("/look")
@public
def choose() -> ResponseReturnValue:
    answer = redirect(own_path(request.form.get("next", "/")))
    return keep(answer, request.form.get("look", ""))


def keep(answer: ResponseReturnValue, chosen: str) -> ResponseReturnValue:
    """The answer, which also makes the browser remember what was chosen."""
    if isinstance(answer, Response):
        answer.set_cookie(
            COOKIE,
            read_look(chosen).text,
            max_age=_YEAR_SECONDS,
            samesite="Lax",
            secure=deployment().settings.production,
            # The pages' script switches it without a reload, and does so offline.
            httponly=False,
        )
    return answer


def switch(go: str, here: ResponseReturnValue) -> ResponseReturnValue | None:
    """`here`, after a button of the head was pressed on a form's page; None: it was none."""
    if go.startswith(_LANGUAGE):
        if go.removeprefix(_LANGUAGE) in deployment().study.languages:
            session["language"] = go.removeprefix(_LANGUAGE)
        return here
    if go.startswith(_LOOK):
        return keep(here, go.removeprefix(_LOOK))
    if go == "help":
        ask_for_help(actor_of(g.patient), g.patient.id, at=occasion())
        flash(_("Your nurse has been asked to call you back."))
        return here
    return None
