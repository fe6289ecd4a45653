"""When something happened by the server's clock, told by a phone whose clock may be off.

And what was written down while the server's own clock ran ahead, and was put right since.
"""

from datetime import datetime, timedelta
from enum import StrEnum

#: A form that was longer on its way is kept all the same; somebody should look at its day.
LONGEST_WAIT = timedelta(days=60)
#: The clocks of machines that the network keeps right differ by less.
SLACK = timedelta(minutes=1)
#: What is recorded may lie so far ahead and no further: after a cut that a clock took which ran
#: ahead. A request may take hours from its own instant until it records, but not a day.
RECORDED_AHEAD = timedelta(days=1)


def is_ahead(instant: datetime, now: datetime, *, at_most: timedelta = timedelta(0)) -> bool:
    """Whether a stored instant of the server lies too far ahead: what it began is then over.

    It was written down by a clock that ran ahead and was put right since. `at_most`: how far
    ahead it was when it was written down; zero for what had just happened.
    """
    return instant - now > at_most + SLACK


class DayDoubt(StrEnum):
    """Why the day of a form that a phone sent should be looked at; it is kept either way."""

    NOT_TOLD = "NOT_TOLD"  # the phone's clock made no sense: the day is that of arrival
    LONG_ON_ITS_WAY = "LONG_ON_ITS_WAY"  # finished more than LONGEST_WAIT before it arrived


def corrected(
    instant: datetime | None, *, device_at: datetime | None, now: datetime
) -> datetime | None:
    """The instant by the server's clock, never after `now`; None where it can't be told.

    `instant` and `device_at` are of the phone's clock; that stood at `device_at` when
    the message was sent, which is `now`. What matters is how long ago it was, and the
    phone can tell that however wrong its clock is, as long as nobody sets it meanwhile.
    However long ago is believed: a form may lie on a phone for years.
    """
    if instant is None or device_at is None:
        return None
    ago = device_at - instant
    return now - ago if ago >= timedelta(0) else None


def as_told(
    instant: datetime | None, *, device_at: datetime | None, received_at: datetime
) -> datetime | None:
    """What the phone's own clock had said of an instant that was corrected: the way back."""
    if instant is None or device_at is None:
        return None
    return device_at - (received_at - instant)


def doubt(
    finished_at: datetime | None, *, device_at: datetime | None, received_at: datetime
) -> DayDoubt | None:
    """Whether the day of a form that a phone sent is doubtful; `finished_at` is corrected."""
    if device_at is None:
        return None
    if finished_at is None:
        return DayDoubt.NOT_TOLD
    return DayDoubt.LONG_ON_ITS_WAY if received_at - finished_at > LONGEST_WAIT else None
