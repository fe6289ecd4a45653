"""The room's sentences: what is written to a patient in their own language, and refusals."""

from collections.abc import Callable
from datetime import date
from functools import cache

from flask_babel import force_locale
from flask_babel import gettext as _

from pro_app.core.voids import NotVoid
from pro_app.deployment import deployment
from pro_app.i18n import LANGUAGES, day


def not_void(why: NotVoid) -> str:
    """Why nothing was declared wrong."""
    said: dict[NotVoid, str] = {
        NotVoid.UNKNOWN_PATIENT: _("There is no such patient here."),
        NotVoid.WHY_MISSING: _("Write why it is wrong."),
        NotVoid.TOO_LONG: _("The reason is too long."),
        NotVoid.NOTHING_THERE: _("Nothing of this kind is recorded."),
        NotVoid.ALREADY: _("This was declared wrong before."),
        NotVoid.SEVERAL: _("This visit has several forms. Choose one of them in the time line."),
        NotVoid.NO_SUCH_PATIENT: _("Where it belongs: there is no such patient here."),
        NotVoid.NO_SUCH_VISIT: _("Where it belongs: choose the visit."),
        NotVoid.BELONGS_HERE: _("Where it belongs: this is where it stands already."),
        NotVoid.OTHER_ITEMS: _(
            "The form has other items than today’s questionnaire and can’t be kept elsewhere."
        ),
    }
    return said[why]


def reminders() -> Callable[[str | None, str, date | None], str]:
    """(her language, her site, the last day if there is one) → the text of a reminder.

    Whoever sees it on her phone learns nothing of her: no diagnosis, no trial, no
    department, no answer. Source: requirement F05.
    """
    return cache(_reminder)


def written_in(language: str | None) -> str:
    """The language in which she is written to: hers, else the study's first."""
    offered = [code for code in deployment().study.languages if code in LANGUAGES]
    return language if language in LANGUAGES else (offered or ["en"])[0]


def _reminder(language: str | None, site: str, closes_on: date | None) -> str:
    phone = next(each.phone for each in deployment().study.sites if each.code == site)
    with force_locale(LANGUAGES[written_in(language)][0]):
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
