"""Pauses: messages are held on both of their ends and between."""

from datetime import date, timedelta

from pro_app.core.pauses import PauseFact, PauseKind, held

DAY = timedelta(days=1)
FROM, UNTIL = date(2026, 2, 14), date(2026, 2, 23)
FESTIVAL = PauseFact(PauseKind.FESTIVAL, FROM, UNTIL)
OPEN = PauseFact(PauseKind.HOSPITAL_STAY, FROM, None)


def test_a_pause_holds_from_its_first_day_to_its_last() -> None:
    days = (FROM - DAY, FROM, UNTIL, UNTIL + DAY)
    assert [FESTIVAL.holds(day) for day in days] == [False, True, True, False]
    assert [OPEN.holds(day) for day in days] == [False, True, True, True]


def test_any_pause_holds_messages() -> None:
    over = PauseFact(PauseKind.OTHER, FROM - 9 * DAY, FROM - 5 * DAY)
    assert held([over, FESTIVAL], FROM)
    assert not held([over, FESTIVAL], UNTIL + DAY)
    assert not held([], FROM)
