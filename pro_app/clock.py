"""The only reader of the clock.

Everything else is handed its instant or day, so that any past day can be asked
about and every test can choose its own.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

#: A source of the current instant; tests hand in their own.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds on a clock that nobody can set; only the difference of two means anything.

    Where the system has such a clock, it runs on while the machine sleeps.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def day_of(instant: datetime, time_zone: str) -> date:
    """The calendar day of an aware instant in a time zone such as `Asia/Shanghai`."""
    return instant.astimezone(ZoneInfo(time_zone)).date()
