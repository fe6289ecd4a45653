"""Which rules of a study a form meets, and which rules make no sense."""

import dataclasses

import pytest

from pro_app import instruments, studies
from pro_app.core.alerts import found, problems
from pro_app.core.study import AlertRule

NAME = {"zh": "规则", "en": "A rule"}
HIGH = AlertRule("HIGH", NAME, 24, item="GP4", at_least=3)
FALL = AlertRule("FALL", NAME, 24, scale="PWB", drop=5)


def met(**changes: object) -> list[str]:
    form = {"answers": {}, "scores": {}, "baseline": {}} | changes
    return [rule.code for rule in found((HIGH, FALL), **form)]


def test_an_answer_at_the_bound_is_found_and_one_below_is_not() -> None:
    assert met(answers={"GP4": 3}) == ["HIGH"]
    assert met(answers={"GP4": 2}) == []
    assert met(answers={"GP4": None}) == []


def test_a_fall_since_baseline_is_found_by_its_size() -> None:
    assert met(scores={"PWB": 15.0}, baseline={"PWB": 20.0}) == ["FALL"]
    assert met(scores={"PWB": 15.5}, baseline={"PWB": 20.0}) == []
    assert met(scores={"PWB": 25.0}, baseline={"PWB": 20.0}) == []


def test_what_is_not_known_raises_no_alert() -> None:
    assert met() == []
    assert met(scores={"PWB": 1.0}, baseline={"PWB": None}) == []
    assert met(scores={"PWB": None}, baseline={"PWB": 20.0}) == []


def test_a_rule_that_asks_for_nothing_is_met_by_nothing() -> None:
    for rule in (dataclasses.replace(HIGH, at_least=None), dataclasses.replace(FALL, drop=None)):
        assert found([rule], answers={"GP4": 4}, scores={"PWB": 0}, baseline={"PWB": 20}) == ()


def test_the_default_study_has_no_alerts() -> None:
    assert studies.load("nct04158843").alerts == ()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"item": None}, "expected item and at_least, or scale and drop"),
        ({"scale": "PWB", "drop": 2.0}, "expected item and at_least, or scale and drop"),
        ({"item": None, "at_least": None, "scale": "PWB"}, "expected item and at_least, or scale"),
        ({"item": None, "at_least": None, "drop": 2.0}, "expected item and at_least, or scale"),
        ({"at_least": None}, "expected item and at_least, or scale"),
        ({"item": "NO"}, "an item of the instrument"),
        ({"item": None, "at_least": None, "scale": "NO", "drop": 1.0}, "a scale of the instrument"),
        ({"item": None, "at_least": None, "scale": "PWB", "drop": 0.0}, "above 0"),
        ({"escalate_after_hours": 0}, "above 0"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(wrong: dict[str, object], words: str) -> None:
    study = studies.load("nct04158843")
    instrument = instruments.load(study.instrument)
    least = dataclasses.replace(FALL, drop=0.5, escalate_after_hours=1)
    right = dataclasses.replace(study, alerts=(HIGH, FALL, least))
    assert list(problems(right, instrument)) == []
    bad = dataclasses.replace(study, alerts=(dataclasses.replace(HIGH, **wrong),))
    assert any(words in problem and "HIGH" in problem for problem in problems(bad, instrument))
