"""What the pages of requests say when something was not kept."""

from flask_babel import gettext as _

from pro_app.requests.service import LONGEST_TEXT, Problem


def not_kept(problem: Problem) -> str:
    said = {
        Problem.NOT_HERE: _("There is no such request here."),
        Problem.CHOOSE: _("Choose one of the list."),
        Problem.NOT_A_DAY: _("Write the day as 2026-03-05."),
        Problem.DAY_AHEAD: _("This day has not come yet."),
        Problem.TOO_LONG: _("This is too long; keep it under %(n)s characters.", n=LONGEST_TEXT),
        Problem.WAITS_ALREADY: _("She has asked for the same already, and it is still open."),
        Problem.ANSWERED: _("Somebody has answered this request in the meantime."),
        Problem.WORDS_MISSING: _("Write down what she was told, and why it was not done in full."),
    }
    return str(said[problem])
