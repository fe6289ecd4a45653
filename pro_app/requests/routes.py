"""The site's pages of what patients ask about their data."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.requests import ANSWER_WITHIN_DAYS, RequestKind, RequestOutcome
from pro_app.deployment import deployment
from pro_app.refusals import said
from pro_app.requests import service
from pro_app.requests.service import Answered, Asked
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("requests", __name__, url_prefix="/staff")


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    return {
        "today": deployment().today(),
        "site_of": {site.code: site for site in deployment().study.sites},
        "longest_text": LONGEST_TEXT,
        "within_days": ANSWER_WITHIN_DAYS,
        "kinds": tuple(RequestKind),
        "outcomes": tuple(RequestOutcome),
    }


@blueprint.get("/requests")
@staff_only(*SITE_STAFF)
def waiting() -> ResponseReturnValue:
    """What is to be answered, the soonest due first."""
    return render_template("requests/waiting.html", waiting=service.waiting(at=staff_occasion()))


@blueprint.get("/patients/<number>/requests")
@staff_only(*SITE_STAFF)
def of_patient(number: str) -> ResponseReturnValue:
    return _page(number, Asked(asked_on=deployment().today().isoformat()))


@blueprint.post("/patients/<number>/requests")
@staff_only(*SITE_STAFF)
def write_down(number: str) -> ResponseReturnValue:
    """What is wrong comes back with all that was written."""
    asked = Asked(*(_text(name) for name in ("kind", "asked_on", "words")))
    done = service.write_down(asked, number=number, at=staff_occasion())
    if isinstance(done, Refused):
        return _page(number, asked, problem=done), 422
    flash(_("Written down. To be answered by %(day)s.", day=done.isoformat()))
    return redirect(url_for(".of_patient", number=number))


@blueprint.post("/patients/<number>/requests/<int:asked>/answer")
@staff_only(*SITE_STAFF)
def answer(number: str, asked: int) -> ResponseReturnValue:
    parts = deployment()
    given = Answered(_text("outcome"), _text("words"))
    problem = service.answer(asked, given, number=number, at=staff_occasion())
    if problem and problem.why is Why.NOT_HERE:
        abort(404)
    if problem:
        fresh = Asked(asked_on=parts.today().isoformat())
        return _page(number, fresh, problem=problem, answering=asked, given=given), 422
    flash(_("The answer is kept. The patient sees it on their page."))
    return redirect(url_for(".of_patient", number=number))


def _page(
    number: str,
    asked: Asked,
    *,
    problem: Refused | None = None,
    answering: int | None = None,
    given: Answered | None = None,
) -> str:
    """`answering`: the request whose answer, as `given`, was not taken."""
    found = service.of_patient(number, at=staff_occasion())
    if found is None:
        abort(404)
    return render_template(
        "requests/patient.html",
        found=found,
        patient=found.patient,
        asked=asked,
        wrong=said(problem) if problem else "",
        answering=answering,
        given=given or Answered(),
    )


def _text(name: str) -> str:
    # PostgreSQL keeps no zero character.
    return request.form.get(name, "").replace("\0", "").strip()
