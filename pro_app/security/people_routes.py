"""Accounts of others, for the administrator: who is here, who may do what, since when."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app import refusals
from pro_app.core.cells import safe_text
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.deployment import deployment
from pro_app.security import accounts, clocks, doors, messages, secrets
from pro_app.security.access import staff_only
from pro_app.security.roles import Role, takes
from pro_app.store.people.staff import Person

blueprint = Blueprint("people", __name__, url_prefix="/people")

#: So many signs a name has, from and to.
_SHORTEST, _LONGEST = 2, 40
_NAME = re.compile(rf"[a-z][a-z0-9._-]{{{_SHORTEST - 1},{_LONGEST - 1}}}")


@blueprint.get("")
@staff_only(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    on = _day()
    words = {"roles": messages.roles(), "today": deployment().today()}
    if on is not None:
        rights = accounts.rights_on(on, deployment().study.time_zone)
        return render_template("security/rights_on.html", on=on, rights=rights, **words)
    people = accounts.people()
    return render_template(
        "security/people.html",
        people=[each for each in people if each.disabled_at is None],
        disabled=[each for each in people if each.disabled_at is not None],
        standing=accounts.standing(now=deployment().now()),
        clock_was_set=clocks.set_lately(deployment().now()),
        tried=doors.tried_lately(deployment().now()),
        nobody=doors.NOBODY,
        **words,
    )


@blueprint.get("/rights.csv")
@staff_only(Role.ADMINISTRATOR)
def rights() -> ResponseReturnValue:
    on = _day() or deployment().today()
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(("name", "role", "sites", "since", "until", "given_by"))
    for each in accounts.rights_on(on, deployment().study.time_zone):
        until = each.until.isoformat() if each.until else ""
        right = (each.name, each.role, " ".join(each.sites))
        texts = (*right, each.since.isoformat(), until, each.given_by)
        rows.writerow([safe_text(text) for text in texts])
    answer = Response(file.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename=rights-{on.isoformat()}.csv"
    return answer


@blueprint.get("/clocks")
@staff_only(Role.ADMINISTRATOR)
def show_clocks() -> ResponseReturnValue:
    found = clocks.look(deployment().now())
    return render_template("security/clocks.html", found=found, sizes=messages.clock_differences())


def _day() -> date | None:
    text = request.args.get("on", "")
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


@blueprint.get("/new")
@staff_only(Role.ADMINISTRATOR)
def new() -> ResponseReturnValue:
    return _new_page()


@blueprint.post("/new")
@staff_only(Role.ADMINISTRATOR)
def add() -> ResponseReturnValue:
    name, (role, sites) = request.form.get("name", "").strip(), _asked_right()
    problem = None
    if not _NAME.fullmatch(name):
        problem = _(
            "The name: %(least)s to %(most)s small letters, digits, dots, dashes or underscores, "
            "beginning with a letter.",
            least=_SHORTEST,
            most=_LONGEST,
        )
    elif role is None:
        problem = _("Choose a role from the list.")
    elif not takes(role, sites):
        problem = refusals.said(Refused(Why.SITES_OF_ROLE))
    else:
        password = secrets.new_password()
        now = deployment().now()
        if accounts.add_staff(name, role, sites, password, actor=current_user.actor, now=now):
            return render_template("security/new_password.html", name=name, password=password)
        problem = _(
            "%(name)s: this name has been used before and is never given again; choose another",
            name=name,
        )
    flash(problem, "error")
    return _new_page(422)


def _new_page(status: int = 200) -> ResponseReturnValue:
    role, sites = _asked_right()
    return render_template(
        "security/new_person.html",
        name=request.form.get("name", ""),
        role=role,
        sites=sites,
        roles=messages.roles(),
        tasks=messages.tasks(),
        shortest=_SHORTEST,
        longest=_LONGEST,
    ), status


@blueprint.get("/account/<name>")
@staff_only(Role.ADMINISTRATOR)
def person(name: str) -> ResponseReturnValue:
    return _page(_found(name))


@blueprint.post("/account/<name>/rights")
@staff_only(Role.ADMINISTRATOR)
def change_right(name: str) -> ResponseReturnValue:
    role, sites = _asked_right()
    if role is None:
        _found(name)
        abort(400)
    return _do(
        name,
        lambda why, **by: accounts.change_right(name, role, sites, why, **by),
        _("The rights were changed; %(name)s was signed out.", name=name),
    )


@blueprint.post("/account/<name>/disable")
@staff_only(Role.ADMINISTRATOR)
def disable(name: str) -> ResponseReturnValue:
    return _do(
        name,
        lambda why, **by: accounts.disable(name, why, **by),
        _("%(name)s was signed out and can't sign in any more.", name=name),
    )


@blueprint.post("/account/<name>/enable")
@staff_only(Role.ADMINISTRATOR)
def enable(name: str) -> ResponseReturnValue:
    return _do(
        name,
        lambda why, **by: accounts.enable(name, why, **by),
        _("%(name)s can sign in again.", name=name),
    )


@blueprint.post("/account/<name>/second-factor")
@staff_only(Role.ADMINISTRATOR)
def reset_second_factor(name: str) -> ResponseReturnValue:
    return _do(
        name,
        lambda why, **by: accounts.reset_second_factor(name, why, **by),
        _("%(name)s has no second factor any more and was signed out.", name=name),
    )


@blueprint.post("/account/<name>/sessions")
@staff_only(Role.ADMINISTRATOR)
def end_sessions(name: str) -> ResponseReturnValue:
    _found(name)
    accounts.end_sessions(name, actor=current_user.actor, now=deployment().now())
    flash(_("%(name)s was signed out everywhere.", name=name), "info")
    return redirect(url_for("security.people.person", name=name))


@blueprint.post("/account/<name>/password")
@staff_only(Role.ADMINISTRATOR)
def new_password(name: str) -> ResponseReturnValue:
    _found(name)
    if name == current_user.name:
        return redirect(url_for("security.account.page"))  # one's own needs the old one
    password = secrets.new_password()
    accounts.reset_password(name, password, actor=current_user.actor, now=deployment().now())
    return render_template("security/new_password.html", name=name, password=password)


def _do(name: str, change: Callable[..., Refused | None], done: str) -> ResponseReturnValue:
    """Change an account for the reason that was given, and say what came of it."""
    found, why = _found(name), request.form.get("why", "").strip()
    refusal = change(why, actor=current_user.actor, now=deployment().now())
    if refusal is not None:
        flash(refusals.said(refusal), "error")
        return _page(found, 422)
    flash(done, "info")
    return redirect(url_for("security.people.person", name=name))


def _found(name: str) -> Person:
    return accounts.find_person(name) or abort(404)


def _page(found: Person, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "security/person.html",
        person=found,
        longest=LONGEST_TEXT,
        history=accounts.rights_of(found.account.name),
        roles=messages.roles(),
        oneself=found.account.name == current_user.name,
    ), status


def _asked_right() -> tuple[Role | None, tuple[str, ...]]:
    """Of what was sent, the role and those sites that there are; nothing else is looked at."""
    known = {site.code for site in deployment().study.sites}
    sites = tuple(dict.fromkeys(code for code in request.form.getlist("site") if code in known))
    role = request.form.get("role", "")
    return (Role(role) if role in list(Role) else None), sites


@blueprint.get("/review")
@staff_only(Role.ADMINISTRATOR)
def review() -> ResponseReturnValue:
    return _review_page()


@blueprint.post("/review")
@staff_only(Role.ADMINISTRATOR)
def write_review() -> ResponseReturnValue:
    seen, note = request.form.get("seen", ""), request.form.get("note", "").strip()
    now = deployment().now()
    refusal = accounts.review(seen, note or None, actor=current_user.actor, now=now)
    if refusal is not None:
        changed = _("The rights have changed while you looked. This is how they are now.")
        said = changed if refusal.why is Why.CHANGED else refusals.said(refusal)
        flash(said, "error")
        return _review_page(422, note)
    flash(_("It is recorded that you looked at all of these."), "info")
    return redirect(url_for("security.people.index"))


def _review_page(status: int = 200, note: str = "") -> ResponseReturnValue:
    people = [each for each in accounts.people() if each.disabled_at is None]
    return render_template(
        "security/review.html",
        note=note,
        longest=LONGEST_TEXT,
        people=people,
        seen=accounts.fingerprint(people),
        standing=accounts.standing(now=deployment().now()),
        roles=messages.roles(),
    ), status
