"""The site staff's pages: today, ledger, patient, compliance, and the two things they write."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.acts import voids
from pro_app.core import identifiers
from pro_app.core.charts import SIGNS, stacked
from pro_app.core.rates import POOLED
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.core.study import REASON_PENDING
from pro_app.deployment import deployment
from pro_app.nurse import (
    alert_routes,
    card_routes,
    completeness,
    consent_routes,
    contact_routes,
    day,
    event_routes,
    filters,
    gaps,
    grid,
    messages,
    patient,
    pause_routes,
    reasons,
    record_routes,
    service,
    task_routes,
    void_routes,
)
from pro_app.nurse.filters import BadFilter
from pro_app.security import cards
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import READERS, SITE_STAFF, Role

blueprint = Blueprint("nurse", __name__, url_prefix="/staff")
blueprint.register_blueprint(card_routes.blueprint)
blueprint.register_blueprint(task_routes.blueprint)
blueprint.register_blueprint(event_routes.blueprint)
blueprint.register_blueprint(pause_routes.blueprint)
blueprint.register_blueprint(record_routes.blueprint)
blueprint.register_blueprint(contact_routes.blueprint)
blueprint.register_blueprint(alert_routes.blueprint)
blueprint.register_blueprint(consent_routes.blueprint)
blueprint.register_blueprint(void_routes.blueprint)


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    study = deployment().study
    return {
        "signs": SIGNS,
        "today": deployment().today(),
        "reason_of": {reason.code: reason for reason in study.reasons},
        "site_of": {site.code: site for site in study.sites},
        "month_of": {visit.code: visit.month for visit in study.all_visits},
        "items": len(deployment().instrument.items),
        "longest_text": LONGEST_TEXT,
        "longest_number": identifiers.LONGEST,
        "REASON_PENDING": REASON_PENDING,
        "POOLED": POOLED,
    }


@blueprint.get("/today")
@staff_only(*SITE_STAFF)
def today() -> ResponseReturnValue:
    work = day.at_site(at=staff_occasion())
    return render_template(
        "nurse/today.html",
        work=work,
        reminder=messages.reminders(),
        written_in=messages.written_in,
        SOON_DAYS=day.SOON_DAYS,
        WEEK_DAYS=day.WEEK_DAYS,
        TRIES=day.TRIES,
        STALLED_MINUTES=day.STALLED_MINUTES,
    )


@blueprint.get("/ledger")
@staff_only(*READERS)
def ledger() -> ResponseReturnValue:
    """`?number=…&search=1` goes straight to the one patient whose number fits."""
    at = staff_occasion()
    asked = _asked("as_of", "number", "status", "site", "after")
    try:
        as_of = filters.day(asked["as_of"], at.today)
        found = grid.page(
            as_of=as_of,
            number_contains=asked["number"],
            status=filters.statuses(asked["status"]),
            after=asked["after"],
            at=filters.at_sites(asked["site"], at),
        )
    except BadFilter as bad:
        return render_template("nurse/ledger.html", asked=asked, bad=bad), 400
    if request.args.get("search") and len(found.rows) == 1:
        return redirect(url_for("nurse.patient", number=found.rows[0].number))
    return render_template("nurse/ledger.html", asked=asked, grid=found, as_of=as_of)


@blueprint.get("/patients/<number>", endpoint="patient")
@staff_only(*READERS)
def patient_page(number: str) -> ResponseReturnValue:
    return _patient_page(number)


@blueprint.post("/patients/<number>/visits/<visit>/reason")
@staff_only(*SITE_STAFF)
def reason(number: str, visit: str) -> ResponseReturnValue:
    """Give or change a reason; what is refused comes back with its form open."""
    parts = deployment()
    _known(number)
    given = {
        name: request.form.get(name, "").strip() for name in ("code", "said_by", "said_on", "text")
    }
    try:
        said_on = filters.day(given["said_on"], parts.today())
    except BadFilter as bad:
        refused = Refused(Why(bad.problem.value), "said_on")
        return _patient_page(number, refused=(visit, refused), given=given), 422
    outcome = service.give_reason(
        number=number,
        visit=visit,
        code=given["code"],
        said_by=given["said_by"],
        said_on=said_on,
        text=given["text"],
        at=staff_occasion(),
    )
    if isinstance(outcome, Refused):
        return _patient_page(number, refused=(visit, outcome), given=given), 422
    flash(_("The reason for %(number)s, %(visit)s is kept.", number=number, visit=visit))
    if request.form.get("from") == "today":
        return redirect(url_for("nurse.today"))
    return redirect(url_for("nurse.patient", number=number))


@blueprint.get("/compliance")
@staff_only(*READERS)
def compliance() -> ResponseReturnValue:
    at = staff_occasion()
    study = at.study
    asked = _asked("as_of", "known_at", "site", "by", "gap", "group", "effort")
    allowed = completeness.groupings(arms=current_user.role == Role.STATISTICIAN)
    try:
        as_of = filters.day(asked["as_of"], at.today)
        known_at = filters.instant(asked["known_at"], at.now, study.time_zone)
        by_scale = asked["by"] == filters.BY_SCALE
        scales = deployment().instrument.scale_codes if by_scale else ()
        shown = completeness.overview(
            as_of=as_of,
            by=filters.grouping(asked["by"], allowed),
            behind=filters.gap(asked["gap"], study, scales),
            group=asked["group"] or None,
            known_at=known_at,
            with_effort=bool(asked["effort"]),
            with_scales=by_scale,
            at=filters.at_sites(asked["site"], at),
        )
    except BadFilter as bad:
        return render_template("nurse/compliance.html", asked=asked, bad=bad, allowed=allowed), 400
    return render_template(
        "nurse/compliance.html",
        asked=asked,
        shown=shown,
        as_of=as_of,
        known_at=known_at,
        allowed=allowed,
        NESTED=gaps.NESTED,
        stacked=stacked,
        arm_of={arm.code: arm for arm in study.arms},
    )


def _declared_wrong(number: str) -> str:
    """The page of a number that was declared wrong as a whole; nothing else is told of it."""
    found = voids.of_number(number, at=staff_occasion())
    if found is None:
        abort(404)
    site, void = found
    return render_template("nurse/void_patient.html", number=number, site=site, void=void)


def _patient_page(
    number: str,
    *,
    refused: tuple[str, Refused] | None = None,
    given: dict[str, str] | None = None,
) -> str:
    """`refused`: the visit whose reason, as `given`, was not taken, and why."""
    parts = deployment()
    instrument = parts.instrument
    found = patient.page(number=number, at=staff_occasion())
    if found is None:
        meant = patient.meant(number, at=staff_occasion())
        if meant and meant != number:
            abort(redirect(url_for("nurse.patient", number=meant)))
        return _declared_wrong(number)
    scales = {scale.code: scale for scale in instrument.scales}
    scale = scales.get(request.args.get("scale", ""), patient.overall(instrument))
    return render_template(
        "nurse/patient.html",
        found=found,
        patient=found.patient,
        card=cards.find_card(found.patient.id, now=parts.now()),
        ways=cards.ways_in(found.patient.id, now=parts.now()),
        line=patient.time_line(found, today=parts.today(), time_zone=parts.study.time_zone),
        history=patient.history(found, time_zone=parts.study.time_zone),
        calls=found.calls,
        scale=scale,
        scales=instrument.scales,
        chart=patient.chart(found, instrument, scale),
        small={
            each.code: patient.chart(found, instrument, each, small=True)
            for each in instrument.scales
        },
        asked_for=reasons.ASKED_FOR,
        refused=refused,
        given=given or {},
    )


def _known(number: str) -> Any:
    found = patient.find(number, at=staff_occasion())
    return found if found is not None else abort(404)


def _asked(*names: str) -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in names}
