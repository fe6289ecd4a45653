"""A patient's consents: all versions, another one, and the decision after a withdrawal."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.acts import consents
from pro_app.acts.consents import Saved
from pro_app.acts.patients import LONGEST_VERSION
from pro_app.core.leaving import Ruling
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.nurse import patient
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.here import signs
from pro_app.security.messages import not_signed
from pro_app.security.roles import SITE_STAFF, Role

blueprint = Blueprint("consent", __name__, url_prefix="/patients/<number>/consents")


@blueprint.get("")
@staff_only(*SITE_STAFF)
def versions(number: str) -> ResponseReturnValue:
    return _page(number)


@blueprint.post("")
@staff_only(*SITE_STAFF)
def add(number: str) -> ResponseReturnValue:
    """`step=save` keeps what was looked at; else what it would change is shown."""
    given = {name: _text(name) for name in ("version", "on")}
    step = request.form.get("step")
    if step == "edit":
        return _page(number, given)
    at = staff_occasion()
    if step == "save":
        done = consents.add(number, given["version"], given["on"], at=at)
        return _after(number, done) or (_page(number, given, done), 422)
    shown = consents.look(number, given["version"], given["on"], at=at)
    if isinstance(shown, Refused):
        return _after(number, shown) or (_page(number, given, shown), 422)
    return render_template("nurse/consent_preview.html", shown=shown, patient=shown.patient)


@blueprint.post("/decision")
@staff_only(Role.INVESTIGATOR)
def decide(number: str) -> ResponseReturnValue:
    """What becomes of the data is signed."""
    _known(number)
    given = {name: _text(name) for name in ("decision", "source")}
    if given["decision"] not in tuple(Ruling):
        refused = Refused(Why.NOT_A_CHOICE, "decision")
    elif not given["source"]:
        refused = Refused(Why.PROOF_MISSING, "source")
    elif not (proof := signs()):
        flash(not_signed(proof), "error")
        return _page(number, given), 422
    else:
        at = staff_occasion()
        done = consents.decide(number, given["decision"], given["source"], at=at, signed=True)
        return _after(number, done) or (_page(number, given, done), 422)
    return _page(number, given, refused), 422


def _after(number: str, done: Saved | Refused) -> ResponseReturnValue | None:
    """Where to go on, None where the form has to be shown again."""
    if isinstance(done, Saved):
        flash(_("Saved for %(number)s.", number=number))
        return redirect(url_for("nurse.consent.versions", number=number))
    if done.why is Why.UNKNOWN_PATIENT:
        abort(404)
    return None


def _page(
    number: str, given: dict[str, str] | None = None, refused: Saved | Refused | None = None
) -> str:
    known = _known(number)
    return render_template(
        "nurse/consents.html",
        patient=known,
        standing=consents.standing(number, at=staff_occasion()),
        given=given or {},
        refused=refused,
        rulings=tuple(Ruling),
        longest_text=LONGEST_TEXT,
        longest_version=LONGEST_VERSION,
    )


def _text(name: str) -> str:
    # PostgreSQL keeps no zero character.
    return request.form.get(name, "").replace("\0", "").strip()


def _known(number: str) -> Any:
    found = patient.find(number, at=staff_occasion())
    return found if found is not None else abort(404)
