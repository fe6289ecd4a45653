"""Answers as they arrive: numbers of the questionnaire and four kinds of blank, strictly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app import instruments
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.submission import AnswerProblem, Fault, check_answers

FACT_B = instruments.load("fact_b_v4")
TEA = instruments.load(str(Path(__file__).parents[1] / "tiny_study" / "tiny"))


def test_every_item_gets_an_answer_in_the_order_of_the_instrument() -> None:
    answers, problems = check_answers(
        {"P2": 4, "GP1": 0, "GP2": "SKIPPED", "GS7": "PREFER_NOT", "B1": "NOT_SHOWN"}, FACT_B
    )

    assert problems == ()
    assert tuple(answers) == FACT_B.item_codes
    assert answers["P2"] == Answer(AnswerState.ANSWERED, 4)
    assert answers["GP1"] == Answer(AnswerState.ANSWERED, 0)
    assert answers["GP2"].state is AnswerState.SKIPPED
    assert answers["GS7"].state is AnswerState.PREFER_NOT
    assert answers["B1"].state is answers["GF1"].state is AnswerState.NOT_SHOWN


@pytest.mark.parametrize(
    "value",
    [5, -1, True, False, 2.0, "2", "", None, "ANSWERED", "skipped", [2], {"value": 2}, 10**30],
)
def test_a_value_that_is_no_choice_is_refused_by_item(value: object) -> None:
    answers, problems = check_answers({"GP1": value}, FACT_B)

    assert problems == (AnswerProblem("GP1", Fault.NOT_A_CHOICE, repr(value)),)
    assert answers["GP1"].state is AnswerState.NOT_SHOWN


def test_an_item_of_another_questionnaire_is_refused() -> None:
    _, problems = check_answers({"TEA1": 1, "Q1": 1}, FACT_B)

    assert problems == (
        AnswerProblem("TEA1", Fault.UNKNOWN_ITEM, "1"),
        AnswerProblem("Q1", Fault.UNKNOWN_ITEM, "1"),
    )


def test_only_an_item_with_an_opt_out_box_can_be_preferred_not_to_answer() -> None:
    _, problems = check_answers({"GS6": "PREFER_NOT", "GS7": "PREFER_NOT"}, FACT_B)

    assert problems == (AnswerProblem("GS6", Fault.NO_OPT_OUT, "'PREFER_NOT'"),)


def test_what_was_given_is_quoted_in_forty_characters() -> None:
    _, problems = check_answers({"GP1": "x" * 10_000}, FACT_B)

    assert len(problems[0].given) == 40


def test_the_second_questionnaire_has_its_own_range_and_box() -> None:
    _, problems = check_answers({"TEA1": 3, "TEA2": 2, "TEA3": "PREFER_NOT"}, TEA)

    assert [problem.item for problem in problems] == ["TEA1"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
VALUES = st.integers(0, 4) | st.sampled_from(["SKIPPED", "PREFER_NOT", "NOT_SHOWN"]) | JSON


@given(raw=st.dictionaries(st.sampled_from([*FACT_B.item_codes, "X"]) | st.text(), VALUES))
def test_any_json_gives_answers_to_all_items_or_problems_with_what_was_given(
    raw: dict[str, object],
) -> None:
    answers, problems = check_answers(raw, FACT_B)

    assert tuple(answers) == FACT_B.item_codes
    assert {problem.item for problem in problems} <= set(raw)
    bad = {problem.item for problem in problems}
    for code, value in raw.items():
        if code not in bad:
            answer = answers[code]
            assert value == (answer.state if answer.value is None else answer.value)
