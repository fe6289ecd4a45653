"""What is said, on the page and on the command line, when no export was made."""

from flask_babel import gettext as _

from pro_app.core.review import Review
from pro_app.export.service import Block, Blocked

#: So many forms are named; the rest are counted.
_SHOWN = 20


def said(blocked: Blocked) -> list[str]:
    """Lines in the language in use: what is wrong, what is safe, what to do."""
    lines = [_what(blocked.block)]
    shown = blocked.details[:_SHOWN]
    if shown:
        lines.append(", ".join(shown))
    rest = len(blocked.details) - len(shown)
    if rest:
        lines.append(_("and %(count)s more", count=rest))
    return lines


def reviews() -> dict[Review, str]:
    """How a form stands → in words."""
    return {
        Review.APPROVED: _("approved"),
        Review.REJECTED: _("rejected"),
        Review.CHANGED_SINCE: _("corrected since"),
        Review.NOT_REVIEWED: _("not looked over"),
    }


def _what(block: Block) -> str:
    said: dict[Block, str] = {
        Block.ARM_NOT_ALLOWED: _("The arm is for the statistician alone. Nothing was exported."),
        Block.NOT_KNOWN_YET: _("known-at: this time is in the future. Nothing was exported."),
        Block.UNREADABLE_FORMS: _(
            "Nothing was exported: some forms don't fit the questionnaire or have no scores "
            "of its current version. The data are safe; please report these forms:"
        ),
        Block.SCORERS_DISAGREE: _(
            "Nothing was exported: the two scorers do not agree. "
            "The answers are safe; please report these forms and scores:"
        ),
        Block.STILL_OPEN: _(
            "known-at: a change that began before this time is still being saved. Nothing was "
            "exported; try again in a minute, or choose an earlier time."
        ),
        Block.NOT_WITNESSED: _(
            "Nothing was exported: the data do not match the trail. Verify both "
            "(flask audit verify --data) and report this row:"
        ),
        Block.NOT_VERIFIED: _(
            "Nothing was exported: a file read back was not what had been written. "
            "The data are safe; check the disk, then try again:"
        ),
    }
    return said[block]
