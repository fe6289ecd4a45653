"""Looking over the data: the pages of queries and of approval, as one room."""

from typing import Any

from flask import Blueprint

from pro_app.core.charts import SIGNS
from pro_app.core.refused import LONGEST_TEXT
from pro_app.core.study import REASON_PENDING
from pro_app.deployment import deployment
from pro_app.review import form_routes, messages, query_routes
from pro_app.review.forms import SHORTEST_WHY

blueprint = Blueprint("review", __name__, url_prefix="/staff")
blueprint.register_blueprint(query_routes.blueprint)
blueprint.register_blueprint(form_routes.blueprint)


@blueprint.app_template_global()
def review_words() -> dict[str, Any]:
    """The room's words, for its own pages and for what other rooms show of it."""
    return {
        "states": messages.states(),
        "deeds": messages.deeds(),
        "reviews": messages.reviews(),
        "longest": LONGEST_TEXT,
        "shortest_why": SHORTEST_WHY,
    }


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    study = deployment().study
    return {
        "signs": SIGNS,
        "reason_of": {reason.code: reason for reason in study.reasons},
        "site_of": {site.code: site for site in study.sites},
        "month_of": {visit.code: visit.month for visit in study.all_visits},
        "items": len(deployment().instrument.items),
        "REASON_PENDING": REASON_PENDING,
    }
