"""What a page's address asks for: read, or said what is wrong with it."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import combinations
from zoneinfo import ZoneInfo

from pro_app.acts.entered import day_of
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.ledger import Status
from pro_app.core.rates import POOLED
from pro_app.core.sites import only
from pro_app.core.study import Study
from pro_app.nurse.gaps import (
    NESTED,
    TAKEN_OUT,
    Behind,
    Between,
    By,
    Number,
    WithValue,
    because,
)

#: Stands as a status in the address: a reason is still to be given.
PENDING = "PENDING"


#: Stands as a grouping in the address: each score apart.
BY_SCALE = "scale"


class FilterProblem(StrEnum):
    """What can be wrong in an address."""

    NOT_A_DAY = "NOT_A_DAY"  # not YYYY-MM-DD
    DAY_AHEAD = "DAY_AHEAD"  # after today, of which nothing is known
    NOT_AN_INSTANT = "NOT_AN_INSTANT"  # not YYYY-MM-DDThh:mm
    INSTANT_AHEAD = "INSTANT_AHEAD"  # after now
    UNKNOWN_STATUS = "UNKNOWN_STATUS"
    UNKNOWN_SITE = "UNKNOWN_SITE"  # or one that the reader does not see
    UNKNOWN_SCALE = "UNKNOWN_SCALE"
    UNKNOWN_GROUPING = "UNKNOWN_GROUPING"
    UNKNOWN_GAP = "UNKNOWN_GAP"


class BadFilter(ValueError):
    """An address asks for what can't be had; `value` is what stood there, cut short."""

    def __init__(self, problem: FilterProblem, value: str) -> None:
        super().__init__(f"{problem}: {value!r}")
        self.problem = problem
        self.value = value[:40]


def day(text: str, today: date) -> date:
    """The day, today when none is asked for. Errors: BadFilter."""
    if not text:
        return today
    found = day_of(text)
    if found is None:
        raise BadFilter(FilterProblem.NOT_A_DAY, text)
    if found > today:
        raise BadFilter(FilterProblem.DAY_AHEAD, text)
    return found


def instant(text: str, now: datetime, time_zone: str) -> datetime | None:
    """An instant such as `2026-03-05T08:00` in the trial's zone, or None. Errors: BadFilter."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadFilter(FilterProblem.NOT_AN_INSTANT, text) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(time_zone))
    if found > now:
        raise BadFilter(FilterProblem.INSTANT_AHEAD, text)
    return found


def statuses(text: str) -> Status | str | None:
    """The status, PENDING, or None for all. Errors: BadFilter."""
    if not text or text == PENDING:
        return text or None
    try:
        return Status(text)
    except ValueError:
        raise BadFilter(FilterProblem.UNKNOWN_STATUS, text) from None


def at_sites(text: str, at: StaffOccasion) -> StaffOccasion:
    """The reader at the site asked for; never more than their own. Errors: BadFilter."""
    if not text:
        return at
    if text not in at.sites or text not in [site.code for site in at.study.sites]:
        raise BadFilter(FilterProblem.UNKNOWN_SITE, text)
    return at.narrowed_to(only(text))


def grouping(text: str, allowed: Sequence[By]) -> By | None:
    """By what the rates are told apart; by scale the patients are not. Errors: BadFilter."""
    if not text or text == BY_SCALE:
        return None
    for by in allowed:
        if text == by:
            return by
    raise BadFilter(FilterProblem.UNKNOWN_GROUPING, text)


def gap(text: str, study: Study, scales: Sequence[str]) -> Behind | None:
    """What an address asks for: `taken_out`, `because.P_TOO_ILL`, or of a visit, or of all,
    `V3.E-V`, `V3.X` or, where each score is told apart, `V3.value.FACT_G`. Errors: BadFilter.
    """
    if not text or text == TAKEN_OUT:
        return TAKEN_OUT if text else None
    reasons = because(study)
    if text in reasons:
        return reasons[text]
    of, _, number = text.partition(".")
    # From a larger number to one of its parts, or all of one number.
    asked: dict[str, tuple[Number, Number | None]] = {str(each): (each, None) for each in Number}
    asked |= {f"{whole}-{part}": (whole, part) for whole, part in combinations(NESTED, 2)}
    values = {f"value.{scale}": scale for scale in scales}
    if of == POOLED or of in [visit.code for visit in study.all_visits]:
        if number in asked:
            return Between(of, *asked[number])
        if number in values:
            return WithValue(of, values[number])
    raise BadFilter(FilterProblem.UNKNOWN_GAP, text)
