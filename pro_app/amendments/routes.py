"""The page of the study's versions: what each one changed, from when, by whom and why."""

from collections.abc import Iterable

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from pro_app.amendments import messages, service
from pro_app.core.amendment import Difference, Field
from pro_app.core.study import AlertRule, Arm, Reason, Site, Study
from pro_app.deployment import deployment
from pro_app.i18n import label
from pro_app.security.access import staff_only
from pro_app.security.roles import Role

blueprint = Blueprint("amendments", __name__, url_prefix="/staff/study")


@blueprint.get("", endpoint="versions")
@staff_only(Role.DATA_MANAGER, Role.STATISTICIAN)
def show() -> ResponseReturnValue:
    parts = deployment()
    found = service.versions(parts.file)
    return render_template(
        "amendments/versions.html",
        found=found,
        visits=[visit.code for visit in parts.study.all_visits],
        today=parts.today(),
        fields=messages.fields(),
        keys=messages.keys(),
        value=messages.value,
        name_of=name_of,
    )


def name_of(found: Difference, before: Study, after: Study) -> str:
    """How people call the entry: a visit by its code, everything else by its name."""
    return next((_name(each, found) for each in (after, before) if _name(each, found)), found.code)


def _name(study: Study, found: Difference) -> str:
    entries: dict[str, Iterable[Site | Arm | Reason | AlertRule]] = {
        Field.SITES: study.sites,
        Field.ARMS: study.arms,
        Field.REASONS: study.reasons,
        Field.ALERTS: study.alerts,
    }
    named = (each for each in entries.get(found.field, ()) if each.code == found.code)
    return next((label(each.name) for each in named), "")
