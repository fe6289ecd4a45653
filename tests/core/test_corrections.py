"""The truth of a form after corrections, and the one form of a visit that counts."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app import instruments
from pro_app.core.corrections import (
    ANSWERED_ON,
    Decided,
    Rival,
    Truth,
    ask,
    chosen,
    corrected,
    counts_by_rule,
    difference,
)
from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts
from pro_app.core.ledger import Status, ledger
from pro_app.core.refused import Refused, Why
from pro_app.studies import load

STUDY = load("nct04158843")
INSTRUMENT = instruments.load(STUDY.instrument)
DAY = date(2026, 3, 4)
FORM = Truth(DAY, dict.fromkeys(INSTRUMENT.item_codes, 2))

_values = st.one_of(st.integers(0, 4), st.sampled_from(["SKIPPED", "NOT_SHOWN"]))
_truths = st.builds(
    Truth,
    st.dates(date(2026, 1, 1), DAY),
    st.fixed_dictionaries(dict.fromkeys(INSTRUMENT.item_codes, _values)),
)


def _asked(wanted: dict[str, object], answered_on: date = DAY) -> Any:
    return ask(FORM, wanted, answered_on, instrument=INSTRUMENT, today=DAY)


def test_one_corrected_item_is_one_field() -> None:
    assert _asked({"GP1": 0, "GP2": 2}) == {"GP1": [2, 0]}


def test_a_correction_may_take_an_answer_away_or_give_one() -> None:
    assert _asked({"GP1": "SKIPPED", "GS7": "PREFER_NOT"}) == {
        "GP1": [2, "SKIPPED"],
        "GS7": [2, "PREFER_NOT"],
    }
    left = corrected(FORM, [{"GP1": [2, "SKIPPED"]}])
    assert (left.items_answered, left.blanks) == (36, ("GP1",))


def test_what_is_no_correction_is_said() -> None:
    assert _asked({}) == Refused(Why.NOTHING_CHANGED)
    assert _asked({}, DAY + timedelta(1)) == Refused(Why.DAY_AHEAD, "answered_on")
    refused = _asked({"GP1": 7, "GP2": "PREFER_NOT"})
    assert refused.why is Why.BAD_ANSWERS
    assert [problem.item for problem in refused.detail] == ["GP1", "GP2"]
    assert refused.field == "GP1"


def test_of_two_corrections_of_one_field_the_later_stands() -> None:
    truth = corrected(FORM, [{"GP1": [2, 0], ANSWERED_ON: ["", "2026-03-01"]}, {"GP1": [0, 4]}])
    assert (truth.answers["GP1"], truth.answered_on) == (4, date(2026, 3, 1))


@given(_truths, _truths)
@settings(max_examples=50)
def test_what_differs_makes_the_one_form_the_other(one: Truth, other: Truth) -> None:
    assert corrected(one, [difference(one, other)]) == other


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=6))
def test_at_most_one_form_of_a_visit_is_chosen(said: list[tuple[int, bool]]) -> None:
    decided = [Decided(form, counts, order) for order, (form, counts) in enumerate(said)]
    winner = chosen(decided)
    counting = [form for form, counts in said if counts]
    assert winner == (counting[-1] if counting else None)


def test_a_form_after_a_withdrawal_is_classified_by_its_day_once_it_counts() -> None:
    withdrawal = EventFact(EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 4, 1))
    late = FormFact("V1", date(2026, 4, 5), 37)
    facts = PatientFacts(
        patient_id="L-1",
        site="LISHUI",
        screened_on=date(2026, 1, 1),
        pro_consent_on=date(2026, 1, 1),
        randomised_on=date(2026, 1, 5),
        able=True,
        events=(withdrawal,),
        forms=(late,),
    )

    def status(facts: PatientFacts) -> Status:
        return ledger(facts, STUDY, valid_from=30, as_of=date(2026, 6, 1))[1].status

    assert status(facts) is Status.QUARANTINE_AFTER_WITHDRAWAL
    released = replace(facts, forms=(replace(late, let_in=True),))
    assert status(released) is Status.VALID
    died = EventFact(EventKind.DEATH, date(2026, 4, 2))
    assert status(replace(released, events=(withdrawal, died))) is Status.ERR_FORM_AFTER_DEATH


BLANK, EMPTY, FIRST, SECOND = (
    Rival(1, True, 0),
    Rival(2, False, 0),
    Rival(3, False, 12),
    Rival(4, False, 37),
)


def test_a_blank_form_that_came_first_gives_way_to_the_first_answered_one() -> None:
    assert counts_by_rule([BLANK, EMPTY, FIRST, SECOND]) == 3
    assert counts_by_rule([SECOND, BLANK]) == 4


def test_a_form_that_came_first_with_an_answer_gives_way_to_none() -> None:
    assert counts_by_rule([BLANK._replace(items_answered=1), FIRST]) is None


def test_a_visit_without_an_answer_has_no_other_form_to_count() -> None:
    assert counts_by_rule([BLANK, EMPTY]) is None
    assert counts_by_rule([BLANK]) is None
    assert counts_by_rule([]) is None


def test_what_the_site_has_decided_stands_before_the_rule() -> None:
    assert counts_by_rule([BLANK, FIRST, SECOND._replace(decided=True)]) is None
    assert counts_by_rule([BLANK._replace(decided=True), FIRST]) is None
    assert counts_by_rule([BLANK, FIRST._replace(decided=False), SECOND]) == 4
    assert counts_by_rule([BLANK._replace(decided=False), FIRST]) == 3
    assert counts_by_rule([BLANK, FIRST._replace(decided=False)]) is None
