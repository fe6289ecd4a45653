"""At which visits a site is told that too few forms came."""

from pro_app.core.completion import FEWEST, low_visits
from pro_app.core.rates import Counts, VisitRates


def row(visit: str, valid: int, expected: int) -> VisitRates:
    return VisitRates(visit, 3, Counts(20, 20, expected, expected, expected, valid, valid))


def test_less_than_the_floor_is_low_and_the_floor_itself_is_not() -> None:
    rows = [row("V1", 7, 10), row("V2", 8, 10), row("V3", 10, 10)]
    assert low_visits(rows, 0.8) == {"V1"}


def test_of_a_few_forms_nothing_is_said_yet() -> None:
    assert low_visits([row("V1", 0, FEWEST - 1)], 0.8) == frozenset()
    assert low_visits([row("V1", 0, FEWEST)], 0.8) == {"V1"}


def test_without_a_floor_nothing_is_low() -> None:
    assert low_visits([row("V1", 0, 10)], None) == frozenset()


def test_a_few_are_fewer_than_five() -> None:
    assert low_visits([row("V1", 0, 4), row("V2", 0, 5)], 0.8) == {"V2"}
