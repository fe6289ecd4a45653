"""Practice: made-up lines on the real screens, of which nothing is kept and nothing sent.

What was chosen stands in the page's own address and nowhere else.
"""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.instrument import AnswerState
from pro_app.patient import messages, overview
from pro_app.patient.here import form_language, occasion
from pro_app.patient.overview import Shut
from pro_app.patient.questionnaire import ITEM_FIELD, Given, choices, read_choice
from pro_app.security.access import patient_only

blueprint = Blueprint("practice", __name__)

_INTRO, _REVIEW, _END = 0, 4, 5


def _lines() -> dict[str, str]:
    """Code → text: about nothing that could ever be data."""
    return {
        "TEA": _("Fondness for tea in the morning"),
        "NOODLES": _("Fondness for noodles"),
        "RAIN": _("Fondness for rainy days"),
    }


@blueprint.get("/my/practice")
@patient_only
def practice() -> ResponseReturnValue:
    at = occasion()
    wording = overview.find_wording(form_language(), at=at)
    if wording is None:
        title, advice = messages.shut(Shut.NO_WORDING)
        return render_template("patient/shut.html", title=title, advice=advice), 404
    given = _given()
    step, screen = _step(given)
    lines = _lines()
    others = {
        code: value for code, value in given.items() if list(lines)[step - 1 : step] != [code]
    }
    return render_template(
        "patient/practice.html",
        screen=screen,
        step=step,
        lines=lines,
        given=given,
        others=_kept(others),
        form_texts=wording.texts,
        form_language=form_language(),
        choices=choices(at.instrument, wording.texts),
        states=AnswerState,
        to_step=lambda number, **more: url_for(".practice", at=number, **_kept(given), **more),
    )


def _given() -> dict[str, int | str]:
    """What the address says was chosen or left blank so far."""
    found: dict[str, int | str] = {}
    for code in _lines():
        said = request.args.get(f"{ITEM_FIELD}{code}", "")
        chosen = read_choice(said, occasion().instrument)
        if chosen is not None:
            found[code] = chosen
        elif said == AnswerState.SKIPPED:
            found[code] = said
    return found


def _step(given: dict[str, int | str]) -> tuple[int, str]:
    """Where the press leads: the step's number and the kind of its screen."""
    here = request.args.get("at", type=int, default=_INTRO)
    here = here if _INTRO <= here <= _END else _INTRO
    go = request.args.get("go")
    there = _REVIEW if request.args.get("to") == "review" else here + 1
    codes = list(_lines())
    if go == "back":
        return _screen(here - 1 if here else _INTRO)
    if go == "next" and here in range(1, _REVIEW) and codes[here - 1] not in given:
        return here, "blanks"
    if go == "skip" and here in range(1, _REVIEW):
        given[codes[here - 1]] = AnswerState.SKIPPED.value
        return _screen(there)
    return _screen(there if go == "next" else here)


def _screen(step: int) -> tuple[int, str]:
    names = {_INTRO: "intro", _REVIEW: "review", _END: "end"}
    return step, names.get(step, "item")


def _kept(given: Given) -> dict[str, Any]:
    """The same as the fields of an address."""
    return {f"{ITEM_FIELD}{code}": value for code, value in given.items()}
