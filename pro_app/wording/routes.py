"""The pages of the wordings: which there are, one beside the others, and its release."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app import refusals
from pro_app.core.refused import Refused
from pro_app.core.wording import differing
from pro_app.deployment import deployment
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.here import signs
from pro_app.security.roles import Role
from pro_app.wording import messages, service

blueprint = Blueprint("wording", __name__, url_prefix="/staff/wordings")


@blueprint.get("", endpoint="list")
@staff_only(Role.DATA_MANAGER, Role.STATISTICIAN)
def list_page() -> ResponseReturnValue:
    parts = deployment()
    return render_template(
        "wording/list.html",
        found=service.wordings(parts.study, parts.instrument, today=parts.today()),
        **_words(),
    )


@blueprint.get("/<int:pack>")
@staff_only(Role.DATA_MANAGER, Role.STATISTICIAN)
def page(pack: int) -> ResponseReturnValue:
    found = service.compare(pack, at=staff_occasion())
    if found is None:
        abort(404)
    return render_template(
        "wording/pack.html",
        found=found,
        purposes=messages.purposes(deployment().instrument),
        differing=differing,
        why_not=service.why_not(found.shown, found.standing, current_user.actor.name),
        may_release=current_user.role == Role.DATA_MANAGER,
        meaning=messages.meaning(),
        **_words(),
    )


@blueprint.post("/<int:pack>/release")
@staff_only(Role.DATA_MANAGER)
def release(pack: int) -> ResponseReturnValue:
    """Sign that it was compared, and let it serve."""
    at = staff_occasion()
    if service.compare(pack, at=at) is None:
        abort(404)
    if not signs():
        flash(messages.not_proved(), "error")
    else:
        shown = request.form.get("version", "")
        done = service.release(pack, shown=shown, meaning=messages.meaning(), at=at)
        if isinstance(done, Refused):
            flash(refusals.said(done), "error")
        else:
            flash(_("Released. It is what patients of this language read from now on."), "done")
    return redirect(url_for(".page", pack=pack))


def _words() -> dict[str, object]:
    return {"standings": messages.standings(), "language_name": messages.language}
