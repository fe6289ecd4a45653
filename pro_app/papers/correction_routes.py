"""The pages on which a correction is asked for, and signed or declined."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.corrections import AskedBy, Evidence
from pro_app.core.refused import Refused
from pro_app.deployment import deployment
from pro_app.papers import correcting, form
from pro_app.papers.fields import Wrong, read_day, read_wanted
from pro_app.refusals import said
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.here import signs
from pro_app.security.messages import not_signed
from pro_app.security.roles import SITE_STAFF, Role

blueprint = Blueprint("correction", __name__)


@blueprint.get("/forms/<int:form_id>/correct")
@staff_only(*SITE_STAFF)
def begin(form_id: int) -> ResponseReturnValue:
    return _page(form_id, {}, "")


@blueprint.post("/forms/<int:form_id>/correct")
@staff_only(*SITE_STAFF)
def write(form_id: int) -> ResponseReturnValue:
    parts = deployment()
    given = request.form.to_dict()
    wrong: dict[str, Wrong] = {}
    answered_on = read_day(given, wrong, parts.today())
    if wrong or answered_on is None:
        return _page(form_id, given, _("Write the day as 2026-03-05; it cannot lie ahead.")), 422
    outcome = correcting.write(
        form_id,
        read_wanted(given, parts.instrument),
        answered_on,
        asked_by=given.get("asked_by", ""),
        source=given.get("source", ""),
        why=given.get("why", "").strip(),
        at=staff_occasion(),
    )
    if isinstance(outcome, Refused):
        return _page(form_id, given, said(outcome)), 422
    flash(_("The correction is written. It changes nothing until the investigator signs it."))
    return redirect(url_for("papers.form", form_id=form_id))


@blueprint.post("/corrections/<int:correction>/sign")
@staff_only(Role.INVESTIGATOR)
def sign(correction: int) -> ResponseReturnValue:
    """The password again, and at first the second factor: a signature is given by name."""
    found = correcting.find(correction, at=staff_occasion())
    if found is None:
        abort(404)
    proof = signs()
    if not proof:
        flash(not_signed(proof), "error")
        return redirect(url_for("papers.form", form_id=found.form_id))
    outcome = correcting.endorse(correction, at=staff_occasion())
    if isinstance(outcome, Refused):
        flash(said(outcome), "error")
    else:
        flash(_("Signed. The corrected values count from now on; what stood before is kept."))
    return redirect(url_for("papers.form", form_id=found.form_id))


@blueprint.post("/corrections/<int:correction>/decline")
@staff_only(Role.INVESTIGATOR)
def decline(correction: int) -> ResponseReturnValue:
    found = correcting.find(correction, at=staff_occasion())
    if found is None:
        abort(404)
    outcome = correcting.decline(
        correction, why=request.form.get("why", "").strip(), at=staff_occasion()
    )
    if isinstance(outcome, Refused):
        flash(said(outcome), "error")
    else:
        flash(_("Declined. The form stays as it is; the correction is kept for the record."))
    return redirect(url_for("papers.form", form_id=found.form_id))


def _page(form_id: int, given: dict[str, str], wrong: str) -> str:
    """The form for a correction, with what was given and what is wrong with it."""
    parts = deployment()
    found = form.page(form_id, at=staff_occasion())
    if found is None or found.form.held_back:
        abort(404)
    return render_template(
        "papers/correct.html",
        found=found,
        form=found.form,
        given=given,
        said=wrong,
        now=parts.now(),
        askers=tuple(AskedBy),
        evidence=tuple(Evidence),
        opted=parts.instrument.may_opt_out,
    )
