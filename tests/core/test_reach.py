"""When the last sign of a patient is too old."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app import studies
from pro_app.core.reach import Proof, Way, reach
from pro_app.core.schedule import plan

WINDOWS = plan(studies.load("nct04158843").visits, date(2026, 1, 5))
V1, V2, V3 = WINDOWS[1:4]
DAY = timedelta(1)


def test_the_latest_proof_is_the_one_that_counts() -> None:
    proofs = [Proof(V1.target_on, Way.FORM), Proof(V2.target_on, Way.CALL)]
    assert reach(proofs, WINDOWS, today=V3.opens_on).proof == proofs[1]


def test_a_proof_is_too_old_once_a_whole_window_went_by_after_it() -> None:
    before, on_it = (Proof(V2.opens_on - DAY, Way.CALL), Proof(V2.opens_on, Way.CALL))
    assert not reach([before], WINDOWS, today=V2.closes_on).lost
    assert reach([before], WINDOWS, today=V2.closes_on + DAY).lost
    assert not reach([on_it], WINDOWS, today=V2.closes_on + DAY).lost
    assert not reach([on_it], WINDOWS, today=V3.closes_on).lost
    assert reach([on_it], WINDOWS, today=V3.closes_on + DAY).lost


def test_nothing_is_too_old_before_the_first_window_closed_and_after_the_last() -> None:
    assert not reach([], WINDOWS, today=WINDOWS[0].closes_on).lost
    assert reach([], WINDOWS, today=WINDOWS[0].closes_on + DAY).lost
    assert not reach([], WINDOWS, today=WINDOWS[-1].closes_on + DAY).lost
    assert not reach([], (), today=V1.target_on).lost  # not randomised yet


@given(st.integers(0, 1600), st.integers(0, 1600))
@settings(max_examples=100)
def test_a_later_proof_never_makes_a_patient_less_reachable(first: int, second: int) -> None:
    proofs = [Proof(WINDOWS[0].opens_on + n * DAY, Way.FORM) for n in sorted((first, second))]
    for window in WINDOWS:
        today = window.opens_on
        assert (
            reach(proofs, WINDOWS, today=today).lost <= reach(proofs[:1], WINDOWS, today=today).lost
        )
