"""The codes by which phones know why a form is not taken; they stand in tasks and the trail too.

A phone of last month talks to this server: a code that was given out is never changed,
whatever the reason is called in the code.
"""

from pro_app.core.refused import Refused, Why

#: What was sent has not even the shape of a form.
BAD_MESSAGE = "BAD_MESSAGE"

CODES = {
    Why.UNKNOWN_VISIT: "UNKNOWN_VISIT",
    Why.BAD_ANSWERS: "BAD_ANSWERS",
    Why.NO_CONSENT: "NO_CONSENT",
    Why.DAY_AHEAD: "DAY_AHEAD",
    Why.NOT_OPEN_YET: "NOT_OPEN_YET",
    Why.OTHER_ANSWERS: "OTHER_ANSWERS",
    Why.NOT_LIVE: "NOT_LIVE",
    Why.NO_WORDING: "NO_WORDING",
    Why.UNKNOWN_WORDING: "UNKNOWN_WORDING",
    Why.ID_IN_USE: "ID_IN_USE",
    Why.LOCKED: "LOCKED",
}


def code_of(refused: Refused) -> str:
    """The code of a form that is not taken."""
    return CODES[refused.why]
