"""At which visits too few of the expected forms came."""

from collections.abc import Iterable

from pro_app.core.rates import VisitRates

#: A rate of fewer forms than this says nothing yet.
FEWEST = 5


def low_visits(rows: Iterable[VisitRates], floor: float | None) -> frozenset[str]:
    """The visits at which less than the floor of the expected forms are valid.

    Of E, whose windows have all closed, so that one that is open makes nobody late.
    None: no floor is set.
    Source: requirement F01.
    """
    if floor is None:
        return frozenset()
    return frozenset(
        row.visit for row in rows if row.counts.e >= FEWEST and row.counts.v < floor * row.counts.e
    )
