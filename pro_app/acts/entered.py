"""What people enter in the desk's forms: read, or said what is wrong with it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.core.possible import PAUSE, RANDOMISATION, SCREENING, Contradiction, Never

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
    DAY_AHEAD = "DAY_AHEAD"  # a day that has not come
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"  # a pause that is planned more than a year ahead
    BEFORE_SCREENING = "BEFORE_SCREENING"  # a day before she was screened
    EVENT_BEFORE_SCREENING = "EVENT_BEFORE_SCREENING"  # a screening after what happened
    SECOND_DEATH = "SECOND_DEATH"  # a death is recorded already
    DEATH_BEFORE_RANDOMISATION = "DEATH_BEFORE_RANDOMISATION"  # nobody is randomised after it
    RANDOMISED_AFTER_DEATH = "RANDOMISED_AFTER_DEATH"  # the same, from the other side
    SECOND_TRANSFER = "SECOND_TRANSFER"  # a transfer of that day is recorded already
    SAME_SITE = "SAME_SITE"  # a transfer to the site where the patient is
    NO_SITE = "NO_SITE"  # a transfer without a site, or to one that the study does not have
    CONSENT_ORDER = "CONSENT_ORDER"  # a later version was signed before the first
    CONSENT_OTHER_DAY = "CONSENT_OTHER_DAY"  # this version is recorded for another day
    CONSENT_FIRST_UNNAMED = "CONSENT_FIRST_UNNAMED"  # it comes before one without a version
    NOT_WITHDRAWN = "NOT_WITHDRAWN"  # consent to further use is not withdrawn
    SOURCE_MISSING = "SOURCE_MISSING"  # nothing shows the decision
    DECIDED = "DECIDED"  # that is what was decided before
    ERASED = "ERASED"  # what was decided to be erased never leaves again
    ABLE_IS_CORRECTED = "ABLE_IS_CORRECTED"  # after the randomisation the investigator's alone
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
    """`field` is the one at fault, `on` a day that the message names, `what` a kind of event."""

    problem: Problem
    field: str
    on: date | None = None
    what: str = ""


def impossible_event(found: Contradiction) -> Refused:
    """What can't be, told to whoever enters an event or a pause."""
    field = {
        Never.SECOND_DEATH: "kind",
        Never.SECOND_TRANSFER: "on",
        Never.SAME_SITE: "to_site",
        Never.NO_SITE: "to_site",
    }.get(found.never, "since" if found.what == PAUSE else "on")
    return Refused(Problem(found.never.value), field, found.against or found.on, found.what)


def impossible_data(found: Contradiction) -> Refused:
    """The same, told to whoever enters a patient's own days: the other day stands already."""
    if found.never is Never.BEFORE_SCREENING:
        return Refused(Problem.EVENT_BEFORE_SCREENING, SCREENING, found.on, found.what)
    if found.never is Never.DEATH_BEFORE_RANDOMISATION:
        return Refused(Problem.RANDOMISED_AFTER_DEATH, RANDOMISATION, found.on)
    return Refused(Problem.DAY_AHEAD, found.what)


def day_of(text: str) -> date | None:
    """The day as written YYYY-MM-DD, None where it is not one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text and day >= _EARLIEST else None


def words_of(text: str) -> str | None:
    """A text, None where nothing was written."""
    return text or None
