"""What is odd about a form, in words: the same at the page that keys it in and in a file."""

from flask_babel import gettext as _

from pro_app.core.oddities import Oddity


def what_is_odd(what: Oddity, on: str, until: str, visit: str) -> str:
    """One sentence; `on` and `until` are the days it is measured by, as they are to be shown.

    `visit` is that of another window.
    """
    return str(
        {
            Oddity.ALL_BLANK: lambda: _("no line is answered"),
            Oddity.BEFORE_SCREENING: lambda: _("answered before the screening on %(on)s", on=on),
            Oddity.NO_CONSENT: lambda: _(
                "no consent to questionnaires is recorded: it is kept for the decision of the site"
            ),
            Oddity.BEFORE_CONSENT: lambda: _(
                "answered before consent to questionnaires on %(on)s: it is kept for the decision "
                "of the site",
                on=on,
            ),
            Oddity.NOT_RANDOMISED: lambda: _(
                "the patient is not randomised, so this visit is not planned yet"
            ),
            Oddity.OUT_OF_WINDOW: lambda: _(
                "answered outside the window, %(on)s to %(until)s", on=on, until=until
            ),
            Oddity.AFTER_RANDOMISATION: lambda: _(
                "answered after the randomisation on %(on)s, but the baseline comes before it",
                on=on,
            ),
            Oddity.OTHER_WINDOW: lambda: _(
                "answered in the window of %(visit)s, %(on)s to %(until)s: "
                "is it the form of that visit?",
                visit=visit,
                on=on,
                until=until,
            ),
            Oddity.AFTER_DEATH: lambda: _("answered after the recorded death on %(on)s", on=on),
            Oddity.AFTER_WITHDRAWAL: lambda: _(
                "answered after the withdrawal on %(on)s: it is kept for the decision of the site",
                on=on,
            ),
        }[what]()
    )
