"""Times in which a patient is not to be asked; no window moves for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PauseKind(StrEnum):
    """Why a patient is left alone."""

    HOSPITAL_STAY = "hospital_stay"
    FESTIVAL = "festival"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PauseFact:
    """Both days belong to the pause; `until_on` is None while its end is not known."""

    kind: PauseKind
    from_on: date
    until_on: date | None

    def holds(self, day: date) -> bool:
        """Whether messages are held on this day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


def held(pauses: Iterable[PauseFact], day: date) -> bool:
    """Whether any of the pauses holds messages on this day."""
    return any(pause.holds(day) for pause in pauses)
