"""The occasion of the current request, and the language its forms are shown in."""

from pro_app.deployment import deployment
from pro_app.i18n import language
from pro_app.patient.occasion import Occasion


def occasion() -> Occasion:
    parts = deployment()
    return Occasion(
        study=parts.study,
        instrument=parts.instrument,
        production=parts.settings.production,
        now=parts.now(),
        today=parts.today(),
        day_of=parts.day_of,
    )


def form_language() -> str:
    """The language in use, if the study has its questionnaire in it; else the study's first."""
    offered = deployment().study.languages
    return language() if language() in offered else offered[0]
