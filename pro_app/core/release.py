"""Whose rows may leave: withdrawn consent to further use, and what the site decided of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pro_app.core.course import consent_withdrawn_on
from pro_app.core.facts import EventFact, EventKind


class Ruling(StrEnum):
    """What becomes of data that were collected before a withdrawal of consent."""

    RETAIN = "retain"  # they stay in the trial, as regulators usually ask
    ERASE = "erase"  # they never leave again


@dataclass(frozen=True, slots=True)
class Ruled:
    """A site's decision and the instant at which it was recorded."""

    ruling: Ruling
    at: datetime


def is_withheld(events: Iterable[tuple[EventFact, datetime]], ruled: Ruled | None) -> bool:
    """Whether no row of the patient may leave, by what is known now.

    Whatever day or instant a report asks for, only what is known now counts: a withdrawal
    takes back the past too. A decision answers the withdrawals that were recorded before
    it; another one asks for another decision.
    Shapes: `events` with the instant at which each was recorded.
    Source: science page, section 3, "Withdrawn consent to further use".
    """
    if ruled is not None and ruled.ruling is Ruling.ERASE:
        return True
    recorded = list(events)
    if consent_withdrawn_on(event for event, _ in recorded) is None:
        return False
    latest = max(at for event, at in recorded if event.kind is EventKind.WITHDRAWAL_CONSENT)
    return ruled is None or ruled.at < latest
