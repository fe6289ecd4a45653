"""The buttons of a task: "I am on it", and how it ended."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from pro_app.deployment import deployment
from pro_app.i18n import own_path
from pro_app.nurse import tasks
from pro_app.nurse.tasks import Step
from pro_app.security.access import staff_only
from pro_app.security.roles import SITE_STAFF

blueprint = Blueprint("task", __name__)


@blueprint.post("/tasks/<int:task>/take")
@staff_only(*SITE_STAFF)
def take(task: int) -> ResponseReturnValue:
    now = deployment().now()
    return _after(tasks.take(task, sites=current_user.sites, actor=current_user.actor, now=now))


@blueprint.post("/tasks/<int:task>/close")
@staff_only(*SITE_STAFF)
def close(task: int) -> ResponseReturnValue:
    step = tasks.close(
        task,
        request.form.get("outcome", ""),
        sites=current_user.sites,
        actor=current_user.actor,
        now=deployment().now(),
    )
    return _after(step)


def _after(step: Step) -> ResponseReturnValue:
    if step is Step.NOT_HERE:
        abort(404)
    if step is Step.NO_SUCH_OUTCOME:
        abort(400)
    return redirect(own_path(request.form.get("next") or url_for("nurse.today")))
