"""What a value in the trail says: codes in words, beside what was written."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from pro_app.audit import messages
from pro_app.audit.trail import as_text
from pro_app.deployment import deployment
from pro_app.i18n import label


def shown(value: Any) -> str:
    """What was written, as the page shows it: a list without its brackets."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return ", ".join(value) or "–"
    return as_text(value) or "–"


def in_words(field: str, value: Any) -> str:
    """What a code, or each of a list of them, says; empty for what speaks for itself.

    What the patient's page shows too has its words in templates/staff/words.html.
    """
    if field == "sites" and value == []:
        return str(_("all sites"))
    if value == "recorded":
        return str(_("recorded, and not shown here"))
    known = _known(field)
    codes = value if isinstance(value, (list, tuple)) else [value]
    said = [str(known.get(code, code)) for code in codes if isinstance(code, str)]
    return "" if said == list(codes) else ", ".join(said)


def _known(field: str) -> dict[str, str]:
    """Code → what it says, of a field."""
    return _CODES[field]() if field in _CODES else {}


def _sites() -> dict[str, str]:
    return {site.code: label(site.name) for site in deployment().study.sites}


def _rules() -> dict[str, str]:
    return {rule.code: label(rule.name) for rule in deployment().study.alerts}


def _decisions() -> dict[str, str]:
    return {"retain": _("Retain"), "erase": _("Erase")}


def _questions() -> dict[str, str]:
    return {"conflict": _("Does it count?"), "quarantine": _("Is it accepted?")}


def _channels() -> dict[str, str]:
    return {
        "PHONE": _("the patient’s phone"),
        "RELATIVE": _("a relative"),
        "SMS": _("text message"),
        "WECHAT": _("WeChat"),
        "LETTER": _("letter"),
        "IN_PERSON": _("in person"),
        "EMAIL": _("e-mail"),
        "ANOTHER": _("other"),
    }


def _outcomes() -> dict[str, str]:
    return {
        "REACHED": _("reached"),
        "NO_ANSWER": _("no answer"),
        "WRONG_NUMBER": _("wrong number"),
        "CALL_BACK": _("call again"),
        "REMINDED": _("reminder sent"),
        "OTHERWISE": _("other"),
        "RECEIVED": _("the form came after all"),
        "REPLACED": _("a new card or PIN was given"),
        "RATE_BACK": _("enough forms came again"),
        "DONE": _("done"),
        "PARTLY": _("partly done"),
        "REFUSED": _("refused, with the reason"),
    }


def _kinds() -> dict[str, str]:
    return {
        "HELP": _("Help call"),
        "FORM_NOT_TAKEN": _("Form that could not be taken"),
        "PIN_TRIED": _("Somebody tries to guess the PIN"),
        "LOW_COMPLETION": _("too few of the expected forms are valid"),
        "COPY": _("A copy of their data"),
        "CORRECTION": _("A correction"),
        "WITHDRAWAL": _("To be asked no more"),
        "DELETION": _("To have their data deleted"),
        "card": _("card"),
        "tablet": _("tablet at the site"),
    }


def _details() -> dict[str, str]:
    return {
        "WRONG_PINS": _("many wrong PINs"),
        "USED_UP": _("only browsers that signed in before are let in"),
        "CODE_VOID": _("the activation code opens no more"),
    }


#: Field → its codes.
_CODES: dict[str, Callable[[], dict[str, str]]] = {
    "sites": _sites,
    "site": _sites,
    "rule": _rules,
    "role": messages.roles,
    "action": lambda: messages.actions(patient_steps=True),
    "fields": messages.fields,
    "decision": _decisions,
    "question": _questions,
    "channel": _channels,
    "outcome": _outcomes,
    "kind": _kinds,
    "detail": _details,
}
