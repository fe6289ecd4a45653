"""The help button, which stands on every page of a signed-in patient."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.i18n import own_path
from pro_app.patient.help import ask_for_help, help_asked
from pro_app.patient.here import occasion
from pro_app.security.access import patient_only
from pro_app.security.setup import actor_of

blueprint = Blueprint("help", __name__)


@blueprint.app_context_processor
def _help() -> dict[str, object]:
    return {"help_state": help_state}


def help_state() -> tuple[str, datetime] | None:
    """(ASKED or TAKEN, since when), None when nobody has called for help."""
    asked = help_asked(g.patient.id) if g.get("patient") else None
    return (asked.state, asked.since) if asked else None


def help_json(asked: Any) -> dict[str, Any] | None:
    """A call for help as the phone is told of it."""
    return {"state": asked.state, "at": asked.since.isoformat()} if asked else None


@blueprint.post("/my/help")
@patient_only
def ask() -> ResponseReturnValue:
    """Call for help; a page comes back to where it was, a script gets the state."""
    ask_for_help(actor_of(g.patient), g.patient.id, at=occasion())
    if request.accept_mimetypes.best == "application/json":
        return jsonify(help_json(help_asked(g.patient.id)))
    flash(_("Your nurse has been asked to call you back."))
    return redirect(own_path(request.form.get("next", "/my/home")))
