"""Forms at the desk: keyed in, checked, corrected, decided on."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.charts import SIGNS
from pro_app.core.instants import LONGEST_WAIT
from pro_app.core.refused import LONGEST_TEXT, Refused
from pro_app.core.study import REASON_PENDING
from pro_app.deployment import deployment
from pro_app.papers import (
    checking,
    correcting,
    correction_routes,
    deciding,
    form,
    keying_routes,
    scan_routes,
    scanning,
)
from pro_app.papers.photographs import MOST_BYTES
from pro_app.refusals import said
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import READERS, SITE_STAFF

blueprint = Blueprint("papers", __name__, url_prefix="/staff")
blueprint.register_blueprint(keying_routes.blueprint)
blueprint.register_blueprint(correction_routes.blueprint)
blueprint.register_blueprint(scan_routes.blueprint)


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    study = deployment().study
    return {
        "signs": SIGNS,
        "today": deployment().today(),
        "reason_of": {reason.code: reason for reason in study.reasons},
        "site_of": {site.code: site for site in study.sites},
        "month_of": {visit.code: visit.month for visit in study.all_visits},
        "items": len(deployment().instrument.items),
        "longest_text": LONGEST_TEXT,
        "longest_wait_days": LONGEST_WAIT.days,
        "most_pictures": scanning.MOST_PICTURES,
        "most_picture_bytes": MOST_BYTES,
        "REASON_PENDING": REASON_PENDING,
    }


@blueprint.get("/forms/<int:form_id>", endpoint="form")
@staff_only(*READERS)
def form_page(form_id: int) -> ResponseReturnValue:
    """One form with its answers, scores, and all that became of it."""
    parts = deployment()
    found = form.page(form_id, at=staff_occasion())
    if found is None:
        abort(404)
    if found.form.held_back:
        return render_template("papers/held_back.html", found=found, form=found.form)
    return render_template("papers/form.html", found=found, form=found.form, now=parts.now())


@blueprint.get("/forms/to-check")
@staff_only(*SITE_STAFF)
def to_check() -> ResponseReturnValue:
    return render_template(
        "papers/to_check.html",
        work=checking.to_check(at=staff_occasion()),
        to_sign=correcting.to_sign(at=staff_occasion()),
        rows=checking.ROWS,
    )


@blueprint.get("/forms/decide")
@staff_only(*SITE_STAFF)
def queue() -> ResponseReturnValue:
    """The forms on which the site has to decide."""
    waiting = deciding.waiting(at=staff_occasion())
    return render_template("papers/decide.html", waiting=waiting)


@blueprint.post("/forms/<int:form_id>/decide")
@staff_only(*SITE_STAFF)
def decide(form_id: int) -> ResponseReturnValue:
    outcome = deciding.decide(
        form_id,
        request.form.get("question", ""),
        request.form.get("choice", ""),
        why=request.form.get("why", "").strip(),
        at=staff_occasion(),
    )
    if checking.find(form_id, at=staff_occasion()) is None:
        abort(404)
    if isinstance(outcome, Refused):
        flash(said(outcome), "error")
    elif outcome:
        flash(_("Decided: this form counts for its visit."))
    else:
        flash(_("Decided: this form is set aside. It is kept."))
    if request.form.get("from") == "queue":
        return redirect(url_for("papers.queue"))
    return redirect(url_for("papers.form", form_id=form_id))
