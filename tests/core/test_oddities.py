"""What is odd about a form that somebody brings in, to the day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pro_app.core.facts import EventFact, EventKind, PatientFacts
from pro_app.core.oddities import Odd, Oddity, oddities
from pro_app.core.schedule import plan
from pro_app.studies import load

STUDY = load("nct04158843")
DAY = timedelta(days=1)
SCREENED = date(2022, 3, 1)
CONSENTED = SCREENED + 2 * DAY
RANDOMISED = SCREENED + 10 * DAY
V0, V1 = plan(STUDY.visits, RANDOMISED)[:2]
MEI = PatientFacts(
    patient_id="L-007",
    site="LISHUI",
    screened_on=SCREENED,
    pro_consent_on=CONSENTED,
    randomised_on=RANDOMISED,
    able=True,
)


def odd(on: date, *, visit: str = "V1", answered: int = 37, **changes: object) -> list[Odd]:
    facts = replace(MEI, **changes)  # type: ignore[arg-type]
    return list(oddities(visit, on, answered, facts=facts, study=STUDY))


def test_an_answered_form_of_its_window_is_not_odd() -> None:
    for on in (V1.opens_on, V1.target_on, V1.closes_on):
        assert odd(on) == []
    assert odd(V1.target_on, answered=1) == []


def test_a_form_without_an_answer_is_odd() -> None:
    assert odd(V1.target_on, answered=0) == [Odd(Oddity.ALL_BLANK)]


@pytest.mark.parametrize("on", [V1.opens_on - DAY, V1.closes_on + DAY])
def test_a_form_of_a_day_outside_its_window_is_odd(on: date) -> None:
    assert odd(on) == [Odd(Oddity.OUT_OF_WINDOW, V1.opens_on, V1.closes_on)]


def test_a_form_from_before_screening_or_consent_is_odd() -> None:
    found = [each.what for each in odd(SCREENED - DAY, visit="V0")]
    assert found[:2] == [Oddity.BEFORE_SCREENING, Oddity.BEFORE_CONSENT]
    [on_the_day, *_] = odd(SCREENED, visit="V0")
    assert on_the_day == Odd(Oddity.BEFORE_CONSENT, CONSENTED)
    unscreened = odd(V1.target_on, screened_on=None)
    assert unscreened == []
    kinds = {Oddity.BEFORE_SCREENING, Oddity.BEFORE_CONSENT}
    assert not kinds & {each.what for each in odd(CONSENTED, visit="V0")}
    assert odd(SCREENED - DAY, visit="V0")[0].on == SCREENED


def test_a_form_without_any_consent_is_odd() -> None:
    assert odd(V1.target_on, pro_consent_on=None) == [Odd(Oddity.NO_CONSENT)]


def test_before_the_randomisation_a_form_of_any_visit_but_the_first_is_odd() -> None:
    assert odd(CONSENTED, visit="V0", randomised_on=None) == []
    assert odd(CONSENTED, visit="V1", randomised_on=None) == [Odd(Oddity.NOT_RANDOMISED)]


def test_a_visit_that_is_not_planned_has_no_window() -> None:
    assert odd(V1.target_on, visit="V99") == []


def test_a_form_from_after_the_death_is_odd_and_one_of_its_day_is_not() -> None:
    died = (EventFact(EventKind.DEATH, V1.target_on),)
    assert odd(V1.target_on, events=died) == []
    assert odd(V1.target_on + DAY, events=died) == [Odd(Oddity.AFTER_DEATH, V1.target_on)]


def test_a_form_from_inside_a_withdrawal_is_odd() -> None:
    since, until = V1.target_on, V1.target_on + 3 * DAY
    events = (
        EventFact(EventKind.WITHDRAWAL_QUESTIONNAIRES, since),
        EventFact(EventKind.RETURN_QUESTIONNAIRES, until),
    )
    inside = [Odd(Oddity.AFTER_WITHDRAWAL, since)]
    assert odd(since, events=events) == []
    assert odd(since + DAY, events=events) == inside
    assert odd(until - DAY, events=events) == inside
    assert odd(until, events=events) == []


def test_a_form_from_inside_two_withdrawals_is_odd_since_the_first() -> None:
    first, second = V1.opens_on, V1.opens_on + DAY
    events = (
        EventFact(EventKind.WITHDRAWAL_CONSENT, second),
        EventFact(EventKind.WITHDRAWAL_QUESTIONNAIRES, first),
    )
    assert odd(V1.target_on, events=events) == [Odd(Oddity.AFTER_WITHDRAWAL, first)]
