"""Looking over the data: how far a query is, and whether a form was found fit.

Neither changes an answer, a status or a rate. Both are computed from what was written
and decided; no state is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Deed(StrEnum):
    """What was done with a query."""

    ASKED = "ASKED"  # for the first time, or again since the answer was not enough
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"
    OPENED_AGAIN = "OPENED_AGAIN"


class QueryState(StrEnum):
    """How far a query is: whose turn it is."""

    OPEN = "OPEN"  # the site has to answer
    ANSWERED = "ANSWERED"  # whoever asks has to look at the answer
    CLOSED = "CLOSED"  # nobody's turn


_AFTER: Mapping[Deed, QueryState] = {
    Deed.ASKED: QueryState.OPEN,
    Deed.ANSWERED: QueryState.ANSWERED,
    Deed.CLOSED: QueryState.CLOSED,
    Deed.OPENED_AGAIN: QueryState.OPEN,
}

_NEXT: Mapping[QueryState, frozenset[Deed]] = {
    QueryState.OPEN: frozenset({Deed.ANSWERED, Deed.CLOSED}),
    QueryState.ANSWERED: frozenset({Deed.ASKED, Deed.CLOSED}),
    QueryState.CLOSED: frozenset({Deed.OPENED_AGAIN}),
}


def state_after(last: Deed) -> QueryState:
    """How far a query is of which this was the last deed."""
    return _AFTER[last]


def may_follow(state: QueryState, deed: Deed) -> bool:
    """Whether this can be done with a query that is so far."""
    return deed in _NEXT[state]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as it leaves: about what, how far it is, since when; none of its words.

    `form` is the submission id of the form that it is about.
    """

    id: int
    patient_id: str
    visit: str | None
    form: str | None
    field: str | None
    state: QueryState
    opened_on: date
    closed_on: date | None

    def age_days(self, as_of: date) -> int:
        """For how many days it has been open, or was until it was closed."""
        return ((self.closed_on or as_of) - self.opened_on).days


class Review(StrEnum):
    """Whether a form was looked over, in the version that is true now."""

    NOT_REVIEWED = "NOT_REVIEWED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CHANGED_SINCE = "CHANGED_SINCE"  # a correction was signed after somebody looked at it


def review_of(approved: bool | None, looked_at: int | None, revision: int) -> Review:
    """How a form stands that was found so, None: by nobody.

    `looked_at`: how many signed corrections it held then; `revision`: how many now.
    """
    if approved is None:
        return Review.NOT_REVIEWED
    if looked_at != revision:
        return Review.CHANGED_SINCE
    return Review.APPROVED if approved else Review.REJECTED
