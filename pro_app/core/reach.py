"""Whether a patient can still be reached: the last proof of it, and when that is too old."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from pro_app.core.schedule import PlannedVisit


class Way(StrEnum):
    """What shows that the patient was there."""

    FORM = "FORM"  # a form that they answered, by whichever way it came
    PAGE = "PAGE"  # signed in on their own phone
    CALL = "CALL"  # an attempt to reach them that did


class Proof(NamedTuple):
    on: date
    way: Way


@dataclass(frozen=True, slots=True)
class Reach:
    """The last proof, None where there never was one, and since when one is to be had.

    `since_on` None: nothing is expected of any channel yet, or any more.
    """

    proof: Proof | None
    since_on: date | None

    @property
    def lost(self) -> bool:
        """Whether nothing was seen of the patient for longer than one interval between visits."""
        return self.since_on is not None and (self.proof is None or self.proof.on < self.since_on)


def reach(proofs: Iterable[Proof], windows: Sequence[PlannedVisit], *, today: date) -> Reach:
    """What is known on a day of whether a patient can be reached.

    The proof is too old when it lies before the opening of the last window that has
    closed: a whole visit then went by without a sign of life, and the next one is
    open or to come. Before the first window has closed, and after the last, no
    proof is too old.
    Shapes: `windows` in protocol order, as `plan.asked_from` makes them.
    Source: product.md N12, "red when older than the next visit", read as older than
    one interval between visits.
    """
    closed = [window for window in windows if window.closes_on < today]
    between = closed and len(closed) < len(windows)
    return Reach(max(proofs, default=None), closed[-1].opens_on if between else None)
