"""Whose turn a query is, and whether what was found of a form still holds."""

from datetime import date

import pytest

from pro_app.core.review import Asked, Deed, QueryState, Review, may_follow, review_of, state_after


@pytest.mark.parametrize(
    ("last", "state", "next_deeds"),
    [
        (Deed.ASKED, QueryState.OPEN, {Deed.ANSWERED, Deed.CLOSED}),
        (Deed.OPENED_AGAIN, QueryState.OPEN, {Deed.ANSWERED, Deed.CLOSED}),
        (Deed.ANSWERED, QueryState.ANSWERED, {Deed.ASKED, Deed.CLOSED}),
        (Deed.CLOSED, QueryState.CLOSED, {Deed.OPENED_AGAIN}),
    ],
)
def test_the_last_deed_says_how_far_a_query_is_and_what_may_follow(
    last: Deed, state: QueryState, next_deeds: set[Deed]
) -> None:
    assert state_after(last) is state
    assert {deed for deed in Deed if may_follow(state, deed)} == next_deeds


@pytest.mark.parametrize(
    ("approved", "looked_at", "revision", "review"),
    [
        (None, None, 0, Review.NOT_REVIEWED),
        (None, None, 2, Review.NOT_REVIEWED),
        (True, 0, 0, Review.APPROVED),
        (False, 1, 1, Review.REJECTED),
        (True, 0, 1, Review.CHANGED_SINCE),
        (False, 1, 2, Review.CHANGED_SINCE),
    ],
)
def test_what_was_found_of_a_form_holds_until_it_is_corrected(
    approved: bool | None, looked_at: int | None, revision: int, review: Review
) -> None:
    assert review_of(approved, looked_at, revision) is review


@pytest.mark.parametrize(("closed_on", "days"), [(None, 9), (date(2026, 3, 5), 4)])
def test_a_query_ages_until_it_is_closed(closed_on: date | None, days: int) -> None:
    opened_on = date(2026, 3, 1)
    asked = Asked(1, "L-1", "V1", None, None, QueryState.OPEN, opened_on, closed_on)
    assert asked.age_days(date(2026, 3, 10)) == days
