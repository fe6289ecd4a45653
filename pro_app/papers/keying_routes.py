"""The pages on which staff key in a form, and another person keys it again."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.core.facts import Assistance
from pro_app.core.oddities import Odd
from pro_app.core.refused import Refused, Why
from pro_app.core.wording import Wording
from pro_app.deployment import deployment
from pro_app.papers import checking, keying, scan_routes, scanning
from pro_app.papers.checking import HeldForm
from pro_app.papers.fields import MODES, Wrong, read_answers, read_day, read_form
from pro_app.papers.messages import not_kept, odd_words
from pro_app.papers.wording import words
from pro_app.refusals import said
from pro_app.security.access import staff_occasion, staff_only, takes_up_to
from pro_app.security.roles import SITE_STAFF
from pro_app.security.secrets import is_submission_id, new_submission_id

blueprint = Blueprint("keying", __name__)


@blueprint.get("/patients/<number>/visits/<visit>/key-in")
@staff_only(*SITE_STAFF)
def begin(number: str, visit: str) -> ResponseReturnValue:
    patient = _patient(number, visit)
    asked = request.args.get("language") or patient.state.language
    study = deployment().study
    language = asked if asked in study.languages else study.languages[0]
    given = {"submission_id": new_submission_id(), "printed": "1", "language": language}
    return _page(patient, visit, given, {})


@blueprint.post("/patients/<number>/visits/<visit>/key-in")
@takes_up_to(scan_routes.MOST_BYTES_SENT)
@staff_only(*SITE_STAFF)
def key_in(number: str, visit: str) -> ResponseReturnValue:
    """What is wrong comes back with all that was typed; a form's day is never wrong.

    What is odd comes back too, once: whoever has the paper says that it is kept all the
    same. The form is kept before its photographs, so that a bad one costs no keying.
    """
    parts, at = deployment(), staff_occasion()
    patient = _patient(number, visit)
    given = request.form.to_dict()
    keyed = read_form(given, parts.study, parts.instrument, today=parts.today())
    submission_id = given.get("submission_id", "")
    if not is_submission_id(submission_id):
        submission_id = given["submission_id"] = new_submission_id()
    if isinstance(keyed, dict):
        return _page(patient, visit, given, keyed), 422
    odd = keying.odd(keyed, patient, visit, at=at)
    if not {each.what for each in odd} <= set(request.form.getlist("all_the_same")):
        return _page(patient, visit, given, {}, odd), 422
    outcome = keying.key_in(keyed, patient, visit, submission_id, at=at)
    if isinstance(outcome, Refused):
        flash(not_kept(outcome.why), "error")
        given["submission_id"] = new_submission_id()
        wrong = {"answered_on": Wrong.DAY_AHEAD} if outcome.why is Why.DAY_AHEAD else {}
        return _page(patient, visit, given, wrong), 422
    scan_routes.take_in(outcome)
    return redirect(url_for("papers.form", form_id=outcome, kept="yes"))


@blueprint.get("/forms/<int:form_id>/key-again")
@staff_only(*SITE_STAFF)
def begin_again(form_id: int) -> ResponseReturnValue:
    """An empty form for the second person: what the first one keyed is not shown."""
    held = checking.find(form_id, at=staff_occasion())
    if held is None:
        abort(404)
    why_not = checking.hindrance(held, current_user.actor)
    if why_not:
        return _refused(form_id, why_not)
    return _again(held, {}, {})


@blueprint.post("/forms/<int:form_id>/key-again")
@staff_only(*SITE_STAFF)
def key_again(form_id: int) -> ResponseReturnValue:
    parts = deployment()
    held = checking.find(form_id, at=staff_occasion())
    if held is None:
        abort(404)
    given, wrong = request.form.to_dict(), dict[str, Wrong]()
    answered_on = read_day(given, wrong, parts.today())
    answers = read_answers(given, parts.instrument, wrong)
    if wrong or answered_on is None:
        return _again(held, given, wrong), 422
    outcome = checking.key_again(form_id, answered_on, answers, at=staff_occasion())
    if isinstance(outcome, Refused):
        return _refused(form_id, outcome)
    if outcome:
        flash(
            _(
                "Both keyings are kept. They differ in %(n)s places: read the paper again.",
                n=outcome,
            )
        )
    else:
        flash(_("Both keyings are kept, and say the same."))
    return redirect(url_for("papers.form", form_id=form_id))


@blueprint.post("/forms/<int:form_id>/settle")
@staff_only(*SITE_STAFF)
def settle(form_id: int) -> ResponseReturnValue:
    """`right.FIELD`: first or second, for each difference that was read again."""
    prefix = "right."
    outcome = checking.settle(
        form_id,
        {k.removeprefix(prefix): v for k, v in request.form.items() if k.startswith(prefix)},
        why=request.form.get("why", "").strip(),
        at=staff_occasion(),
    )
    if isinstance(outcome, Refused) and outcome.why is Why.NOT_HERE:
        abort(404)
    if isinstance(outcome, Refused):
        return _refused(form_id, outcome)
    flash(_("%(n)s differences are settled.", n=outcome))
    return redirect(url_for("papers.form", form_id=form_id))


def _patient(number: str, visit: str) -> keying.Patient:
    found = keying.find(number, sites=current_user.sites)
    if found is None or all(each.code != visit for each in deployment().study.all_visits):
        abort(404)
    return found


def _refused(form_id: int, why_not: Refused) -> ResponseReturnValue:
    flash(said(why_not), "error")
    return redirect(url_for("papers.form", form_id=form_id))


def _again(held: HeldForm, given: dict[str, str], wrong: dict[str, Wrong]) -> str:
    return render_template(
        "papers/key_again.html",
        form=held,
        given=given,
        wrong=wrong,
        pictures=scanning.of_form(held.id, at=staff_occasion()),
        **_sheet(held.language),
    )


def _words(language: str) -> Wording | None:
    parts = deployment()
    return words(
        parts.study,
        parts.instrument,
        language,
        production=parts.settings.production,
        today=parts.today(),
    )


def _sheet(language: str) -> dict[str, object]:
    """What the lines of a form need, in the form's own language."""
    return {"wording": _words(language), "in_language": language}


def _page(
    patient: keying.Patient,
    visit: str,
    given: dict[str, str],
    wrong: dict[str, Wrong],
    odd: Sequence[Odd] = (),
) -> str:
    study = deployment().study
    language = given.get("language", "")
    language = language if language in study.languages else study.languages[0]
    return render_template(
        "papers/key_in.html",
        patient=patient,
        visit=visit,
        given=given,
        wrong=wrong,
        odd=[(each.what, odd_words(each)) for each in odd],
        modes=MODES,
        assistances=tuple(Assistance),
        choose_again=scan_routes.were_sent(),
        **_sheet(language),
    )
