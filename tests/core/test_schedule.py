"""The plan: targets from the anchor alone, windows that never overlap."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.schedule import PlannedVisit, add_months, plan
from pro_app.studies import load

VISITS = load("nct04158843").visits
ANCHORS = st.dates(date(2015, 1, 1), date(2040, 12, 31))


def target(anchor: date, month: int) -> date:
    return next(v.target_on for v in plan(VISITS, anchor) if v.month == month)


def test_the_plan_of_one_patient_is_that_of_the_protocol() -> None:
    planned = plan(VISITS, date(2021, 1, 11))

    assert [(v.visit, v.month) for v in planned[:6]] == [
        ("V0", 0),
        ("V1", 3),
        ("V2", 6),
        ("V3", 9),
        ("V4", 12),
        ("V5", 18),
    ]
    assert planned[0] == PlannedVisit(
        "V0", 0, date(2020, 12, 28), date(2021, 1, 11), date(2021, 1, 11)
    )
    assert planned[-1] == PlannedVisit(
        "V10", 48, date(2024, 12, 14), date(2025, 1, 11), date(2025, 2, 8)
    )


@pytest.mark.parametrize(
    ("anchor", "month", "expected"),
    [
        (date(2022, 11, 30), 3, date(2023, 2, 28)),
        (date(2022, 11, 30), 6, date(2023, 5, 30)),
        (date(2022, 1, 31), 3, date(2022, 4, 30)),
        (date(2022, 1, 31), 6, date(2022, 7, 31)),
        (date(2022, 8, 31), 6, date(2023, 2, 28)),
        (date(2022, 8, 31), 9, date(2023, 5, 31)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 18, date(2025, 8, 29)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
    ],
)
def test_targets_are_counted_from_the_anchor_and_clipped_to_the_month_end(
    anchor: date, month: int, expected: date
) -> None:
    assert target(anchor, month) == expected


def test_a_month_after_31_january_is_the_last_of_february() -> None:
    assert add_months(date(2023, 1, 31), 1) == date(2023, 2, 28)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 1, 31), 0) == date(2024, 1, 31)


@given(day=ANCHORS, months=st.integers(0, 600))
def test_add_months_lands_in_the_month_and_never_after_the_day(day: date, months: int) -> None:
    landed = add_months(day, months)

    assert landed.year * 12 + landed.month == day.year * 12 + day.month + months
    clipped = (landed + timedelta(days=1)).day == 1
    assert landed.day == day.day or (clipped and landed.day < day.day)


@given(anchor=ANCHORS)
@settings(max_examples=500)
def test_windows_hold_their_target_and_never_overlap(anchor: date) -> None:
    planned = plan(VISITS, anchor)

    assert planned[0].target_on == planned[0].closes_on == anchor
    assert all(v.opens_on <= v.target_on <= v.closes_on for v in planned)
    assert all(a.closes_on < b.opens_on for a, b in pairwise(planned))


def test_no_anchor_day_of_four_years_makes_windows_overlap() -> None:
    for days in range(1461):
        planned = plan(VISITS, date(2020, 1, 1) + timedelta(days=days))
        assert all(a.closes_on < b.opens_on for a, b in pairwise(planned))
