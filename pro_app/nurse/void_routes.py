"""Declare wrong what was recorded: say why, look at what it changes, sign."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.acts import voids
from pro_app.acts.entered import day_of
from pro_app.acts.void_deeds import Wanted
from pro_app.acts.voids import Shown
from pro_app.core.facts import EventKind
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.voids import What
from pro_app.deployment import deployment
from pro_app.nurse import patient
from pro_app.refusals import said
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.here import signs
from pro_app.security.messages import not_signed
from pro_app.security.roles import Role

blueprint = Blueprint("void", __name__, url_prefix="/patients/<number>/void")

_FIELDS = ("what", "form", "visit", "kind", "on", "belongs_to", "belongs_visit", "why")


@blueprint.get("")
@staff_only(Role.INVESTIGATOR)
def begin(number: str) -> ResponseReturnValue:
    """`?what=form&form=…`, `?what=event&kind=…&on=…`, `?what=randomisation` or `patient`."""
    return _form(number, _given(request.args))


@blueprint.post("")
@staff_only(Role.INVESTIGATOR)
def declare(number: str) -> ResponseReturnValue:
    """`step=save` signs what was looked at; else what it would change is shown."""
    given = _given(request.form)
    wanted = _wanted(number, given)
    if wanted is None or wanted.what is What.ARM:
        return _form(number, given, _("Choose what was recorded wrongly.")), 422
    if not wanted.why:
        return _form(number, given, said(Refused(Why.WHY_MISSING, "why"))), 422
    if request.form.get("step") == "edit":
        return _form(number, given)
    shown = voids.look(wanted, at=staff_occasion())
    if isinstance(shown, Refused):
        return _refused(number, given, shown)
    if request.form.get("step") != "save":
        return _preview(shown, given)
    proof = signs()
    if not proof:
        flash(not_signed(proof), "error")
        return _preview(shown, given), 422
    done = voids.declare(wanted, at=staff_occasion(), signed=True)
    if isinstance(done, Refused):
        return _refused(number, given, done)
    flash(_("Signed. It stays in the record, struck out, and counts nowhere."))
    if patient.find(number, at=staff_occasion()) is None and done.what is not What.PATIENT:
        return redirect(url_for("nurse.ledger"))  # a transfer was declared wrong
    return redirect(url_for("nurse.patient", number=number, _anchor="history"))


@blueprint.get("/arm")
@staff_only(Role.STATISTICIAN)
def arm(number: str) -> ResponseReturnValue:
    return _arm(number, "")


@blueprint.post("/arm")
@staff_only(Role.STATISTICIAN)
def declare_arm(number: str) -> ResponseReturnValue:
    """The arm itself is shown to nobody."""
    _known(number)
    why = _text(request.form, "why")
    if not why:
        return _arm(number, why, said(Refused(Why.WHY_MISSING, "why"))), 422
    proof = signs()
    if not proof:
        return _arm(number, why, not_signed(proof)), 422
    done = voids.declare(Wanted(What.ARM, number, why), at=staff_occasion(), signed=True)
    if isinstance(done, Refused):
        return _arm(number, why, said(done)), 422
    flash(_("Signed. The arm counts nowhere from now on."))
    return redirect(url_for("nurse.patient", number=number))


def _refused(number: str, given: dict[str, str], refused: Refused) -> ResponseReturnValue:
    if refused.why is Why.UNKNOWN_PATIENT:
        abort(404)
    return _form(number, given, said(refused)), 422


def _preview(shown: Shown, given: dict[str, str]) -> str:
    return render_template(
        "nurse/void_preview.html", shown=shown, given=given, patient=shown.patient
    )


def _form(number: str, given: dict[str, str], fault: str = "") -> str:
    return render_template(
        "nurse/void.html",
        patient=_known(number),
        given=given,
        said=fault,
        visits=[visit.code for visit in deployment().study.all_visits],
        longest_text=LONGEST_TEXT,
    )


def _arm(number: str, why: str, fault: str = "") -> str:
    return render_template(
        "nurse/void_arm.html",
        patient=_known(number),
        why=why,
        said=fault,
        longest_text=LONGEST_TEXT,
    )


def _given(fields: Any) -> dict[str, str]:
    return {name: _text(fields, name) for name in _FIELDS}


def _wanted(number: str, given: dict[str, str]) -> Wanted | None:
    """What is meant; None where it can't be told."""
    known = {what.value: what for what in What}
    what, on = known.get(given["what"]), day_of(given["on"])
    kinds = {kind.value for kind in EventKind}
    if what is None or (what is What.FORM and not given["form"]):
        return None
    if what is What.EVENT and (on is None or given["kind"] not in kinds):
        return None
    words = {name: given[name] for name in ("why", "form", "kind", "belongs_to", "belongs_visit")}
    return Wanted(what, number, on=on, **words)


def _text(fields: Any, name: str) -> str:
    # PostgreSQL keeps no zero character.
    return str(fields.get(name, "")).replace("\0", "").strip()


def _known(number: str) -> Any:
    found = patient.find(number, at=staff_occasion())
    return found if found is not None else abort(404)
