"""The column-wise scorer agrees with FACTscorer and with the scorer for one form."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.instrument import BadAnswer
from pro_app.core.score_table import score_table
from pro_app.core.scoring import score
from pro_app.instruments import load

FACT_B = load("fact_b_v4")
ORACLE = Path(__file__).parents[1] / "oracle"
VALUE_COLUMN = {"FACT_G": "FACTG", "TOI": "FACT_B_TOI", "FACT_B": "FACT_B_TOTAL"}
COUNT_COLUMN = {"FACT_G": "FACTG", "TOI": "TOI", "FACT_B": "FACT_B_TOTAL"}
ANSWERS = dict.fromkeys(FACT_B.item_codes, pl.Int8)

rows_of_answers = st.sampled_from(
    ((0, 1, 2, 3, 4), (None, 0, 1, 2, 3, 4), (None, None, 0, 2, 4))
).flatmap(
    lambda values: st.lists(
        st.lists(st.sampled_from(values), min_size=37, max_size=37), min_size=1, max_size=6
    )
)


def of_twos(**changes: object) -> pl.DataFrame:
    return pl.DataFrame({code: [2] for code in FACT_B.item_codes} | changes)


@pytest.mark.parametrize("part", ["complete", "missing", "edges"])
def test_every_oracle_row_is_scored_as_factscorer_does(part: str) -> None:
    oracle = pl.read_csv(ORACLE / f"factb_dev_{part}.csv", infer_schema_length=None)
    scored = score_table(oracle, FACT_B)
    for code in FACT_B.scale_codes:
        wanted = oracle[f"{VALUE_COLUMN.get(code, code)}_unrounded"].cast(pl.Float64)
        assert scored[code].is_null().equals(wanted.is_null(), check_names=False), code
        apart = (scored[code] - wanted).abs().max()
        assert apart is None or apart <= 1e-9, code
        counts = oracle[f"{COUNT_COLUMN.get(code, code)}_N"]
        assert scored[f"{code}_n"].to_list() == counts.to_list(), code


@settings(max_examples=60, deadline=None)
@given(rows_of_answers)
def test_both_scorers_agree_on_any_table(rows: list[list[int | None]]) -> None:
    table = pl.DataFrame(rows, schema=ANSWERS, orient="row")
    for answers, got in zip(rows, score_table(table, FACT_B).to_dicts(), strict=True):
        one_by_one = score(dict(zip(FACT_B.item_codes, answers, strict=True)), FACT_B)
        for code, wanted in one_by_one.items():
            assert got[f"{code}_n"] == wanted.n_answered
            if wanted.value is None:
                assert got[code] is None
            else:
                assert got[code] == pytest.approx(wanted.value, abs=1e-9)


@pytest.mark.parametrize(("lowest", "highest"), [(1, 5), (-2, 2), (0, 20), (0, 100)])
def test_a_reversed_item_is_turned_about_the_middle_of_any_scale(lowest: int, highest: int) -> None:
    # All at the lowest end: the seven reversed items of PWB give the highest each.
    other = replace(FACT_B, lowest=lowest, highest=highest)
    answers = dict.fromkeys(other.item_codes, lowest)
    scored = score_table(pl.DataFrame({code: [v] for code, v in answers.items()}), other)
    assert scored["PWB"].to_list() == [7.0 * highest]
    assert scored["SWB"].to_list() == [7.0 * lowest]
    one_by_one = score(answers, other)
    assert {code: scored[code].item() for code in one_by_one} == {
        code: each.value for code, each in one_by_one.items()
    }


@pytest.mark.parametrize("highest", [63, 64])
def test_no_sum_of_answers_is_too_large_for_its_type(highest: int) -> None:
    # Two items of 64 make 128, one more than a byte holds.
    pair = replace(FACT_B.scales[0], items=("GP1", "GP2"), min_answered=1)
    short = replace(pair, code="SHORT", items=("GP1",))
    other = replace(FACT_B, highest=highest, scales=(pair, short))
    table = pl.DataFrame({code: [0] for code in other.item_codes})
    assert score_table(table, other)[pair.code].to_list() == [2.0 * highest]


def test_columns_are_the_scores_and_then_the_counts() -> None:
    scored = score_table(of_twos(), FACT_B)
    codes = list(FACT_B.scale_codes)
    assert scored.columns == codes + [f"{code}_n" for code in codes]
    assert all(scored[code].dtype == pl.Float64 for code in codes)
    assert all(scored[f"{code}_n"].dtype.is_integer() for code in codes)


def test_a_table_without_rows_gives_one_without_rows() -> None:
    assert score_table(pl.DataFrame(schema=ANSWERS), FACT_B).height == 0


def test_other_columns_wide_integers_and_empty_columns_do_no_harm() -> None:
    table = of_twos(id=["P-1"], GP1=pl.Series([2], dtype=pl.Int64), GP2=pl.Series([None]))
    scored = score_table(table, FACT_B)
    assert scored.row(0, named=True)["PWB"] == 14.0
    assert scored.row(0, named=True)["PWB_n"] == 6


@pytest.mark.parametrize("value", [-1, 5, 260, -252])
def test_a_value_out_of_range_is_refused_with_its_item(value: int) -> None:
    with pytest.raises(BadAnswer) as refused:
        score_table(of_twos(GE4=[value]), FACT_B)
    assert (refused.value.item, refused.value.value) == ("GE4", value)


@pytest.mark.parametrize("column", [[2.0], ["2"], [True]])
def test_a_column_that_is_not_of_integers_is_refused(column: list[object]) -> None:
    with pytest.raises(BadAnswer, match="GE4"):
        score_table(of_twos(GE4=column), FACT_B)


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(BadAnswer, match="P2"):
        score_table(of_twos().drop("P2"), FACT_B)
