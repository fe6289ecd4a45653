"""What happened to a patient: fill in, look at what it changes, save."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from pro_app.acts import events
from pro_app.acts.events import Deed, Given, Shown
from pro_app.core.facts import EventKind
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.nurse import patient
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("event", __name__, url_prefix="/patients/<number>/events")

#: In the order of the list to choose from; a group for each line.
_KINDS = (
    (EventKind.DEATH,),
    (
        EventKind.PROGRESSION,
        EventKind.TREATMENT_STOPPED,
        EventKind.SURGERY,
        EventKind.RADIOTHERAPY,
    ),
    (EventKind.LOST_TO_FOLLOW_UP,),
    (
        EventKind.WITHDRAWAL_TREATMENT,
        EventKind.WITHDRAWAL_QUESTIONNAIRES,
        EventKind.WITHDRAWAL_FOLLOW_UP,
        EventKind.WITHDRAWAL_CONSENT,
    ),
    (EventKind.RETURN_QUESTIONNAIRES, EventKind.RETURN_CONSENT),
    (EventKind.TRANSFER,),
)


@blueprint.get("/new")
@staff_only(*SITE_STAFF)
def new(number: str) -> ResponseReturnValue:
    """`?kind=death` has that chosen already."""
    return _form(number, Given(kind=request.args.get("kind", "")))


@blueprint.post("")
@staff_only(*SITE_STAFF)
def add(number: str) -> ResponseReturnValue:
    return _step(number, _given(Deed.ADD))


@blueprint.get("/<int:event>")
@staff_only(*SITE_STAFF)
def one(number: str, event: int) -> ResponseReturnValue:
    """The event as it stands, to be corrected or taken back."""
    found = events.find(number, event, at=staff_occasion())
    if found is None:
        abort(404)
    return _form(
        number,
        Given(
            Deed.CORRECT,
            event,
            found.kind,
            found.on.isoformat(),
            found.note or "",
            to_site=found.to_site or "",
        ),
    )


@blueprint.post("/<int:event>")
@staff_only(*SITE_STAFF)
def change(number: str, event: int) -> ResponseReturnValue:
    deed = Deed.TAKE_BACK if request.form.get("deed") == Deed.TAKE_BACK else Deed.CORRECT
    return _step(number, _given(deed, event))


def _step(number: str, given: Given) -> ResponseReturnValue:
    step = request.form.get("step")
    if step == "edit":
        return _form(number, given)
    outcome: events.Saved | Shown | Refused
    if step == "save":
        outcome = events.save(
            given, as_shown=request.form.get("as_shown", ""), number=number, at=staff_occasion()
        )
    else:
        outcome = events.look(given, number=number, at=staff_occasion())
    if isinstance(outcome, Refused):
        return _refused(number, given, outcome)
    if isinstance(outcome, Shown):
        return render_template("nurse/event_preview.html", shown=outcome)
    flash(_("Saved for %(number)s.", number=number))
    if patient.find(number, at=staff_occasion()) is None:  # they go on elsewhere
        return redirect(url_for("nurse.ledger"))
    return redirect(url_for("nurse.patient", number=number, _anchor="history"))


def _refused(number: str, given: Given, refused: Refused) -> ResponseReturnValue:
    if refused.why is Why.UNKNOWN_PATIENT:
        abort(404)
    if refused.why is Why.NO_SUCH_EVENT:
        # Somebody was faster: the patient's page shows what stands there now.
        _known(number)
        flash(_("This entry was corrected or taken back in the meantime."), "error")
        return redirect(url_for("nurse.patient", number=number, _anchor="history"))
    return _form(number, given, refused), 422


def _form(number: str, given: Given, refused: Refused | None = None) -> str:
    return render_template(
        "nurse/event.html",
        patient=_known(number),
        given=given,
        refused=refused,
        kinds=_KINDS,
        longest_text=LONGEST_TEXT,
    )


def _given(deed: Deed, event: int | None = None) -> Given:
    # PostgreSQL keeps no zero character.
    fields = {
        name: request.form.get(name, "").replace("\0", "").strip()
        for name in ("kind", "on", "note", "why", "to_site")
    }
    return Given(deed, event, **fields)


def _known(number: str) -> Any:
    found = patient.find(number, at=staff_occasion())
    return found if found is not None else abort(404)
