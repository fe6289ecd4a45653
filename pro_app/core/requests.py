"""What a patient may ask about their data, until when it is answered, and how."""

from datetime import date, timedelta
from enum import StrEnum

#: The law (PIPL 45–47, 50) says "in good time" and names no number, and neither does the
#: protocol: thirty days is our own promise. A patient reads the day on their page.
ANSWER_WITHIN_DAYS = 30


class RequestKind(StrEnum):
    """What the patient wants; in the order in which they are shown."""

    COPY = "COPY"  # of all that was handed in
    CORRECTION = "CORRECTION"  # of something that is wrong
    WITHDRAWAL = "WITHDRAWAL"  # to be asked no more
    DELETION = "DELETION"  # of what may be erased


class RequestOutcome(StrEnum):
    """How a request was answered."""

    DONE = "DONE"
    PARTLY = "PARTLY"  # the patient was told what could not be done, and why
    REFUSED = "REFUSED"  # the patient was told why


def due_on(asked_on: date) -> date:
    """The last day on which it is answered in time."""
    return asked_on + timedelta(ANSWER_WITHIN_DAYS)


def needs_words(outcome: RequestOutcome) -> bool:
    """Whether the patient has to be told why: whatever was not done in full."""
    return outcome is not RequestOutcome.DONE
