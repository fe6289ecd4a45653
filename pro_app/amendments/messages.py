"""What differs between two versions of a study, and why one can't follow upon another."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from pro_app.core.amendment import Difference, Field, Forbidden, Obstacle
from pro_app.languages import LANGUAGES


def obstacle(found: Obstacle) -> str:
    """Why the field can't be changed so."""
    return _OBSTACLES[found.why](found)


_OBSTACLES: dict[Forbidden, Callable[[Obstacle], str]] = {
    Forbidden.FIXED: lambda found: _(
        "expected %(before)s, not %(after)s: no amendment changes this",
        before=found.before,
        after=found.after,
    ),
    Forbidden.ARM_CODES: lambda found: _(
        "expected %(before)s, not %(after)s: patients are allocated to these arms",
        before=found.before,
        after=found.after,
    ),
    Forbidden.SITE_IN_USE: lambda found: _(
        "%(before)s is missing, but patients or staff belong to it", before=found.before
    ),
    Forbidden.BASELINE: lambda found: _(
        "the first visit must stay %(before)s; it can't become %(after)s",
        before=found.before,
        after=found.after,
    ),
    Forbidden.REASON_IN_USE: lambda found: _(
        "%(before)s is missing, but it is given as a reason in the record", before=found.before
    ),
    Forbidden.ALERT_IN_USE: lambda found: _(
        "%(before)s is missing, but it has already found forms", before=found.before
    ),
    Forbidden.LANGUAGE_GONE: lambda found: _(
        "%(before)s is missing, but patients may be using it", before=found.before
    ),
}


def fields() -> dict[str, str]:
    """Key of the study file → its name."""
    return {
        Field.VERSION: _("name of the version"),
        Field.TITLE: _("title"),
        Field.LANGUAGES: _("languages"),
        Field.FORM_LAYOUT: _("layout of the form"),
        Field.ARMS: _("arm"),
        Field.SITES: _("site"),
        Field.VISITS: _("visit"),
        Field.STOP_EVENTS: _("events after which nobody is asked"),
        Field.REASON_GROUPS: _("groups of reasons"),
        Field.REASONS: _("reason"),
        Field.ALERTS: _("alert"),
        Field.COMPLETION_FLOOR: _("floor of completion"),
        Field.SOURCES: _("sources"),
    }


def keys() -> dict[str, str]:
    """Key of an entry of the study file → its name."""
    return {
        "": "",
        "order": _("order"),
        "name": _("name"),
        "month": _("month"),
        "days_before": _("days before the target day"),
        "days_after": _("days after the target day"),
        "phone": _("telephone"),
        "email": _("e-mail"),
        "weight": _("share in the allocation"),
        "identifier": _("pattern of the patients' numbers"),
        "group": _("group"),
        "avoidable": _("avoidable by the site"),
        "needs_text": _("needs words"),
        "attempts": _("attempts before"),
        "channels": _("ways of trying before"),
        "item": _("item"),
        "at_least": _("answer of at least"),
        "scale": _("scale"),
        "drop": _("drop since the baseline"),
        "escalate_after_hours": _("hours until the investigator is told"),
    }


_EVENTS: dict[str, Callable[[], str]] = {
    "death": lambda: _("Died"),
    "progression": lambda: _("Disease progressed"),
    "treatment_stopped": lambda: _("Treatment stopped"),
    "surgery": lambda: _("Surgery"),
    "radiotherapy": lambda: _("Radiotherapy"),
    "lost_to_follow_up": lambda: _("Lost to follow-up"),
    "withdrawal_treatment": lambda: _("Withdrew from treatment"),
    "withdrawal_questionnaires": lambda: _("Withdrew from questionnaires"),
    "withdrawal_follow_up": lambda: _("Withdrew from all follow-up"),
    "withdrawal_consent": lambda: _("Withdrew consent to use of data"),
}


def value(found: Difference, stated: Any) -> str:
    """What stands in the file, as a reader takes it in; a dash where nothing does."""
    if stated is None or stated in ("", [], {}):
        return "–"
    if found.field is Field.VISITS and isinstance(stated, Mapping):
        return str(
            _(
                "month %(month)s, from %(before)s days before to %(after)s days after",
                month=stated["month"],
                before=stated["days_before"],
                after=stated["days_after"],
            )
        )
    if found.field is Field.STOP_EVENTS:
        return ", ".join(_EVENTS[each]() if each in _EVENTS else each for each in stated)
    if found.field is Field.LANGUAGES:
        return ", ".join(_language(each) for each in stated)
    if found.field is Field.FORM_LAYOUT:
        return str(_("one item at a time") if stated == "item" else _("one section at a time"))
    if found.field is Field.COMPLETION_FLOOR:
        return f"{100 * stated:g} %"
    return _plain(stated)


def _plain(stated: Any) -> str:
    if isinstance(stated, bool):
        return str(_("yes") if stated else _("no"))
    if isinstance(stated, Mapping):
        # An entry is told by its name; labels by each language.
        if isinstance(stated.get("name"), Mapping):
            return _plain(stated["name"])
        return "; ".join(f"{_language(k)}: {_plain(v)}" for k, v in stated.items())
    if isinstance(stated, list):
        return "; ".join(map(_plain, stated))
    return str(stated)


def _language(code: str) -> str:
    return LANGUAGES[code].name if code in LANGUAGES else code
