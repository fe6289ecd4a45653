"""The nurse at the patient's door: a new card, a new PIN, the hospital's tablet."""

from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from markupsafe import Markup

from pro_app import qr
from pro_app.deployment import deployment
from pro_app.nurse import patient
from pro_app.security import cards
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF
from pro_app.security.setup import tell_whose

blueprint = Blueprint("card", __name__, url_prefix="/patients/<number>")


@blueprint.post("/link")
@staff_only(*SITE_STAFF)
def new(number: str) -> ResponseReturnValue:
    """A new card, shown this once: only hashes of what stands on it are kept."""
    parts = deployment()
    found = _known(number)
    made = cards.new_link(
        found.id,
        number,
        pepper=parts.settings.secret_key,
        actor=current_user.actor,
        now=parts.now(),
    )
    address = f"{parts.settings.base_url}/p/{made.token}"
    # The picture is our own drawing of our own address: nothing in it needs escaping.
    picture = Markup(qr.svg(address))  # noqa: S704
    return render_template(
        "nurse/link.html", patient=found, made=made, address=address, picture=picture
    )


@blueprint.post("/pin-reset")
@staff_only(*SITE_STAFF)
def reset_pin(number: str) -> ResponseReturnValue:
    """A code for a new PIN, shown this once; the card stays good."""
    parts = deployment()
    found = _known(number)
    made = cards.reset_pin(
        found.id,
        number,
        pepper=parts.settings.secret_key,
        actor=current_user.actor,
        now=parts.now(),
    )
    if made is None:
        flash(_("The patient has no card yet: make one."), "error")
        return redirect(url_for("nurse.patient", number=number))
    return render_template("nurse/link.html", patient=found, made=made)


@blueprint.post("/links/<int:link>/revoke")
@staff_only(*SITE_STAFF)
def revoke(number: str, link: int) -> ResponseReturnValue:
    """A lost card, or a tablet that was left open: nobody comes in by it any more."""
    found = _known(number)
    now = deployment().now()
    if cards.revoke(found.id, number, link, actor=current_user.actor, now=now):
        flash(_("Revoked: nobody can sign in with it any more."))
    else:
        flash(_("It was revoked already."), "error")
    return redirect(url_for("nurse.patient", number=number, _anchor="door"))


@blueprint.post("/tablet")
@staff_only(*SITE_STAFF)
def hand_over(number: str) -> ResponseReturnValue:
    """The patient's start page in this browser, which is theirs from now on."""
    found = _known(number)
    token = cards.hand_over_tablet(
        found.id,
        number,
        staff_token=current_user.token,
        actor=current_user.actor,
        now=deployment().now(),
    )
    logout_user()
    session.clear()  # the nurse's language, too
    session["patient"] = token
    session["tablet"] = ""  # stays when the session has ended, so that the page can say so
    answer = make_response(redirect(url_for("patient.home")))
    tell_whose(answer)  # the tablet keeps nothing, and shows nothing that it ever kept
    return answer


def _known(number: str) -> Any:
    found = patient.find(number, at=staff_occasion())
    return found if found is not None else abort(404)
