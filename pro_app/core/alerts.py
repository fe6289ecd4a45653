"""What in a form somebody must look at, by the rules of the study."""

from collections.abc import Iterator, Mapping, Sequence

from pro_app.core.instrument import Instrument
from pro_app.core.study import AlertRule, Study


def found(
    rules: Sequence[AlertRule],
    *,
    answers: Mapping[str, int | None],
    scores: Mapping[str, float | None],
    baseline: Mapping[str, float | None],
) -> tuple[AlertRule, ...]:
    """The rules that a form meets, in their order.

    `answers` are values as chosen; `scores` and `baseline` are scale -> score, None where
    there is none: what is not known raises no alert.
    """
    return tuple(rule for rule in rules if _meets(rule, answers, scores, baseline))


def _meets(
    rule: AlertRule,
    answers: Mapping[str, int | None],
    scores: Mapping[str, float | None],
    baseline: Mapping[str, float | None],
) -> bool:
    if rule.item is not None and rule.at_least is not None:
        answer = answers.get(rule.item)
        return answer is not None and answer >= rule.at_least
    if rule.scale is not None and rule.drop is not None:
        now, before = scores.get(rule.scale), baseline.get(rule.scale)
        return now is not None and before is not None and before - now >= rule.drop
    return False


def problems(study: Study, instrument: Instrument) -> Iterator[str]:
    """What is wrong with a study's rules, given the instrument they speak of."""
    items = {item.code: item for item in instrument.items}
    scales = {scale.code for scale in instrument.scales}
    for rule in study.alerts:
        key = f"alerts.{rule.code}"
        of_answer = rule.item is not None and rule.at_least is not None
        of_score = rule.scale is not None and rule.drop is not None
        if of_answer == of_score:
            yield f"{key}: both or neither – expected item and at_least, or scale and drop"
        if rule.item is not None and rule.item not in items:
            yield f"{key}.item: {rule.item!r} – expected an item of the instrument {instrument.id}"
        if rule.scale is not None and rule.scale not in scales:
            yield (
                f"{key}.scale: {rule.scale!r} – expected a scale of the instrument "
                f"{instrument.id}: {', '.join(instrument.scale_codes)}"
            )
        if rule.drop is not None and rule.drop <= 0:
            yield f"{key}.drop: {rule.drop} – expected a number above 0"
        if rule.escalate_after_hours <= 0:
            yield (
                f"{key}.escalate_after_hours: {rule.escalate_after_hours} – expected a number "
                "above 0"
            )
