"""One reading of a day at every door, and one rule for what can't be seen around a text."""

from datetime import date

import pytest

from pro_app.acts.entered import day_of, trimmed

DAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    "text", ["2026-03-05", "2026/3/5", "2026/03/05", "2026.3.5", "2026年3月5日", "2026年03月05日"]
)
def test_a_day_is_read_with_its_year_first(text: str) -> None:
    assert day_of(text) == DAY


@pytest.mark.parametrize(
    "text",
    ["", "2026-3-5", "2026/3.5", "2026/3-5", "2026年3月5", "2026/3/5日", "5/3/2026", "26/3/5",
     "20260305", "2026/2/30", "1899/12/31", "２０２６/3/5", "2026-03-05 00:00", "2026-W10-4"],
)  # fmt: skip
def test_what_may_mean_another_day_is_none(text: str) -> None:
    assert day_of(text) is None


@pytest.mark.parametrize("around", [" ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2009"])
def test_what_can_not_be_seen_around_a_text_is_no_part_of_it(around: str) -> None:
    assert trimmed(f"{around}a{around}b{around}{around}") == f"a{around}b"
