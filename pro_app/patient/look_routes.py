"""The size of the type and the elder view: chosen by a press, remembered by the browser."""

from collections.abc import Iterable

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from pro_app.core.study import Site
from pro_app.deployment import deployment
from pro_app.i18n import label, own_path
from pro_app.patient.look import COOKIE, SIZES, Look, read_look
from pro_app.security.access import public

blueprint = Blueprint("look", __name__)

_YEAR_SECONDS = 365 * 24 * 3600


@blueprint.app_context_processor
def _shown() -> dict[str, object]:
    return {"look": look_in_use, "look_sizes": SIZES, "named": named}


def look_in_use() -> Look:
    return read_look(request.cookies.get(COOKIE, ""))


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
