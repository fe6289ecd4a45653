"""The room's sentences: what is written to a patient in their own language."""

from collections.abc import Callable
from datetime import date
from functools import cache

from flask_babel import gettext as _

from pro_app.deployment import deployment
from pro_app.i18n import day, offered, speaking
from pro_app.languages import LANGUAGES


def reminders() -> Callable[[str | None, str, date | None], str]:
    """(the patient's language, their site, the last day if there is one) → the text of a reminder.

    Whoever sees it on the phone learns nothing of the patient: no diagnosis, no trial, no
    department, no answer. Source: requirement F05.
    """
    return cache(_reminder)


def written_in(language: str | None) -> str:
    """The language in which a patient is written to: their own, else the study's first."""
    return language if language in LANGUAGES else offered()[0]


def _reminder(language: str | None, site: str, closes_on: date | None) -> str:
    phone = next(each.phone for each in deployment().study.sites if each.code == site)
    with speaking(written_in(language)):
        asked = _("Your hospital asks you to fill in a short questionnaire.")
        if closes_on:
            asked = _(
                "Your hospital asks you to fill in a short questionnaire, "
                "on %(day)s at the latest.",
                day=day(closes_on),
            )
        way = _("Please open the page that you have kept, or scan the code on your card.")
        call = _("Questions? Call %(phone)s.", phone=phone)
        # Chinese sentences need no space between them.
        return str(_("%(asked)s %(way)s %(call)s", asked=asked, way=way, call=call))
