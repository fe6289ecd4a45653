"""How long somebody has to wait after wrong tries: longer each time, never for good."""

from datetime import datetime, timedelta

#: After this many wrong ones the next try has to wait; each further one doubles it.
FREE_TRIES = 4
_FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


def wait_after(wrong: int) -> timedelta:
    beyond = wrong - FREE_TRIES
    if beyond < 0:
        return timedelta(0)
    return min(LONGEST_WAIT, _FIRST_WAIT * (1 << min(beyond, 10)))


def wait_left(wrong: int, last_wrong_at: datetime | None, now: datetime) -> timedelta:
    """How long until the next try is taken; zero: at once."""
    if last_wrong_at is None:
        return timedelta(0)
    return max(timedelta(0), last_wrong_at + wait_after(wrong) - now)
