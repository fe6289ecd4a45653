"""What a phone says of time is believed as far as a wrong clock can't spoil it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pro_app.core.instants import (
    LONGEST_WAIT,
    RECORDED_AHEAD,
    DayDoubt,
    as_told,
    corrected,
    doubt,
    is_ahead,
)

NOW = datetime(2026, 4, 1, tzinfo=UTC)
_CLOCKS = st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=4000))
_LASTING = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000))
_ANY = _CLOCKS.map(lambda off: NOW + off)


@given(off=_CLOCKS, ago=_LASTING)
def test_a_clock_that_is_off_changes_nothing(off: timedelta, ago: timedelta) -> None:
    clock = NOW + off
    assert corrected(clock - ago, device_at=clock, now=NOW) == NOW - ago


@given(instant=_ANY, device_at=_ANY)
def test_it_is_never_after_now_and_can_be_told_back(instant: datetime, device_at: datetime) -> None:
    found = corrected(instant, device_at=device_at, now=NOW)
    assert found is None or found <= NOW
    told = as_told(found, device_at=device_at, received_at=NOW)
    assert told == (None if found is None else instant)


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


def test_however_long_ago_is_believed_and_long_is_worth_a_look() -> None:
    for ago in (LONGEST_WAIT + timedelta(seconds=1), timedelta(days=1500)):
        finished_at = corrected(NOW - ago, device_at=NOW, now=NOW)
        assert finished_at == NOW - ago
        assert doubt(finished_at, device_at=NOW, received_at=NOW) is DayDoubt.LONG_ON_ITS_WAY
    assert doubt(NOW - LONGEST_WAIT, device_at=NOW, received_at=NOW) is None
    assert doubt(None, device_at=NOW, received_at=NOW) is DayDoubt.NOT_TOLD
    assert doubt(None, device_at=None, received_at=NOW) is None


def test_an_instant_is_ahead_by_more_than_a_minute_and_what_it_was_when_written() -> None:
    minute, day = timedelta(minutes=1), timedelta(days=1)
    second = timedelta(seconds=1)
    for at_most in (timedelta(0), day):
        latest = NOW + at_most + minute
        assert not is_ahead(latest, NOW, at_most=at_most)
        assert is_ahead(latest + second, NOW, at_most=at_most)
    assert not is_ahead(NOW - day, NOW)
    assert is_ahead(NOW + minute + second, NOW)
    assert not is_ahead(NOW + minute, NOW)


def test_a_form_may_be_on_its_way_for_sixty_days_and_a_record_lie_ahead_by_one() -> None:
    assert timedelta(days=60) == LONGEST_WAIT
    assert timedelta(days=1) == RECORDED_AHEAD
