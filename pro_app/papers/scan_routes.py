"""Photographs of a paper form: taken in, shown to those who may see one, removed."""

from io import BytesIO

from flask import Blueprint, abort, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.core.refused import Why
from pro_app.papers import scanning
from pro_app.papers.messages import not_taken
from pro_app.papers.photographs import MOST_BYTES
from pro_app.refusals import said
from pro_app.security.access import staff_occasion, staff_only, takes_up_to
from pro_app.security.roles import SITE_STAFF, Role

blueprint = Blueprint("scan", __name__, url_prefix="/forms/<int:form_id>/photographs")

#: A photograph may show a name after all, so who works without names sees none.
_SEE_PICTURES = (*SITE_STAFF, Role.MONITOR)
#: A few pictures more than are kept, so that they can be refused by their names.
MOST_BYTES_SENT = 6 * MOST_BYTES
#: What is told goes through the session's cookie, which is small.
_TOLD, _LONGEST_NAME = 6, 40


@blueprint.post("")
@takes_up_to(MOST_BYTES_SENT)
@staff_only(*SITE_STAFF)
def add(form_id: int) -> ResponseReturnValue:
    if not were_sent():
        flash(_("Choose at least one photograph."), "error")
    if not take_in(form_id):
        abort(404)
    return redirect(url_for("papers.form", form_id=form_id, _anchor="photographs"))


@blueprint.get("/<int:scan>")
@staff_only(*_SEE_PICTURES)
def picture(form_id: int, scan: int) -> ResponseReturnValue:
    """One picture; whoever looks at it stands in the trail."""
    content = scanning.look(form_id, scan, at=staff_occasion())
    if content is None:
        abort(404)
    return send_file(BytesIO(content), "image/jpeg", download_name="paper-form.jpg")


@blueprint.post("/<int:scan>/remove")
@staff_only(*SITE_STAFF)
def remove(form_id: int, scan: int) -> ResponseReturnValue:
    why_not = scanning.remove(
        form_id,
        scan,
        why=request.form.get("why", "").replace("\0", "").strip(),
        at=staff_occasion(),
    )
    if why_not and why_not.why is Why.NOT_HERE:
        abort(404)
    if why_not:
        flash(said(why_not), "error")
    else:
        flash(_("The photograph is removed. That it was there stays in the trail."))
    return redirect(url_for("papers.form", form_id=form_id, _anchor="photographs"))


def were_sent() -> bool:
    return any(each.filename for each in request.files.getlist("picture"))


def take_in(form_id: int) -> bool:
    """Whether there is such a form here; what became of each picture is said."""
    files = [each for each in request.files.getlist("picture") if each.filename]
    done = scanning.add(
        form_id, [(each.filename or "", each.stream) for each in files], at=staff_occasion()
    )
    if done is None:
        return False
    if done.kept:
        flash(_("Photographs kept: %(n)s.", n=done.kept))
    for name, why in done.not_taken[:_TOLD]:
        flash(not_taken(name[:_LONGEST_NAME], why), "error")
    return True
