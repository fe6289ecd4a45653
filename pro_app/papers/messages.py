"""What is said of a photograph that was not kept."""

from flask_babel import gettext as _

from pro_app.core.oddities import Odd
from pro_app.core.refused import Why
from pro_app.i18n import short_day
from pro_app.papers.photographs import MOST_BYTES, BadPicture
from pro_app.papers.scanning import MOST_PICTURES, NotAdded, WhyNot
from pro_app.remarks import what_is_odd


def not_kept(why: Why) -> str:
    """Why a form that was keyed in is not kept. What was typed is still on the page."""
    said = {
        Why.OTHER_ANSWERS: lambda: _(
            "This page was saved before, with other answers, and what was saved first stands. "
            "Correct that form; or save again to keep this one beside it as a second form."
        ),
        Why.ID_IN_USE: lambda: _("This page was used for another patient. Save again."),
        Why.LOCKED: lambda: _(
            "Not saved: the record is locked. What you typed stays here as long as the page is "
            "open."
        ),
    }
    return str(said.get(why, lambda: _("Not saved yet: check the fields again."))())


def odd_words(odd: Odd) -> str:
    """What is odd about a form, with its days as a page shows them."""
    return what_is_odd(
        odd.what,
        short_day(odd.on) if odd.on else "",
        short_day(odd.until) if odd.until else "",
        odd.visit,
    )


def not_taken(name: str, why: WhyNot) -> str:
    """A photograph that was not kept, by the name of its file."""
    said = {
        BadPicture.NO_PICTURE: lambda: _(
            "%(name)s was not kept: it is not a JPEG, PNG or WebP picture. Take it again.",
            name=name,
        ),
        BadPicture.TOO_LARGE: lambda: _(
            "%(name)s was not kept: it is larger than %(n)s MB.", name=name, n=MOST_BYTES >> 20
        ),
        BadPicture.TOO_MANY_PIXELS: lambda: _(
            "%(name)s was not kept: it has too many pixels. Take it with a lower resolution.",
            name=name,
        ),
        NotAdded.TOO_MANY: lambda: _(
            "%(name)s was not kept: a form has at most %(n)s photographs.",
            name=name,
            n=MOST_PICTURES,
        ),
        NotAdded.NOT_PAPER: lambda: _(
            "%(name)s was not kept: this form did not come on paper.", name=name
        ),
        NotAdded.THE_SAME: lambda: _("%(name)s is kept already.", name=name),
    }
    return str(said[why]())
