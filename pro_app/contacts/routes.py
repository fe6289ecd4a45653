"""The contact book's pages: looked up with a reason, for one's own patients alone."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.contacts import service
from pro_app.contacts.service import Card, Why
from pro_app.core.contact_card import (
    FIRST_HOUR,
    LAST_HOUR,
    LONGEST,
    LONGEST_WECHAT,
    SHORTEST_WECHAT,
    Field,
)
from pro_app.core.refused import Refused
from pro_app.deployment import deployment
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF, Role
from pro_app.security.vault import Vault

blueprint = Blueprint("contacts", __name__, url_prefix="/staff")

_LONGEST_WHY = 200


@blueprint.get("/patients/<number>/contact")
@staff_only(*SITE_STAFF)
def card(number: str) -> ResponseReturnValue:
    """Which fields are filled in, and the reasons to look: nothing of them is shown yet."""
    return _page(number)


@blueprint.post("/patients/<number>/contact/look-up")
@staff_only(*SITE_STAFF)
def look_up(number: str) -> ResponseReturnValue:
    try:
        why = Why(request.form.get("why", ""))
    except ValueError:
        flash(_("Choose why you look the patient up."), "error")
        return _page(number, status=422)
    found = service.look_up(_vault(), number, why, at=staff_occasion())
    return _page(number, shown=found or abort(404))


@blueprint.post("/patients/<number>/contact")
@staff_only(*SITE_STAFF)
def write(number: str) -> ResponseReturnValue:
    given = {field: request.form[field] for field in Field if field in request.form}
    done = service.write(_vault(), number, given, at=staff_occasion())
    if isinstance(done, Refused):
        wrong = done.detail if isinstance(done.detail, tuple) else ()
        return _page(number, shown=Card(number, given), wrong=wrong, status=422)
    if not done:
        abort(404)
    flash(_("The contact entry of %(number)s is kept.", number=number))
    return redirect(url_for("contacts.card", number=number))


@blueprint.post("/patients/<number>/contact/erase")
@staff_only(*SITE_STAFF)
def erase(number: str) -> ResponseReturnValue:
    why = request.form.get("why", "").strip()
    _vault()
    if not why or len(why) > _LONGEST_WHY:
        flash(_("Write in a few words why the entry is erased."), "error")
        return _page(number, status=422)
    if not service.erase(number, why, at=staff_occasion()):
        abort(404)
    flash(_("Nothing of %(number)s is left in the contact book.", number=number))
    return redirect(url_for("contacts.card", number=number))


@blueprint.get("/identifiers")
@staff_only(*Role)
def identifiers() -> ResponseReturnValue:
    """Where each thing that may name a person lies, and who can see it."""
    return render_template(
        "contacts/identifiers.html", kept=bool(deployment().settings.contact_keys)
    )


def _page(
    number: str, *, shown: Card | None = None, wrong: tuple[Field, ...] = (), status: int = 200
) -> ResponseReturnValue:
    found = service.find(number, at=staff_occasion()) or abort(404)
    patient, filled = found
    page = render_template(
        "contacts/card.html",
        patient=patient,
        filled=filled,
        shown=shown,
        wrong=wrong,
        fields=list(Field),
        reasons=list(Why),
        hours=range(FIRST_HOUR, LAST_HOUR + 1),
        longest=LONGEST,
        wechat=(SHORTEST_WECHAT, LONGEST_WECHAT),
        longest_why=_LONGEST_WHY,
        kept=bool(deployment().settings.contact_keys),
    )
    return page, status


def _vault() -> Vault:
    """The keys of the book; there is no such page where the study keeps none."""
    keys = deployment().settings.contact_keys
    return Vault(keys) if keys else abort(404)
