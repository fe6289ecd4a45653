"""The buttons of a task: "I am on it", and how it ended."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pro_app.core.refused import Refused, Why
from pro_app.i18n import own_path
from pro_app.nurse import tasks
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("task", __name__)


@blueprint.post("/tasks/<int:task>/take")
@staff_only(*SITE_STAFF)
def take(task: int) -> ResponseReturnValue:
    return _after(tasks.take(task, at=staff_occasion()))


@blueprint.post("/tasks/<int:task>/close")
@staff_only(*SITE_STAFF)
def close(task: int) -> ResponseReturnValue:
    outcome = request.form.get("outcome", "")
    return _after(tasks.close(task, outcome, at=staff_occasion()))


def _after(refused: Refused | None) -> ResponseReturnValue:
    if refused:
        abort(404 if refused.why is Why.NOT_HERE else 400)
    return redirect(own_path(request.form.get("next") or url_for("nurse.today")))
