"""Until when a request is answered, and how."""

from datetime import date

from pro_app.core.refused import LONGEST_TEXT
from pro_app.core.requests import RequestOutcome, due_on, needs_words


def test_a_request_is_answered_within_thirty_days() -> None:
    assert due_on(date(2026, 1, 31)) == date(2026, 3, 2)


def test_whatever_was_not_done_in_full_needs_words() -> None:
    told = {outcome for outcome in RequestOutcome if needs_words(outcome)}
    assert told == {RequestOutcome.PARTLY, RequestOutcome.REFUSED}


def test_words_of_one_s_own_may_be_five_hundred_characters_long() -> None:
    assert LONGEST_TEXT == 500
