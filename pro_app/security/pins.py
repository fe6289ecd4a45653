"""Which PINs there may be: one rule for those that patients choose and those that are drawn."""

from collections.abc import Iterable
from itertools import pairwise

#: A new PIN has so many digits; older ones of at least SHORTEST open until they are changed.
LENGTH = 6
SHORTEST = 4
#: Years of birth, of weddings and of the trial itself.
_YEARS = range(1900, 2040)
#: Of each month, the first one being no month; which year is meant is not known.
_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Paths on the keypad and numbers with a meaning that no rule below finds.
_OFTEN_CHOSEN = frozenset({
    "147258", "147369", "147852", "159357", "159753", "258147", "258369", "258456", "321654",
    "357159", "369147", "369258", "456123", "456852", "654123", "741852", "753159", "753951",
    "789456", "852456", "852741", "852963", "951753", "963741", "963852", "987321", "123654",
    "123789", "789123", "142857", "314159", "112358", "271828", "110119", "110120", "119120",
    "100200", "520131", "131420", "131452", "521125", "584520",
})  # fmt: skip


def may_be_chosen(text: str) -> bool:
    """Whether the patient's door takes it as a new PIN."""
    return is_pin(text) and len(text) == LENGTH and not is_easily_guessed(text)


def first_allowed(drawn: Iterable[str]) -> str:
    """The first of these that the patient's door takes. Errors: StopIteration, there is none."""
    return next(pin for pin in drawn if may_be_chosen(pin))


def is_pin(text: str) -> bool:
    """Whether it can be anybody's PIN, an older one too."""
    return text.isascii() and text.isdecimal() and SHORTEST <= len(text) <= LENGTH


def is_easily_guessed(pin: str) -> bool:
    """Whether six digits are among those that a stranger would try first."""
    return _is_pattern(pin) or _has_year(pin) or _is_date(pin) or pin in _OFTEN_CHOSEN


def _is_pattern(pin: str) -> bool:
    """Equal steps (9 and 0 are neighbours), few digits, a part repeated, pairs, or a mirror."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return (
        len(steps) == 1
        or len(set(pin)) <= 2
        or pin == pin[:3] * 2
        or pin[::2] == pin[1::2]
        or pin == pin[::-1]
    )


def _has_year(pin: str) -> bool:
    """A year at one end: 198507, 071985, 198585, 198571 (1 July), 711985."""
    return int(pin[:4]) in _YEARS or int(pin[2:]) in _YEARS


def _is_date(pin: str) -> bool:
    """Day and month before or after two digits of a year, in either order."""
    first, second, third = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    pairs = ((first, second), (second, first), (second, third), (third, second))
    return any(_is_day(month, day) for month, day in pairs)


def _is_day(month: int, day: int) -> bool:
    return month < len(_DAYS) and 1 <= day <= _DAYS[month]
