"""One answer set → scores, with the standard library only.

Source: facit.org scoring page (subscales need more than half of their items and
are prorated); R package FACTscorer 0.2.0 (reversals, totals and their thresholds).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pro_app.core.instrument import BadAnswer, Instrument, Scale

__all__ = ["BadAnswer", "Score", "score"]


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is None when too few items were answered; it is never rounded here.

    `prorated` says that a value was had from fewer items than the scale has.
    """

    value: float | None
    n_answered: int
    prorated: bool


def score(answers: Mapping[str, int | None], instrument: Instrument) -> dict[str, Score]:
    """Scale code → score, in the instrument's order.

    Shapes: `answers` maps item codes to values as chosen; an item that is None or
    left out was not answered.
    Errors: BadAnswer for an unknown item or a value that is no response.
    """
    upright = _upright(answers, instrument)
    scores = {scale.code: _subscale(scale, upright) for scale in instrument.subscales}
    scores |= {scale.code: _total(scale, scores) for scale in instrument.totals}
    return {code: scores[code] for code in instrument.scale_codes}


def _upright(answers: Mapping[str, int | None], instrument: Instrument) -> dict[str, int]:
    """The answered items, turned so that higher is better in each."""
    reversed_of = instrument.reversed_of
    choices = instrument.choices
    ends = instrument.lowest + instrument.highest
    upright = {}
    for code, value in answers.items():
        if code not in reversed_of:
            raise BadAnswer(code, value)
        if value is None:
            continue
        if type(value) is not int or value not in choices:
            raise BadAnswer(code, value)
        upright[code] = ends - value if reversed_of[code] else value
    return upright


def _subscale(scale: Scale, upright: Mapping[str, int]) -> Score:
    values = [value for value in map(upright.get, scale.items) if value is not None]
    if not values or len(values) < (scale.min_answered or 0):
        return Score(None, len(values), prorated=False)
    whole = len(scale.items)
    return Score(sum(values) * whole / len(values), len(values), prorated=len(values) < whole)


def _total(scale: Scale, subscales: Mapping[str, Score]) -> Score:
    parts = [subscales[code] for code in scale.parts]
    n_answered = sum(part.n_answered for part in parts)
    values = [part.value for part in parts if part.value is not None]
    if len(values) < len(parts) or n_answered < (scale.min_answered or 0):
        return Score(None, n_answered, prorated=False)
    return Score(sum(values), n_answered, prorated=any(part.prorated for part in parts))
