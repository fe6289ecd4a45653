"""Pauses of a patient: a page to begin one, a page of each to end it or take it back."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.pauses import PauseKind
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.deployment import deployment
from pro_app.nurse import patient, pauses
from pro_app.nurse.pauses import Given, Saved
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("pause", __name__, url_prefix="/patients/<number>/pauses")


@blueprint.get("/new")
@staff_only(*SITE_STAFF)
def new(number: str) -> ResponseReturnValue:
    return _form(number, Given(since=deployment().today().isoformat()))


@blueprint.post("")
@staff_only(*SITE_STAFF)
def begin(number: str) -> ResponseReturnValue:
    given = Given(*(_text(name) for name in ("kind", "since", "until", "note")))
    step = request.form.get("step")
    if step == "edit":
        return _form(number, given)
    if step == "save":
        done = pauses.begin(given, number=number, at=staff_occasion())
        return _after(number, done) or (_form(number, given, done), 422)
    shown = pauses.look(given, number=number, at=staff_occasion())
    if isinstance(shown, Refused):
        return _after(number, shown) or (_form(number, given, shown), 422)
    return render_template("nurse/pause_preview.html", shown=shown)


@blueprint.get("/<int:pause>")
@staff_only(*SITE_STAFF)
def one(number: str, pause: int) -> ResponseReturnValue:
    return _one(number, pause)


@blueprint.post("/<int:pause>")
@staff_only(*SITE_STAFF)
def change(number: str, pause: int) -> ResponseReturnValue:
    """`deed=take_back` with a reason; else it ends on the day that is given."""
    if request.form.get("deed") == "take_back":
        done = pauses.take_back(pause, _text("why"), number=number, at=staff_occasion())
    else:
        done = pauses.end(pause, _text("until"), number=number, at=staff_occasion())
    return _after(number, done) or (_one(number, pause, done), 422)


def _after(number: str, done: Saved | Refused) -> ResponseReturnValue | None:
    """Where to go on, None where the form has to be shown again."""
    if isinstance(done, Saved):
        flash(_("Saved for %(number)s.", number=number))
    elif done.why is Why.UNKNOWN_PATIENT:
        abort(404)
    elif done.why is Why.NO_SUCH_EVENT:
        _known(number)
        flash(_("This entry was corrected or taken back in the meantime."), "error")
    else:
        return None
    return redirect(url_for("nurse.patient", number=number, _anchor="history"))


def _form(number: str, given: Given, refused: Saved | Refused | None = None) -> str:
    return render_template(
        "nurse/pause.html",
        patient=_known(number),
        given=given,
        refused=refused,
        kinds=list(PauseKind),
        longest_text=LONGEST_TEXT,
    )


def _one(number: str, pause: int, refused: Saved | Refused | None = None) -> str:
    found = pauses.find(number, pause, at=staff_occasion())
    if found is None:
        abort(404)
    return render_template(
        "nurse/pause_end.html",
        patient=_known(number),
        pause=found,
        refused=refused,
        until=_text("until"),
        why=_text("why"),
        longest_text=LONGEST_TEXT,
    )


def _text(name: str) -> str:
    # PostgreSQL keeps no zero character.
    return request.form.get(name, "").replace("\0", "").strip()


def _known(number: str) -> Any:
    found = patient.find(number, at=staff_occasion())
    return found if found is not None else abort(404)
