"""What the room says: how a wording stands, what a text is for, what is signed."""

from flask_babel import gettext as _

from pro_app.core.instrument import Instrument
from pro_app.core.wording import codes
from pro_app.languages import LANGUAGES
from pro_app.wording.service import Standing


def standings() -> dict[Standing, str]:
    return {
        Standing.WAITING: _("waits to be released"),
        Standing.IN_FORCE: _("in force"),
        Standing.REPLACED: _("replaced"),
        Standing.EXPIRED: _("licence over"),
        Standing.DEMONSTRATION: _("demonstration"),
    }


def meaning() -> str:
    """The sentence that is signed; it is kept as it was read."""
    return str(
        _(
            "I have compared this wording, text by text, with the licensed questionnaire. "
            "From now on it is what patients of this language read."
        )
    )


def not_proved() -> str:
    return str(
        _(
            "Password or second factor was not right, or you have to wait a moment. "
            "Nothing was signed."
        )
    )


def purposes(instrument: Instrument) -> dict[str, str]:
    """Text code → what the text is for, in the order of the questionnaire."""
    return {code: _purpose(code, instrument) for code in codes(instrument)}


def _purpose(code: str, instrument: Instrument) -> str:
    if code in instrument.item_codes:
        return str(_("item"))
    if code in [box.code for box in instrument.opt_outs]:
        return str(_("box that leaves an item out"))
    named = {
        "HEADING": _("heading"),
        "INTRO": _("introduction"),
        "RESPONSE": _("response"),
        "RECALL": _("period that is asked about"),
        "TITLE": _("title"),
        "NOTICE": _("copyright notice"),
    }
    return str(named[code.partition("_")[0]])


def language(code: str) -> str:
    return LANGUAGES[code].name if code in LANGUAGES else code
