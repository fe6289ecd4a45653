"""Who a patient is and how to reach them: the fields, and what may stand in each."""

import re
from enum import StrEnum


class Field(StrEnum):
    """What the contact book may hold of a patient."""

    NAME = "NAME"
    PHONE = "PHONE"
    WECHAT = "WECHAT"
    EMAIL = "EMAIL"
    PREFERRED_HOUR = "PREFERRED_HOUR"  # from which hour of the day the patient likes to be asked


#: Source: product.md row 38, messages go out between 8 and 20 o'clock only.
FIRST_HOUR, LAST_HOUR = 8, 19
LONGEST = 100
#: Of a WeChat id, from and to.
SHORTEST_WECHAT, LONGEST_WECHAT = 5, 31

_SHAPES = {
    Field.PHONE: re.compile(r"\+?[0-9][0-9 \-]{5,20}"),
    Field.WECHAT: re.compile(rf"[A-Za-z0-9][\w\-]{{{SHORTEST_WECHAT - 1},{LONGEST_WECHAT - 1}}}"),
    Field.EMAIL: re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
}


def fits(field: Field, words: str) -> bool:
    """Whether the words may stand in a field; they are stripped and not empty."""
    if len(words) > LONGEST or not words.isprintable():
        return False
    if field is Field.PREFERRED_HOUR:
        return words.isdecimal() and FIRST_HOUR <= int(words) <= LAST_HOUR
    shape = _SHAPES.get(field)
    return shape is None or shape.fullmatch(words) is not None
