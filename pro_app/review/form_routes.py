"""The pages on which forms are looked over: a list, approval of many, rejection of one."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app import refusals
from pro_app.core.refused import Why
from pro_app.core.review import Review
from pro_app.core.sites import only
from pro_app.deployment import deployment
from pro_app.review import forms, messages
from pro_app.security.access import staff_occasion, staff_only

blueprint = Blueprint("form", __name__, url_prefix="/review")


@blueprint.app_template_global()
def review_of_form(form_id: int) -> forms.Reviewed | None:
    """For the pages of other rooms: how a form stands."""
    return forms.find(form_id, at=staff_occasion())


@blueprint.get("", endpoint="list")
@staff_only(*forms.REVIEWERS)
def list_page() -> ResponseReturnValue:
    """`?review=REJECTED&site=LISHUI&visit=V1`; what is to be looked at where none is named."""
    asked = request.args.get("review", "")
    known = asked in tuple(Review)
    sites = [e.code for e in deployment().study.sites if e.code in current_user.sites]
    site = request.args.get("site", "")
    visit = request.args.get("visit", "")
    return render_template(
        "review/forms.html",
        found=forms.to_look_over(
            [Review(asked)] if known else forms.TO_LOOK_AT,
            visit=visit if visit in [each.code for each in deployment().study.visits] else "",
            sites=only(site) if site in sites else current_user.sites,
        ),
        asked={"review": asked if known else "", "site": site, "visit": visit},
        all_ticked=request.args.get("tick") == "all",
        rows=forms.ROWS,
    )


@blueprint.post("/approve")
@staff_only(*forms.REVIEWERS)
def approve() -> ResponseReturnValue:
    """`form=12:0`, as often as there are forms: its id and the corrections it was shown with."""
    shown = dict(filter(None, map(_shown, request.form.getlist("form")[: forms.ROWS])))
    if shown:
        done = forms.approve(shown, at=staff_occasion())
        flash(messages.approved(done), "error" if done.changed else "done")
    else:
        flash(_("No form was ticked; nothing was saved."), "error")
    if request.form.get("from") == "form" and len(shown) == 1:
        return redirect(url_for("papers.form", form_id=next(iter(shown)), _anchor="review"))
    review, site, visit = (request.form.get(name) or None for name in ("review", "site", "visit"))
    return redirect(url_for(".list", review=review, site=site, visit=visit))


@blueprint.post("/<int:form_id>/reject")
@staff_only(*forms.REVIEWERS)
def reject(form_id: int) -> ResponseReturnValue:
    problem = forms.reject(
        form_id,
        shown=request.form.get("revision", -1, type=int),
        why=request.form.get("why", ""),
        at=staff_occasion(),
    )
    if problem and problem.why is Why.NOT_HERE:
        abort(404)
    if problem:
        flash(refusals.said(problem), "error")
    else:
        flash(_("Rejected. Its answers and every rate stay as they are."))
    return redirect(url_for("papers.form", form_id=form_id, _anchor="review"))


def _shown(given: str) -> tuple[int, int] | None:
    """`12:0` → (12, 0)."""
    parts = given.split(":")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    form_id, revision = (int(part[:18]) for part in parts)
    return form_id, revision
