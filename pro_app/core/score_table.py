"""Many answer sets → scores, column by column.

The second scorer: it shares the instrument with `scoring.py` and no line of
arithmetic, so that each can convict the other.
"""

import polars as pl

from pro_app.core.instrument import BadAnswer, Instrument, Scale


def score_table(frame: pl.DataFrame, instrument: Instrument) -> pl.DataFrame:
    """One row of scores for each row of answers, in the same order.

    Shapes: `frame` has one integer column per item, named by its code, null where
    it was not answered; other columns are left out. Returned are the scales as
    Float64, null where not scored, then `<scale>_n`, the number of answered items.
    Errors: BadAnswer naming the item of a missing column, a column that is not of
    integers, or a value that is no response.
    """
    _refuse_bad_answers(frame, instrument)
    small = _smallest_type(instrument)
    # Every value is a response by now, so that none need be checked again by the cast.
    answers = frame.lazy().select(
        pl.col(code).cast(small, wrap_numerical=True) for code in instrument.item_codes
    )
    counted = answers.select(
        expression
        for scale in instrument.subscales
        for expression in (_sum(scale, instrument), _count(scale, small))
    )
    scored = counted.with_columns(_subscale(scale) for scale in instrument.subscales)
    summed = scored.with_columns(
        pl.sum_horizontal(_n(part) for part in scale.parts).alias(_n(scale.code))
        for scale in instrument.totals
    ).with_columns(_total(scale) for scale in instrument.totals)
    codes = instrument.scale_codes
    return summed.select(*codes, *(pl.col(_n(code)) for code in codes)).collect()


def _n(code: str) -> str:
    return f"{code}_n"


def _refuse_bad_answers(frame: pl.DataFrame, instrument: Instrument) -> None:
    for code in instrument.item_codes:
        column = frame.get_column(code, default=None)
        if column is None:
            raise BadAnswer(code, "no column")
        if column.dtype == pl.Null:
            continue
        if not column.dtype.is_integer():
            raise BadAnswer(code, str(column.dtype))
        for extreme in (column.min(), column.max()):
            if isinstance(extreme, int) and not instrument.lowest <= extreme <= instrument.highest:
                raise BadAnswer(code, extreme)


def _smallest_type(instrument: Instrument) -> type[pl.Int8] | type[pl.Int32]:
    """The type that holds every sum on the way; bytes are far faster than words."""
    ends = abs(instrument.lowest) + abs(instrument.highest)
    longest = max(len(scale.items) for scale in instrument.scales if not scale.parts)
    return pl.Int8 if max(ends * longest, len(instrument.items)) <= 127 else pl.Int32


def _sum(scale: Scale, instrument: Instrument) -> pl.Expr:
    ends = instrument.lowest + instrument.highest
    reversed_items = {item.code for item in instrument.items if item.reversed}
    return pl.sum_horizontal(
        (ends - pl.col(code) if code in reversed_items else pl.col(code)).fill_null(0)
        for code in scale.items
    ).alias(scale.code)


def _count(scale: Scale, small: type[pl.DataType]) -> pl.Expr:
    return pl.sum_horizontal(pl.col(code).is_not_null().cast(small) for code in scale.items).alias(
        _n(scale.code)
    )


def _subscale(scale: Scale) -> pl.Expr:
    answered = pl.col(_n(scale.code))
    prorated = pl.col(scale.code).cast(pl.Float64) * len(scale.items) / answered
    return pl.when(answered >= scale.min_answered).then(prorated).alias(scale.code)


def _total(scale: Scale) -> pl.Expr:
    # A sum that does not ignore nulls is null as soon as one part is not scored.
    value = pl.sum_horizontal(scale.parts, ignore_nulls=False)
    if scale.min_answered is not None:
        value = pl.when(pl.col(_n(scale.code)) >= scale.min_answered).then(value)
    return value.alias(scale.code)
