"""What is said when something was not done."""

from flask_babel import gettext as _

from pro_app.acts.forms import Hindrance
from pro_app.core import corrections
from pro_app.core.corrections import CantCorrect
from pro_app.core.oddities import Odd
from pro_app.core.submission import Refusal
from pro_app.i18n import day
from pro_app.papers.checking import NotChecked
from pro_app.papers.correcting import NotDone
from pro_app.papers.deciding import NotDecided
from pro_app.papers.photographs import MOST_BYTES, BadPicture
from pro_app.papers.scanning import MOST_PICTURES, NotAdded, NotRemoved, WhyNot
from pro_app.remarks import what_is_odd


def not_checked(why: NotChecked) -> str:
    said = {
        NotChecked.NOT_HERE: _("There is no such form here."),
        NotChecked.NOT_PAPER: _("Only a form that came on paper is keyed twice."),
        NotChecked.SAME_PERSON: _(
            "You keyed this form in yourself. Ask a colleague to key it a second time."
        ),
        NotChecked.KEYED_TWICE: _("This form was keyed a second time already."),
        NotChecked.NOTHING_OPEN: _("Choose for at least one difference which keying is right."),
        NotChecked.WAITING: _waiting(),
        NotChecked.WHY_MISSING: _why_missing(),
    }
    return str(said[why])


def not_kept(why: Refusal | Hindrance) -> str:
    """Why a form that was keyed in is not kept. What was typed is still on the page."""
    said = {
        Refusal.OTHER_ANSWERS: lambda: _(
            "This page was saved before, with other answers, and what was saved first stands. "
            "Correct that form; or save again to keep this one beside it as a second form."
        ),
        Hindrance.ID_IN_USE: lambda: _("This page was used for another patient. Save again."),
        Hindrance.LOCKED: lambda: _(
            "Not kept: the record is locked. What you typed stays here as long as the page is open."
        ),
    }
    return str(said.get(why, lambda: _("Not kept yet: look at the fields again."))())


def odd_words(odd: Odd) -> str:
    """What is odd about a form, with its days as a page shows them."""
    return what_is_odd(odd.what, day(odd.on) if odd.on else "", day(odd.until) if odd.until else "")


def not_done(why: NotDone) -> str:
    said = {
        NotDone.NOT_HERE: _("There is no such form here."),
        NotDone.WAITING: _waiting(),
        NotDone.OTHER_ITEMS: _(
            "This form belongs to another version of the questionnaire and can't be corrected here."
        ),
        NotDone.WHY_MISSING: _why_missing(),
        NotDone.CHOOSE: _("Choose who asks for the correction, and what shows it."),
        NotDone.DECIDED: _("Somebody signed or declined this correction before."),
    }
    return str(said[why])


def no_correction(refusal: corrections.Refusal) -> str:
    if refusal.why is CantCorrect.BAD_ANSWERS:
        items = ", ".join(problem.item for problem in refusal.problems)
        return str(_("These lines can't have that value: %(items)s", items=items))
    if refusal.why is CantCorrect.DAY_AHEAD:
        return str(_("Write the day as 2026-03-05; it cannot lie ahead."))
    return str(_("Nothing is different from what stands. Change at least one field."))


def not_decided(why: NotDecided) -> str:
    said = {
        NotDecided.NOT_HERE: _("There is no such form here."),
        NotDecided.WHY_MISSING: _why_missing(),
        NotDecided.CHOOSE: _("Choose whether the form counts or is set aside."),
        NotDecided.NOTHING_TO_DECIDE: _("There is nothing to decide about this form."),
        NotDecided.THE_SAME: _("That was decided before; nothing was changed."),
    }
    return str(said[why])


def not_taken(name: str, why: WhyNot) -> str:
    """A photograph that was not kept, by the name of its file."""
    said = {
        BadPicture.NO_PICTURE: lambda: _(
            "%(name)s was not kept: it is no JPEG, PNG or WebP picture. Take it again.", name=name
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


def not_removed(why: NotRemoved) -> str:
    said = {
        NotRemoved.NOT_HERE: _("There is no such photograph here."),
        NotRemoved.WHY_MISSING: _why_missing(),
    }
    return str(said[why])


def _waiting() -> str:
    return str(_("Another correction of this form waits for the investigator. It comes first."))


def _why_missing() -> str:
    return str(_("Write in a few words why; up to 500 characters."))
