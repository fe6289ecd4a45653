"""What can't be, by one rule; and that the order in which facts come makes no difference."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app.core.facts import EventFact, EventKind, PatientFacts
from pro_app.core.possible import (
    EARLIEST,
    Contradiction,
    Never,
    Unusual,
    contradictions,
    new_ones,
    of_reason,
    unusual,
)

TODAY = date(2026, 3, 5)
SITES = ("LISHUI", "JIAXING")
ANNA = PatientFacts(
    patient_id="LISHUI-001",
    site="LISHUI",
    screened_on=date(2025, 1, 2),
    pro_consent_on=date(2025, 1, 2),
    randomised_on=date(2025, 1, 10),
    able=True,
)


def never(facts: PatientFacts, **more: object) -> list[Never]:
    return [each.never for each in contradictions(facts, today=TODAY, sites=SITES, **more)]


def with_events(*events: EventFact, **changes: object) -> PatientFacts:
    return replace(ANNA, events=events, **changes)


def died(on: date) -> EventFact:
    return EventFact(EventKind.DEATH, on)


def moved(on: date, to_site: str | None) -> EventFact:
    return EventFact(EventKind.TRANSFER, on, to_site)


@pytest.mark.parametrize("kind", [k for k in EventKind if k is not EventKind.TRANSFER])
def test_nothing_happens_before_the_screening_or_after_today(kind: EventKind) -> None:
    early = EventFact(kind, date(2025, 1, 1))
    assert Never.BEFORE_SCREENING in never(with_events(early))
    assert never(with_events(EventFact(kind, TODAY + timedelta(days=1)))) == [Never.DAY_AHEAD]
    assert never(with_events(EventFact(kind, date(2025, 1, 10)))) == []


def test_a_pause_begins_after_the_screening_and_may_lie_ahead() -> None:
    assert never(ANNA, pauses=[date(1999, 1, 1)]) == [Never.BEFORE_SCREENING]
    assert never(ANNA, pauses=[date(2026, 12, 24)]) == []


def test_nobody_dies_before_the_randomisation_or_is_randomised_after_the_death() -> None:
    [found] = contradictions(with_events(died(date(2025, 1, 9))), today=TODAY, sites=SITES)
    assert found == Contradiction(
        Never.DEATH_BEFORE_RANDOMISATION, "death", date(2025, 1, 9), date(2025, 1, 10)
    )
    assert never(with_events(died(date(2025, 1, 10)))) == []


def test_a_patient_may_die_screened_and_never_randomised() -> None:
    assert never(with_events(died(date(2025, 1, 5)), randomised_on=None)) == []


def test_a_patient_dies_once() -> None:
    twice = with_events(died(date(2025, 6, 1)), died(date(2025, 7, 1)))
    assert never(twice) == [Never.SECOND_DEATH]


@pytest.mark.parametrize(
    ("moves", "found"),
    [
        ([("2025-06-01", "JIAXING")], []),
        ([("2025-06-01", "LISHUI")], [Never.SAME_SITE]),
        ([("2025-06-01", "NOWHERE")], [Never.NO_SITE]),
        ([("2025-06-01", None)], [Never.NO_SITE]),
        ([("2025-06-01", "JIAXING"), ("2025-06-01", "LISHUI")], [Never.SECOND_TRANSFER]),
        # In whatever order they are told, the days decide.
        ([("2025-09-01", "LISHUI"), ("2025-06-01", "JIAXING")], []),
        ([("2025-09-01", "JIAXING"), ("2025-06-01", "JIAXING")], [Never.SAME_SITE]),
    ],
)
def test_a_transfer_leads_to_another_site_of_the_study_and_once_a_day(
    moves: list[tuple[str, str | None]], found: list[Never]
) -> None:
    events = [moved(date.fromisoformat(on), to) for on, to in moves]
    assert never(with_events(*events)) == found


def test_what_may_be_meant_is_a_remark() -> None:
    late = replace(ANNA, screened_on=date(2025, 1, 20), pro_consent_on=date(2025, 1, 15))
    assert contradictions(late, today=TODAY, sites=SITES) == ()
    assert unusual(late) == (
        Unusual.RANDOMISED_BEFORE_SCREENING,
        Unusual.CONSENT_BEFORE_SCREENING,
    )
    assert unusual(ANNA) == ()


days = st.dates(date(2024, 12, 1), date(2026, 4, 1))
events = st.builds(EventFact, st.sampled_from(EventKind), days, st.sampled_from([None, *SITES]))
people = st.builds(
    PatientFacts,
    patient_id=st.just("LISHUI-001"),
    site=st.just("LISHUI"),
    screened_on=st.none() | days,
    pro_consent_on=st.none() | days,
    randomised_on=st.none() | days,
    able=st.just(True),
    events=st.lists(events, max_size=3).map(tuple),
)


@given(people, people)
def test_whichever_fact_comes_first_the_same_is_refused(
    one: PatientFacts, other: PatientFacts
) -> None:
    """The days first and the events later, or the other way round: one of the doors says no."""
    nobody = replace(one, screened_on=None, pro_consent_on=None, randomised_on=None, events=())
    both = replace(one, events=other.events)
    days_first = replace(one, events=())
    events_first = replace(nobody, events=other.events)

    def brought(*steps: PatientFacts) -> bool:
        found = [contradictions(each, today=TODAY, sites=SITES) for each in steps]
        return any(new_ones(a, b) for a, b in pairwise(found))

    assert brought(nobody, days_first, both) == brought(nobody, events_first, both)
    assert brought(nobody, both) == bool(contradictions(both, today=TODAY, sites=SITES))


@given(people)
def test_what_stands_there_already_holds_nobody_up(facts: PatientFacts) -> None:
    found = contradictions(facts, today=TODAY, sites=SITES)
    assert new_ones(found, found) == ()


def test_a_reason_is_said_from_the_screening_until_today() -> None:
    def never_of(on: date, facts: PatientFacts = ANNA) -> Never | None:
        found = of_reason(facts, on, today=TODAY)
        return found.never if found else None

    screened = date(2025, 1, 2)
    assert never_of(TODAY) is never_of(screened) is None
    assert never_of(TODAY + timedelta(1)) is Never.DAY_AHEAD
    assert never_of(screened - timedelta(1)) is Never.BEFORE_SCREENING
    assert of_reason(ANNA, date(2024, 1, 1), today=TODAY).against == screened  # type: ignore[union-attr]
    assert never_of(date(2024, 1, 1), replace(ANNA, screened_on=None)) is None


def test_days_before_1900_are_slips_of_the_pen() -> None:
    assert date(1900, 1, 1) == EARLIEST


def test_what_stood_once_and_would_stand_twice_is_new_once() -> None:
    [found] = contradictions(with_events(died(date(2025, 1, 9))), today=TODAY, sites=SITES)
    assert new_ones([found], [found, found, found]) == (found, found)
    assert new_ones([found, found], [found, found]) == ()


def test_a_second_death_speaks_against_the_first_that_was_told() -> None:
    first, second, third = (date(2025, month, 1) for month in (6, 7, 8))
    facts = with_events(died(first), died(second), died(third))
    found = contradictions(facts, today=TODAY, sites=SITES)
    assert [(each.on, each.against) for each in found] == [(second, first), (third, first)]


def test_the_day_of_the_screening_and_today_are_days_on_which_things_happen() -> None:
    screened = date(2025, 1, 2)
    stopped = EventKind.WITHDRAWAL_TREATMENT
    facts = with_events(EventFact(stopped, screened), EventFact(stopped, TODAY))
    assert never(facts, pauses=[screened], consents=[TODAY]) == []
    assert unusual(replace(ANNA, randomised_on=screened)) == ()
