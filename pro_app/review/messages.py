"""What the room says: why nothing was written, and what was done."""

from flask_babel import gettext as _

from pro_app.core.review import Deed, QueryState, Review
from pro_app.review.forms import Approved


def done(deed: Deed) -> str:
    sentences = {
        Deed.ASKED: lambda: _("Asked. The site sees it on its list."),
        Deed.ANSWERED: lambda: _("Answered. Whoever asked will look at it."),
        Deed.CLOSED: lambda: _("Closed."),
        Deed.OPENED_AGAIN: lambda: _("Opened again. The site sees it on its list."),
    }
    return str(sentences[deed]())


def approved(done: Approved) -> str:
    said = _("Forms approved: %(n)s.", n=done.forms)
    if done.changed:
        said += " " + _("Corrected meanwhile, to be looked at again: %(n)s.", n=done.changed)
    return str(said)


def states() -> dict[QueryState, str]:
    """State → whose turn it is."""
    return {
        QueryState.OPEN: _("site to answer"),
        QueryState.ANSWERED: _("answered, to be looked at"),
        QueryState.CLOSED: _("closed"),
    }


def deeds() -> dict[Deed, str]:
    return {
        Deed.ASKED: _("asked"),
        Deed.ANSWERED: _("answered"),
        Deed.CLOSED: _("closed"),
        Deed.OPENED_AGAIN: _("opened again"),
    }


def reviews() -> dict[Review, str]:
    return {
        Review.NOT_REVIEWED: _("not looked over"),
        Review.APPROVED: _("approved"),
        Review.REJECTED: _("rejected"),
        Review.CHANGED_SINCE: _("corrected since"),
    }
