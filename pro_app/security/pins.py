"""Which PINs there may be: one rule for those that patients choose and those that are drawn."""

from collections.abc import Iterable
from itertools import pairwise

#: So many digits a PIN has, from and to.
SHORTEST, LONGEST = 4, 6
# Of the choices that no rule below finds, those that lists of leaked ones begin with.
_OFTEN_CHOSEN = frozenset({"1004", "1314", "2580", "5201", "147258", "159753", "112233", "123321"})


def may_be_chosen(text: str) -> bool:
    """Whether the patient's door takes it as a new PIN."""
    return is_pin(text) and not is_easily_guessed(text)


def first_allowed(drawn: Iterable[str]) -> str:
    """The first of these that the patient's door takes. Errors: StopIteration, there is none."""
    return next(pin for pin in drawn if may_be_chosen(pin))


def is_pin(text: str) -> bool:
    return text.isascii() and text.isdecimal() and SHORTEST <= len(text) <= LONGEST


def is_easily_guessed(pin: str) -> bool:
    """Whether it is among those that a stranger would try first.

    One digit throughout, counting up or down (9 and 0 are neighbours), a part that is
    repeated, or one that many people choose.
    """
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    repeated = any(pin == pin[:part] * (len(pin) // part) for part in (1, 2, 3) if part < len(pin))
    return steps in ({1}, {9}) or repeated or pin in _OFTEN_CHOSEN
