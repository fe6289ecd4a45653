"""The form as plain pages, laid out as the study says: saved at every step, no script needed."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.acts.occasion import Occasion
from pro_app.core.facts import Assistance
from pro_app.core.instrument import AnswerState
from pro_app.core.refused import Refused
from pro_app.patient import (
    drafting,
    look_routes,
    messages,
    overview,
    practice_routes,
    questionnaire,
)
from pro_app.patient.drafting import NothingThere, Saved
from pro_app.patient.here import end_tablet, form_language, occasion
from pro_app.patient.overview import OpenForm, ShutForm
from pro_app.patient.questionnaire import Page
from pro_app.security import secrets
from pro_app.security.access import patient_only
from pro_app.security.setup import actor_of

blueprint = Blueprint("form", __name__)
blueprint.register_blueprint(look_routes.blueprint)
blueprint.register_blueprint(practice_routes.blueprint)


@blueprint.get("/my/form/<visit>")
@patient_only
def intro(visit: str) -> ResponseReturnValue:
    """What comes, before anything is begun; a form that is begun goes on at its place."""
    found = _find(visit)
    if isinstance(found, ShutForm):
        return _shut(found)
    if found.draft and not found.expired:
        return _to_place(visit, found)
    return _render("intro", visit, found)


@blueprint.post("/my/form/<visit>")
@patient_only
def begin(visit: str) -> ResponseReturnValue:
    drafting.begin_form(
        actor_of(g.patient),
        g.patient.id,
        visit,
        submission_id=secrets.new_submission_id(),
        at=occasion(),
    )
    # Whatever came of it, the form's own address shows it.
    return redirect(url_for(".intro", visit=visit))


@blueprint.get("/my/form/<visit>/<int:page>")
@patient_only
def page(visit: str, page: int) -> ResponseReturnValue:
    return _show(visit, page, "page")


@blueprint.post("/my/form/<visit>/<int:page>")
@patient_only
def save(visit: str, page: int) -> ResponseReturnValue:
    at = occasion()
    sheet = _sheet(page, at)
    if sheet is None:
        return redirect(url_for(".intro", visit=visit))
    go = request.form.get("go", "next")
    saved = drafting.save_page(
        actor_of(g.patient),
        g.patient.id,
        visit,
        sheet,
        request.form,
        _shown_language(at),
        asking=go == "next",
        revision=request.form.get("revision", type=int),
        at=at,
    )
    if isinstance(saved, NothingThere):
        return _nothing_there(visit, saved)
    _tell_elsewhere(sheet, saved)
    switched = look_routes.switch(go, _to_page(visit, page))
    if switched is not None:
        return switched
    if go == "back":
        return _backward(visit, page)
    if saved.blank:
        return redirect(url_for(".blanks", visit=visit, page=page, **_aim()))
    return _onward(visit, page, at)


@blueprint.get("/my/form/<visit>/<int:page>/blanks")
@patient_only
def blanks(visit: str, page: int) -> ResponseReturnValue:
    """The one question about lines that were left blank."""
    return _show(visit, page, "blanks")


@blueprint.post("/my/form/<visit>/<int:page>/blanks")
@patient_only
def leave_blank(visit: str, page: int) -> ResponseReturnValue:
    at = occasion()
    sheet = _sheet(page, at)
    if sheet is None:
        return redirect(url_for(".intro", visit=visit))
    left = drafting.leave_blank(
        actor_of(g.patient), g.patient.id, visit, sheet, _shown_language(at), at=at
    )
    return (
        _nothing_there(visit, left) if isinstance(left, NothingThere) else _onward(visit, page, at)
    )


@blueprint.get("/my/form/<visit>/review")
@patient_only
def review(visit: str) -> ResponseReturnValue:
    return _show_whole(visit, "review")


@blueprint.get("/my/form/<visit>/send")
@patient_only
def who(visit: str) -> ResponseReturnValue:
    """The last question, whose answer hands the form in: who read and tapped."""
    return _show_whole(visit, "who")


@blueprint.post("/my/form/<visit>/send")
@patient_only
def submit(visit: str) -> ResponseReturnValue:
    at = occasion()
    said = request.form.get("assistance", "")
    if said not in Assistance.__members__:
        return redirect(url_for(".who", visit=visit))
    outcome = drafting.hand_in(
        actor_of(g.patient),
        g.patient.id,
        visit,
        request.form.get("submission_id", ""),
        _shown_language(at),
        assistance=said,
        at=at,
    )
    if isinstance(outcome, NothingThere):
        return _nothing_there(visit, outcome)
    if isinstance(outcome, Refused):
        flash(messages.refusal(outcome), "error")
        return redirect(url_for(".intro", visit=visit))
    if g.patient.tablet:
        end_tablet(outcome.submission_id)
        return redirect(url_for("patient.signed_out"))
    return redirect(url_for(".receipt", submission_id=outcome.submission_id))


@blueprint.get("/my/received/<submission_id>")
@patient_only
def receipt(submission_id: str) -> ResponseReturnValue:
    found = overview.receipt(g.patient.id, submission_id, at=occasion())
    if found is None:
        return redirect(url_for("patient.home"))
    return render_template("patient/receipt.html", receipt=found)


def _find(visit: str) -> OpenForm | ShutForm:
    return overview.find_form(g.patient.id, visit, form_language(), at=occasion())


def _sheets(at: Occasion) -> tuple[Page, ...]:
    return questionnaire.pages(at.instrument, at.study.form_layout)


def _sheet(page: int, at: Occasion) -> Page | None:
    sheets = _sheets(at)
    return sheets[page - 1] if 1 <= page <= len(sheets) else None


def _show(visit: str, page: int, template: str) -> ResponseReturnValue:
    """A page of the form, or the place from which to go on."""
    at = occasion()
    found = _find(visit)
    if isinstance(found, ShutForm):
        return _shut(found)
    sheet = _sheet(page, at)
    if sheet is None or found.draft is None or found.expired:
        return redirect(url_for(".intro", visit=visit))
    place = questionnaire.place(_sheets(at), found.draft.answers)
    if place is not None and page > place:
        return _to_page(visit, place)
    blank = questionnaire.blanks(sheet, found.draft.answers)
    if template == "blanks" and not blank:
        return _to_page(visit, page)
    return _render(template, visit, found, sheet=sheet, blank=blank)


def _show_whole(visit: str, template: str) -> ResponseReturnValue:
    """A page about the form as a whole, once every line has an answer or a word on it."""
    found = _find(visit)
    if isinstance(found, ShutForm):
        return _shut(found)
    if found.draft is None or found.expired:
        return redirect(url_for(".intro", visit=visit))
    if questionnaire.place(_sheets(occasion()), found.draft.answers) is not None:
        return _to_place(visit, found)
    return _render(template, visit, found)


def _render(template: str, visit: str, found: OpenForm, **more: object) -> str:
    at = occasion()
    given = found.draft.answers if found.draft else {}
    return render_template(
        f"patient/{template}.html",
        visit=visit,
        entry=found.entry,
        form_texts=found.wording.texts,
        instrument=at.instrument,
        pages=_sheets(at),
        by_section=questionnaire.by_section,
        choices=questionnaire.choices(at.instrument, found.wording.texts),
        given=given,
        ticked=questionnaire.ticked,
        draft=found.draft,
        expired=found.expired,
        form_language=form_language(),
        states=AnswerState,
        aim=_aim(),
        **more,
    )


def _shut(found: ShutForm) -> ResponseReturnValue:
    title, advice = messages.shut(found.why)
    return render_template(
        "patient/shut.html", title=title, advice=advice, entry=found.entry, why=found.why
    ), 404


def _tell_elsewhere(sheet: Page, saved: Saved) -> None:
    """Say which lines were answered otherwise on another phone since this page was shown."""
    numbers = [str(line.number) for line in sheet.lines if line.code in saved.elsewhere]
    if numbers:
        flash(
            _(
                "Answered differently on another phone or page meanwhile: line %(lines)s. "
                "What you chose here stands; both are kept.",
                lines=", ".join(numbers),
            )
        )


def _nothing_there(visit: str, what: NothingThere) -> ResponseReturnValue:
    if what.expired:
        flash(
            _(
                "What you had begun was more than %(hours)s hours old and has been put aside, "
                "because the questions are about the last days. Please begin again.",
                hours=occasion().instrument.draft_hours,
            )
        )
    return redirect(url_for(".intro", visit=visit))


def _shown_language(at: Occasion) -> str:
    """The language in which the page that was sent had been shown."""
    shown = request.form.get("language", "")
    return shown if shown in at.study.languages else form_language()


def _aim() -> dict[str, Any]:
    """Where a page goes after Next: back to the review, for whoever came from there."""
    return {"to": "review"} if request.values.get("to") == "review" else {}


def _onward(visit: str, page: int, at: Occasion) -> ResponseReturnValue:
    if _aim() or _sheet(page + 1, at) is None:
        return redirect(url_for(".review", visit=visit))
    return _to_page(visit, page + 1)


def _backward(visit: str, page: int) -> ResponseReturnValue:
    if _aim():
        return redirect(url_for(".review", visit=visit))
    return _to_page(visit, page - 1) if page > 1 else redirect(url_for("patient.home"))


def _to_page(visit: str, page: int) -> ResponseReturnValue:
    return redirect(url_for(".page", visit=visit, page=page, **_aim()))


def _to_place(visit: str, found: OpenForm) -> ResponseReturnValue:
    given = found.draft.answers if found.draft else {}
    place = questionnaire.place(_sheets(occasion()), given)
    return redirect(url_for(".review", visit=visit)) if place is None else _to_page(visit, place)
