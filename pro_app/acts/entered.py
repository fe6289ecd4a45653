"""What people enter in the desk's forms: read, or said what is wrong with it."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

#: A few words; what is longer belongs into the patient's file.
LONGEST_TEXT = 500
#: Earlier days are slips of the pen.
_EARLIEST = date(1900, 1, 1)


class Problem(StrEnum):
    """Why something is not taken; the first that fits. Nothing that was given is lost."""

    UNKNOWN_PATIENT = "UNKNOWN_PATIENT"  # no such number, or not at these sites
    NO_SUCH_EVENT = "NO_SUCH_EVENT"  # it was corrected or taken back in the meantime
    KIND_MISSING = "KIND_MISSING"  # nothing of the list is chosen
    NOT_A_DAY = "NOT_A_DAY"  # not YYYY-MM-DD, or empty
    NOT_A_TIME = "NOT_A_TIME"  # not HH:MM
    NO_DAY_TO_IT = "NO_DAY_TO_IT"  # a time of day without the day
    DAY_AHEAD = "DAY_AHEAD"  # a day that has not come
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"  # a pause that is planned more than a year ahead
    BEFORE_SCREENING = "BEFORE_SCREENING"  # a day before she was screened
    SECOND_DEATH = "SECOND_DEATH"  # a death is recorded already
    KNOWN_ALREADY = "KNOWN_ALREADY"  # the same stands there already
    NOTHING_CHANGED = "NOTHING_CHANGED"  # everything is as it was
    TOO_LONG = "TOO_LONG"  # a text is longer than LONGEST_TEXT
    WHY_MISSING = "WHY_MISSING"  # what was recorded changes, and nobody says why
    ENDS_BEFORE_IT_BEGINS = "ENDS_BEFORE_IT_BEGINS"  # a pause that is over before its first day
    NOT_A_CHOICE = "NOT_A_CHOICE"  # a value that the list does not have
    EMPTIED = "EMPTIED"  # a recorded value can be corrected, not emptied
    VERSION_MISSING = "VERSION_MISSING"  # a consent without its version


@dataclass(frozen=True, slots=True)
class Refused:
    """`field` is the one at fault, `on` a day that the message names."""

    problem: Problem
    field: str
    on: date | None = None


def day_of(text: str) -> date | None:
    """The day as written YYYY-MM-DD, None where it is not one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text and day >= _EARLIEST else None


def time_of(text: str) -> time | None:
    """The time of day as written HH:MM, None where it is not one."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return found if f"{found:%H:%M}" == text else None


def written(at: time) -> str:
    """A time of day as the forms and the files write it."""
    return f"{at:%H:%M}"


def words_of(text: str) -> str | None:
    """A text, None where nothing was written."""
    return text or None
