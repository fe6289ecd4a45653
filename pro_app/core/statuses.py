"""What can become of one visit, and what is told of one that was not answered.

Source: science page, section 3.
"""

from enum import StrEnum


class Status(StrEnum):
    """What became of one visit; exactly one fits on any day."""

    ERR_FORM_AFTER_DEATH = "ERR_FORM_AFTER_DEATH"  # answered after the death: a query
    QUARANTINE_BEFORE_CONSENT = "QUARANTINE_BEFORE_CONSENT"  # before the first PRO consent
    QUARANTINE_AFTER_WITHDRAWAL = "QUARANTINE_AFTER_WITHDRAWAL"  # the site has to decide
    EXTRA_AFTER_STOP = "EXTRA_AFTER_STOP"  # answered though the protocol no longer asks
    OUT_OF_WINDOW = "OUT_OF_WINDOW"  # answered before the window opened or after it closed
    VALID = "VALID"  # answered in the window, with enough items
    PARTIAL = "PARTIAL"  # answered in the window, with some items
    EMPTY = "EMPTY"  # handed in in the window with no item answered
    NE_DEATH = "NE_DEATH"  # not expected: died before the target day
    NE_NOT_CONSENTED = "NE_NOT_CONSENTED"  # not expected: consented after the window
    NE_WITHDRAWN = "NE_WITHDRAWN"  # not expected: had withdrawn on the target day
    NE_PROTOCOL_STOP = "NE_PROTOCOL_STOP"  # not expected: stopped before the target day
    NOT_YET_DUE = "NOT_YET_DUE"  # the window has not opened
    WINDOW_OPEN = "WINDOW_OPEN"  # the window is open and no form is in
    MISSING = "MISSING"  # expected, the window has closed, no form is in


class Pattern(StrEnum):
    """How a missing visit lies among the later ones."""

    INTERMITTENT = "INTERMITTENT"  # a later visit was answered
    MONOTONE = "MONOTONE"  # no later visit was answered and none can be
    UNDETERMINED = "UNDETERMINED"  # later visits may still be answered


class Flag(StrEnum):
    """What had happened by a missing visit; it stays expected all the same."""

    AFTER_PROGRESSION = "AFTER_PROGRESSION"  # the disease progressed before the target day
    AFTER_LTFU = "AFTER_LTFU"  # lost to follow-up before the target day
    DIED_IN_WINDOW = "DIED_IN_WINDOW"  # died between the target day and the close


#: Statuses that carry a pattern, a reason and flags.
UNANSWERED = frozenset({Status.MISSING, Status.EMPTY})
#: Statuses of a form that the site has to decide on.
QUARANTINED = frozenset({Status.QUARANTINE_BEFORE_CONSENT, Status.QUARANTINE_AFTER_WITHDRAWAL})
