"""Pages of the record: how it stands, sign it off, lock and unlock it."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from pro_app import refusals
from pro_app.core.refused import LONGEST_TEXT
from pro_app.core.study import Site
from pro_app.deployment import deployment
from pro_app.records import messages, service
from pro_app.records.service import Kind, PatientRecord, Record, Standing
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.here import signs
from pro_app.security.messages import not_signed
from pro_app.security.roles import READERS, Role

blueprint = Blueprint("records", __name__, url_prefix="/staff/records")


@blueprint.app_template_global()
def record_standing(number: str) -> Standing | None:
    """For the pages of other rooms: how a record stands, if it was signed or locked."""
    return service.standing_of(number, at=staff_occasion())


@blueprint.get("")
@staff_only(*READERS)
def records() -> ResponseReturnValue:
    """The records of one site: the reader's own, or the one that is asked for."""
    sites = _sites()
    asked = request.args.get("site", "")
    site = next((each for each in sites if each.code == asked), sites[0])
    return render_template(
        "records/site.html",
        sites=sites,
        site=site,
        found=service.site_record(site.code, at=staff_occasion()),
        meaning=messages.meaning(Kind.SITE),
        **_words(),
    )


@blueprint.get("/<number>")
@staff_only(*READERS)
def record(number: str) -> ResponseReturnValue:
    found = _record_of(number)
    return render_template(
        "records/patient.html",
        found=found,
        meaning=messages.meaning(Kind.PATIENT),
        **_words(),
    )


@blueprint.post("/<number>/<deed>")
@staff_only(Role.INVESTIGATOR)
def act_on_patient(number: str, deed: str) -> ResponseReturnValue:
    _record_of(number)
    return _act(Record(Kind.PATIENT, number), deed, url_for(".record", number=number))


@blueprint.post("/<number>/visits/<visit>/<deed>")
@staff_only(Role.INVESTIGATOR)
def act_on_visit(number: str, visit: str, deed: str) -> ResponseReturnValue:
    """`lock` or `unlock`: a visit is not signed by itself."""
    _record_of(number)
    if visit not in [each.code for each in deployment().study.all_visits]:
        abort(404)
    back = url_for(".record", number=number, _anchor="visits")
    return _lock_alone(service.record_of_visit(number, visit), deed, back)


@blueprint.post("/site/<deed>")
@staff_only(Role.INVESTIGATOR)
def act_on_site(deed: str) -> ResponseReturnValue:
    return _act(Record(Kind.SITE, current_user.site), deed, url_for(".records"))


@blueprint.post("/study/<deed>")
@staff_only(Role.DATA_MANAGER)
def act_on_study(deed: str) -> ResponseReturnValue:
    """`lock` or `unlock` everything; nobody signs for all sites at once."""
    record = Record(Kind.STUDY, deployment().study.id)
    return _lock_alone(record, deed, url_for(".records", _anchor="study"))


def _lock_alone(record: Record, deed: str, back: str) -> ResponseReturnValue:
    return _act(record, deed, back) if deed in ("lock", "unlock") else abort(404)


def _record_of(number: str) -> PatientRecord:
    found = service.patient_record(number, at=staff_occasion())
    return found if found is not None else abort(404)


def _act(record: Record, deed: str, back: str) -> ResponseReturnValue:
    if deed == "sign":
        said = _sign(record)
    elif deed in ("lock", "unlock"):
        problem = service.set_lock(
            record, deed == "lock", why=request.form.get("why", ""), at=staff_occasion()
        )
        said = refusals.said(problem) if problem else None
    else:
        abort(404)
    flash(said or messages.done(deed), "error" if said else "done")
    return redirect(back)


def _sign(record: Record) -> str | None:
    """What stood in the way, None once it is signed."""
    proof = signs()
    if not proof:
        return not_signed(proof)
    problem = service.sign_off(
        record,
        shown=request.form.get("version", ""),
        meaning=messages.meaning(record.kind),
        at=staff_occasion(),
    )
    return refusals.said(problem) if problem else None


def _sites() -> list[Site]:
    mine = current_user.sites
    return [each for each in deployment().study.sites if each.code in mine]


def _words() -> dict[str, object]:
    return {
        "may_sign": current_user.role == Role.INVESTIGATOR,
        "month_of": {visit.code: visit.month for visit in deployment().study.all_visits},
        "longest_why": LONGEST_TEXT,
        "site_of": {each.code: each for each in deployment().study.sites},
        "modes": messages.modes(),
    }
