"""The weekly letter in words."""

from datetime import date

from flask_babel import gettext as _

from pro_app.core.study import Site
from pro_app.deployment import deployment
from pro_app.followup.summary import WEEK_DAYS, Waits
from pro_app.i18n import offered, speaking


def summary_letter(site: Site, waits: Waits, today: date) -> tuple[str, str]:
    """Subject and text of the weekly letter, in every language of the study.

    Counts alone: no number of a patient, nor anything about one.
    """
    study = deployment().study
    subjects, texts = [], []
    for language in offered():
        with speaking(language):
            title = _("%(study)s: what waits, %(day)s", study=study.registry_id, day=today)
            subjects.append(title)
            texts.append("\n".join([site.name.get(language, site.code), *_lines(waits), _way()]))
    return " / ".join(subjects), "\n\n--\n\n".join(texts) + "\n"


def _lines(waits: Waits) -> list[str]:
    said = {
        _("Missing or blank, and nobody has said why: %(n)s", n=waits.missing): waits.missing,
        _("Closing within %(days)s days without a form: %(n)s", days=WEEK_DAYS, n=waits.closing): (
            waits.closing
        ),
        _("Patients who wait for a call: %(n)s", n=waits.calls): waits.calls,
        _("Forms that wait for a decision: %(n)s", n=waits.decisions): waits.decisions,
    }
    return [line for line, n in said.items() if n]


def _way() -> str:
    link = f"{deployment().settings.base_url}/staff/today"
    return str(_("The page Today shows which patients: %(link)s", link=link))
