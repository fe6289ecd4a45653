"""Versions of a consent: which one is the first, and what can't be recorded beside it."""

from datetime import date

from pro_app.core.consents import Clash, Signed, Versions, added, with_version

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
ONE, TWO = Signed("1.0", MARCH), Signed("2.0", APRIL)
BOTH = Versions(ONE, (TWO,))


def test_the_first_version_that_is_recorded_is_the_first() -> None:
    assert with_version(Versions(), TWO) == Versions(TWO)


def test_a_later_version_stands_behind_the_first() -> None:
    assert with_version(Versions(ONE), TWO) == BOTH
    third = Signed("3.0", MAY)
    assert with_version(BOTH, third) == Versions(ONE, (TWO, third))


def test_another_version_of_the_first_day_is_a_later_one() -> None:
    same_day = Signed("1.1", MARCH)
    assert with_version(Versions(ONE), same_day) == Versions(ONE, (same_day,))


def test_a_version_that_was_signed_before_the_first_takes_its_place() -> None:
    assert with_version(Versions(TWO), ONE) == Versions(ONE, (TWO,))
    third = Signed("3.0", MAY)
    assert with_version(Versions(TWO, (third,)), ONE) == Versions(ONE, (TWO, third))


def test_a_version_that_is_known_changes_nothing() -> None:
    assert with_version(BOTH, ONE) == BOTH
    assert with_version(BOTH, TWO) == BOTH


def test_a_version_has_one_day() -> None:
    assert with_version(BOTH, Signed("1.0", APRIL)) == (Clash.OTHER_DAY, MARCH)
    assert with_version(BOTH, Signed("2.0", MAY)) == (Clash.OTHER_DAY, APRIL)


def test_a_first_consent_without_a_version_gets_the_one_of_its_day() -> None:
    unnamed = Versions(Signed(None, MARCH))
    assert with_version(unnamed, ONE) == Versions(ONE)
    assert with_version(unnamed, TWO) == Versions(Signed(None, MARCH), (TWO,))


def test_nothing_comes_before_a_first_consent_without_a_version() -> None:
    unnamed = Versions(Signed(None, APRIL))
    assert with_version(unnamed, ONE) == (Clash.FIRST_UNNAMED, APRIL)


def test_what_a_change_adds_is_what_was_not_there() -> None:
    assert added(Versions(ONE), BOTH) == [TWO]
    assert added(Versions(TWO), Versions(ONE, (TWO,))) == [TWO]
    assert added(BOTH, BOTH) == []
