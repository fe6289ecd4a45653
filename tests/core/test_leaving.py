"""Withdrawn consent: whose data may leave, up to which day."""

from datetime import UTC, date, datetime

import pytest

from pro_app.core.facts import EventKind
from pro_app.core.leaving import Decided, Held, Ruling, Step, Why, held, stricter

OUT, BACK = EventKind.WITHDRAWAL_CONSENT, EventKind.RETURN_CONSENT
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


def step(kind: EventKind, on: date, recorded: date | None = None) -> Step:
    return Step(kind, on, at(recorded or on))


def test_nobody_withdrew_so_all_may_leave() -> None:
    assert held([], None) is None
    assert held([], Decided(Ruling.RETAIN, at(MARCH))) is None


def test_nothing_leaves_until_the_site_has_decided() -> None:
    assert held([step(OUT, MARCH)], None) == Held(Why.UNDECIDED, MARCH, None)


def test_retained_are_the_data_up_to_the_day_of_the_withdrawal() -> None:
    found = held([step(OUT, MARCH)], Decided(Ruling.RETAIN, at(APRIL)))
    assert found == Held(Why.RETAINED, MARCH, MARCH)
    assert [found.may_leave(day) for day in (MARCH, date(2026, 3, 2), None)] == [True, False, True]


def test_erased_data_leave_never_again() -> None:
    erase = Decided(Ruling.ERASE, at(APRIL))
    assert held([step(OUT, MARCH)], erase) == Held(Why.ERASED, MARCH, None)
    assert held([step(OUT, MARCH), step(BACK, MAY)], erase) == Held(Why.ERASED, None, None)
    assert held([], erase) == Held(Why.ERASED, None, None)
    assert not Held(Why.ERASED, None, None).may_leave(None)


def test_a_return_lets_everything_leave_again() -> None:
    assert held([step(OUT, MARCH), step(BACK, APRIL)], None) is None


def test_a_decision_does_not_answer_a_later_withdrawal() -> None:
    steps = [step(OUT, MARCH), step(BACK, APRIL), step(OUT, MAY)]
    assert held(steps, Decided(Ruling.RETAIN, at(MARCH))) == Held(Why.UNDECIDED, MAY, None)
    assert held(steps, Decided(Ruling.RETAIN, at(MAY))) == Held(Why.RETAINED, MAY, MAY)


def test_a_withdrawal_that_is_recorded_late_awaits_its_own_decision() -> None:
    late = step(OUT, MARCH, recorded=MAY)
    assert held([late], Decided(Ruling.RETAIN, at(APRIL))) == Held(Why.UNDECIDED, MARCH, None)


@pytest.mark.parametrize(
    ("before", "since"), [([], None), ([step(OUT, MARCH)], APRIL)], ids=["from nothing", "again"]
)
def test_of_both_on_one_day_the_return_ends_what_there_was(
    before: list[Step], since: date | None
) -> None:
    found = held([*before, step(OUT, APRIL), step(BACK, APRIL)], None)
    assert (found.withdrawn_on if found else None) == since


def test_the_stricter_of_two_views_is_the_one_by_which_less_leaves() -> None:
    none, some, more = (
        Held(Why.UNDECIDED, MARCH, None),
        Held(Why.RETAINED, MARCH, MARCH),
        Held(Why.RETAINED, APRIL, APRIL),
    )
    assert stricter(None, None) is None
    assert stricter(None, some) == stricter(some, None) == some
    assert stricter(some, none) == stricter(none, some) == none
    assert stricter(more, some) == stricter(some, more) == some
