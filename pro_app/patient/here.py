"""The occasion of the current request, and the language its forms are shown in."""

from flask import g, session

from pro_app.acts.occasion import Occasion
from pro_app.core.facts import Mode
from pro_app.core.study import Site
from pro_app.deployment import deployment
from pro_app.i18n import language
from pro_app.security import patients, secrets, service
from pro_app.security.setup import actor_of


def occasion() -> Occasion:
    parts = deployment()
    return Occasion(
        study=parts.study,
        instrument=parts.instrument,
        production=parts.settings.production,
        now=parts.now(),
        today=parts.today(),
        day_of=parts.day_of,
        mode=Mode.SITE_TABLET if g.get("patient") and g.patient.tablet else Mode.PHONE_SELF,
    )


def form_language() -> str:
    """The language in use, if the study has its questionnaire in it; else the study's first."""
    offered = deployment().study.languages
    return language() if language() in offered else offered[0]


def sites_to_call() -> tuple[Site, ...]:
    """The patient's own hospital when we know it, else every hospital of the study."""
    sites = deployment().study.sites
    own = g.patient.site if g.get("patient") else g.get("site_of_link")
    return tuple(site for site in sites if site.code == own) or sites


def end_tablet(submission_id: str) -> None:
    """End the sitting at the hospital's tablet: the form is in, only its receipt is shown."""
    service.sign_out(session["patient"], actor_of(g.patient), now=deployment().now())
    language = session.get("language")
    session.clear()
    session["tablet"] = secrets.receipt_of(submission_id)
    if language:
        session["language"] = language


def phone_key(patient_id: int) -> tuple[str, str] | None:
    """(owner, key) with which this patient's phone keeps what is unsent."""
    return patients.phone_key(patient_id, pepper=deployment().settings.secret_key)
