"""What people enter in the desk's forms: each value as read, or what is wrong with it."""

import re
import unicodedata
from datetime import date, time

from pro_app.core.possible import EARLIEST, PAUSE, RANDOMISATION, SCREENING, Contradiction, Never
from pro_app.core.refused import Refused, Why

#: The year first, as programs and people in China write a day; no other order can be told apart.
_DAYS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(\d{4})-(\d{2})-(\d{2})",
        r"(\d{4})/(\d{1,2})/(\d{1,2})",
        r"(\d{4})\.(\d{1,2})\.(\d{1,2})",
        r"(\d{4})年(\d{1,2})月(\d{1,2})日",
    )
)
#: What can't be seen around a text: spaces of every width, marks of direction and of order.
_UNSEEN = "".join(
    sign
    for sign in map(chr, (*range(0x3001), 0xFEFF))
    if sign.isspace() or unicodedata.category(sign) == "Cf"
)


def impossible_event(found: Contradiction) -> Refused:
    """What can't be, told to whoever enters an event or a pause."""
    field = {
        Never.SECOND_DEATH: "kind",
        Never.SECOND_TRANSFER: "on",
        Never.SAME_SITE: "to_site",
        Never.NO_SITE: "to_site",
    }.get(found.never, "since" if found.what == PAUSE else "on")
    return Refused(Why(found.never.value), field, found.against or found.on)


def impossible_data(found: Contradiction) -> Refused:
    """The same, told to whoever enters a patient's own days: the other day stands already."""
    if found.never is Never.BEFORE_SCREENING:
        return Refused(Why.EVENT_BEFORE_SCREENING, SCREENING, (found.what, found.on))
    if found.never is Never.DEATH_BEFORE_RANDOMISATION:
        return Refused(Why.RANDOMISED_AFTER_DEATH, RANDOMISATION, found.on)
    return Refused(Why.DAY_AHEAD, found.what)


def day_of(text: str) -> date | None:
    """The day as written 2026-03-05, 2026/3/5, 2026.3.5, 2026年3月5日; None where it is not one."""
    found = next(filter(None, (each.fullmatch(text) for each in _DAYS)), None)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return day if day and day >= EARLIEST else None


def time_of(text: str) -> time | None:
    """The time of day as written HH:MM, None where it is not one."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return found if f"{found:%H:%M}" == text else None


def written(at: time) -> str:
    """A time of day as the forms and the files write it."""
    return f"{at:%H:%M}"


def trimmed(text: str) -> str:
    """The text without what can't be seen around it: the one rule for cells and names."""
    return text.strip() if text.isascii() else text.strip(_UNSEEN)


def words_of(text: str) -> str | None:
    """A text, None where nothing was written."""
    return text or None
