"""When something happened by the server's clock, told by a phone whose clock may be off."""

from datetime import datetime, timedelta

#: A form may lie so long on a phone; of older ones no day is believed.
LONGEST_WAIT = timedelta(days=60)


def corrected(
    instant: datetime | None, *, device_at: datetime | None, now: datetime
) -> datetime | None:
    """The instant by the server's clock, never after `now`; None where it can't be told.

    `instant` and `device_at` are of the phone's clock; that stood at `device_at` when
    the message was sent, which is `now`. What matters is how long ago it was, and the
    phone can tell that however wrong its clock is, as long as nobody sets it meanwhile.
    """
    if instant is None or device_at is None:
        return None
    ago = device_at - instant
    return now - ago if timedelta(0) <= ago <= LONGEST_WAIT else None
