"""The pages of queries: the list, one with all that was said, and asking."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pro_app import refusals
from pro_app.core.refused import Refused, Why
from pro_app.core.review import Deed, QueryState
from pro_app.deployment import deployment
from pro_app.review import messages, queries
from pro_app.review.queries import About, Listed
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import READERS, SITE_STAFF

blueprint = Blueprint("query", __name__, url_prefix="/queries")

#: Deed → the word for it in an address.
_WORDS = {"again": Deed.ASKED, "close": Deed.CLOSED, "open": Deed.OPENED_AGAIN}


@blueprint.app_template_global()
def queries_about(number: str) -> list[Listed]:
    """For the pages of other rooms: every query about a patient."""
    return queries.of_patient(number, at=staff_occasion())


@blueprint.app_template_global()
def queries_on_form(form_id: int) -> list[Listed]:
    """The same about a form that is shown."""
    return queries.of_form(form_id, at=staff_occasion())


@blueprint.get("", endpoint="list")
@staff_only(*READERS)
def list_page() -> ResponseReturnValue:
    """`?state=ANSWERED&number=LISHUI&page=2`; what the site has to answer where none is named."""
    asked = request.args.get("state", "")
    state = QueryState(asked) if asked in tuple(QueryState) else QueryState.OPEN
    number = request.args.get("number", "").replace("\0", "").strip()
    page = max(1, min(request.args.get("page", 1, type=int), 10_000))
    found = queries.listed(state, number=number, page=page, at=staff_occasion())
    return render_template(
        "review/queries.html", found=found, state=state, number=number, page=page
    )


@blueprint.get("/<int:query>")
@staff_only(*READERS)
def one(query: int) -> ResponseReturnValue:
    return _page(query), 200


@blueprint.post("/<int:query>/answer")
@staff_only(*SITE_STAFF)
def answer(query: int) -> ResponseReturnValue:
    return _carry_on(query, Deed.ANSWERED)


@blueprint.post("/<int:query>/<deed>")
@staff_only(*queries.ASKERS)
def carry_on(query: int, deed: str) -> ResponseReturnValue:
    """`again`, `close`, `open`."""
    if deed not in _WORDS:
        abort(404)
    return _carry_on(query, _WORDS[deed])


@blueprint.route("/about/<number>", methods=["GET", "POST"])
@staff_only(*queries.ASKERS)
def about_patient(number: str) -> ResponseReturnValue:
    """Ask about a patient, or `?visit=V1` one of their visits."""
    return _ask(queries.about_patient(number, at=staff_occasion()))


@blueprint.route("/form/<int:form_id>", methods=["GET", "POST"])
@staff_only(*queries.ASKERS)
def about_form(form_id: int) -> ResponseReturnValue:
    """Ask about a form, or `?field=GP1` one of its fields."""
    return _ask(queries.about_form(form_id, at=staff_occasion()))


def _ask(about: About | None) -> ResponseReturnValue:
    if about is None:
        abort(404)
    if request.method == "GET":
        return _asking(about, request.args.to_dict())
    given = request.form.to_dict()
    made = queries.ask(
        about,
        visit=given.get("visit") or None,
        field=given.get("field") or None,
        words=given.get("words", ""),
        at=staff_occasion(),
    )
    if isinstance(made, Refused):
        return _asking(about, given, refusals.said(made)), 422
    flash(messages.done(Deed.ASKED))
    return redirect(url_for(".one", query=made))


def _asking(about: About, given: dict[str, str], said: str = "") -> str:
    return render_template(
        "review/ask.html",
        about=about,
        given=given,
        said=said,
        fields=queries.fields_of(deployment().instrument),
    )


def _carry_on(query: int, deed: Deed) -> ResponseReturnValue:
    words = request.form.get("words", "")
    problem = queries.carry_on(query, deed, words=words, at=staff_occasion())
    if problem and problem.why is Why.NOT_HERE:
        abort(404)
    if problem:
        return _page(query, words, refusals.said(problem)), 422
    flash(messages.done(deed))
    return redirect(url_for(".one", query=query))


def _page(query: int, words: str = "", said: str = "") -> str:
    found = queries.exchange(query, at=staff_occasion())
    if found is None:
        abort(404)
    return render_template("review/query.html", found=found, words_given=words, said=said)
