"""What a phone says of time is believed as far as a wrong clock can't spoil it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pro_app.core.instants import LONGEST_WAIT, corrected

NOW = datetime(2026, 4, 1, tzinfo=UTC)
_CLOCKS = st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=4000))
_LASTING = st.timedeltas(min_value=timedelta(0), max_value=LONGEST_WAIT)
_ANY = _CLOCKS.map(lambda off: NOW + off)


@given(off=_CLOCKS, ago=_LASTING)
def test_a_clock_that_is_off_changes_nothing(off: timedelta, ago: timedelta) -> None:
    clock = NOW + off
    assert corrected(clock - ago, device_at=clock, now=NOW) == NOW - ago


@given(instant=_ANY, device_at=_ANY)
def test_it_is_never_after_now_nor_longer_ago_than_is_believed(
    instant: datetime, device_at: datetime
) -> None:
    found = corrected(instant, device_at=device_at, now=NOW)
    assert found is None or NOW - LONGEST_WAIT <= found <= NOW


@given(off=_CLOCKS, first=_LASTING, second=_LASTING)
def test_what_came_first_stays_first(off: timedelta, first: timedelta, second: timedelta) -> None:
    clock = NOW + off
    began, ended = sorted([clock - first, clock - second])
    found = [corrected(each, device_at=clock, now=NOW) for each in (began, ended)]
    assert None not in found
    assert found[1] - found[0] == ended - began  # type: ignore[operator]


def test_without_the_clock_s_own_reading_nothing_can_be_told() -> None:
    assert corrected(NOW, device_at=None, now=NOW) is None
    assert corrected(None, device_at=NOW, now=NOW) is None


def test_what_lies_ahead_of_the_phone_s_own_clock_is_not_believed() -> None:
    assert corrected(NOW + timedelta(seconds=1), device_at=NOW, now=NOW) is None
    assert corrected(NOW - LONGEST_WAIT - timedelta(seconds=1), device_at=NOW, now=NOW) is None
