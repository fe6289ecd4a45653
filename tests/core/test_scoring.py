"""The scorer for one form agrees with FACTscorer and keeps the rules of the instrument."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.scoring import BadAnswer, score
from pro_app.instruments import load

FACT_B = load("fact_b_v4")
ORACLE = Path(__file__).parents[1] / "oracle"
VALUE_COLUMN = {"FACT_G": "FACTG", "TOI": "FACT_B_TOI", "FACT_B": "FACT_B_TOTAL"}
COUNT_COLUMN = {"FACT_G": "FACTG", "TOI": "TOI", "FACT_B": "FACT_B_TOTAL"}

answer_sets = st.dictionaries(
    st.sampled_from(FACT_B.item_codes), st.sampled_from((None, 0, 1, 2, 3, 4))
)


def oracle_rows() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for path in sorted(ORACLE.glob("factb_dev_*.csv")):
        with path.open(encoding="utf-8") as file:
            rows += csv.DictReader(file)
    return rows


def answered(**counts: int) -> dict[str, int]:
    """Answers of 2 to the first so many items of each section."""
    return {
        code: 2
        for section in FACT_B.sections
        for code in section.items[: counts.get(section.code, len(section.items))]
    }


def test_every_oracle_row_is_scored_as_factscorer_does() -> None:
    rows = oracle_rows()
    assert len(rows) == 660
    for row in rows:
        answers = {code: int(row[code]) if row[code] else None for code in FACT_B.item_codes}
        for code, got in score(answers, FACT_B).items():
            wanted = row[f"{VALUE_COLUMN.get(code, code)}_unrounded"]
            assert (got.value is None) == (wanted == ""), (row["id"], code)
            if got.value is not None:
                assert got.value == pytest.approx(float(wanted), abs=1e-9), (row["id"], code)
            assert got.n_answered == int(row[f"{COUNT_COLUMN.get(code, code)}_N"])


def test_scores_come_in_the_order_of_the_instrument() -> None:
    assert tuple(score({}, FACT_B)) == FACT_B.scale_codes


def test_an_empty_form_has_no_score_and_no_answers() -> None:
    assert {(s.value, s.n_answered, s.prorated) for s in score({}, FACT_B).values()} == {
        (None, 0, False)
    }


@pytest.mark.parametrize(("scale", "least"), [("PWB", 4), ("SWB", 4), ("EWB", 4), ("BCS", 6)])
def test_half_answered_subscale_is_not_scored(scale: str, least: int) -> None:
    assert score(answered(**{scale: least - 1}), FACT_B)[scale].value is None
    assert score(answered(**{scale: least}), FACT_B)[scale].value is not None


def test_a_subscale_is_prorated_without_rounding() -> None:
    answers = {"GS1": 4, "GS2": 4, "GS3": 4, "GS4": 3, "GS5": 3, "GS6": 1}
    got = score(answers, FACT_B)["SWB"]
    assert got.value == pytest.approx(19 * 7 / 6, abs=1e-12)
    assert (got.n_answered, got.prorated) == (6, True)


def test_a_complete_subscale_is_not_called_prorated() -> None:
    scores = score(answered(), FACT_B)
    assert not any(each.prorated for each in scores.values())


def test_fact_g_needs_twenty_two_of_twenty_seven() -> None:
    with_21 = score(answered(PWB=4, SWB=5, EWB=5), FACT_B)["FACT_G"]
    with_22 = score(answered(PWB=5, SWB=5, EWB=5), FACT_B)["FACT_G"]
    assert (with_21.n_answered, with_21.value, with_21.prorated) == (21, None, False)
    assert (with_22.n_answered, with_22.prorated) == (22, True)
    assert with_22.value is not None


def test_fact_b_needs_thirty_of_thirty_seven() -> None:
    with_29 = score(answered(PWB=4, SWB=5, EWB=5, BCS=8), FACT_B)["FACT_B"]
    with_30 = score(answered(PWB=5, SWB=5, EWB=5, BCS=8), FACT_B)["FACT_B"]
    assert (with_29.n_answered, with_29.value) == (29, None)
    assert with_30.n_answered == 30
    assert with_30.value is not None


def test_fact_b_does_not_ask_for_a_valid_fact_g() -> None:
    scores = score(answered(PWB=5, SWB=5, EWB=5, FWB=6), FACT_B)
    assert scores["FACT_G"].value is None
    assert scores["FACT_B"].value is not None


def test_the_trial_outcome_index_needs_its_three_subscales_and_no_share_of_items() -> None:
    least = score(answered(PWB=4, SWB=0, EWB=0, FWB=4, BCS=6), FACT_B)["TOI"]
    assert (least.n_answered, least.prorated) == (14, True)
    assert least.value is not None
    assert score(answered(BCS=5), FACT_B)["TOI"].value is None


@pytest.mark.parametrize("value", [-1, 5, 2.0, True, False, "2", float("nan")])
def test_a_value_that_is_no_response_is_refused_with_its_item(value: object) -> None:
    with pytest.raises(BadAnswer) as refused:
        score({"GP1": 2, "GE4": value}, FACT_B)  # type: ignore[dict-item]
    assert refused.value.item == "GE4"
    assert refused.value.value is value


def test_an_unknown_item_is_refused_even_unanswered() -> None:
    with pytest.raises(BadAnswer) as refused:
        score({"Q1": None}, FACT_B)
    assert refused.value.item == "Q1"


@settings(max_examples=200, deadline=None)
@given(answer_sets)
def test_a_score_stays_in_the_range_of_its_scale(answers: dict[str, int | None]) -> None:
    scores = score(answers, FACT_B)
    for scale in FACT_B.scales:
        value = scores[scale.code].value
        assert value is None or scale.lowest <= value <= scale.highest + 1e-9


@settings(max_examples=200, deadline=None)
@given(answer_sets)
def test_turning_every_answer_mirrors_every_score(answers: dict[str, int | None]) -> None:
    def turned(given: dict[str, int | None]) -> dict[str, int | None]:
        return {code: None if value is None else 4 - value for code, value in given.items()}

    before, after = score(answers, FACT_B), score(turned(answers), FACT_B)
    assert score(turned(turned(answers)), FACT_B) == before
    for scale in FACT_B.scales:
        one, other = before[scale.code].value, after[scale.code].value
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one + other == pytest.approx(scale.highest, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(answer_sets)
def test_an_item_left_out_and_an_item_without_value_are_the_same(
    answers: dict[str, int | None],
) -> None:
    given_only = {code: value for code, value in answers.items() if value is not None}
    assert score(given_only, FACT_B) == score(answers, FACT_B)
