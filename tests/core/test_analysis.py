"""What counts as baseline, where forms lie, and the analysis flags of each score."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pro_app.core.analysis import NotAnalysed, study_day, why_not
from pro_app.core.answer_sets import Corrected
from pro_app.core.dataset import Subject, assemble
from pro_app.core.facts import EventFact, EventKind, FormFact
from tests.core.test_dataset import (
    ANNA,
    AS_OF,
    INSTRUMENT,
    STUDY,
    form,
    made,
    rows,
    with_event,
)

DAY = date(2021, 1, 11)  # of Anna's randomisation
AT = datetime(2021, 1, 11, 2, tzinfo=UTC)
V1 = form("V1", date(2021, 4, 11), 1)
LIES = ("month", "study_day", "window_status", "status", "ANL01FL", "ANL02FL")
BASELINE = (
    "baseline_flag",
    "baseline_value",
    "change_from_baseline",
    "any_baseline_value",
    "change_from_any_baseline",
)


def told(found: list[dict[str, Any]], *columns: str) -> dict[str, tuple[Any, ...]]:
    """Visit → these columns of its PWB: 14 where all items are 2, 21 where they are 1."""
    return {r["visit"]: tuple(r[c] for c in columns) for r in found if r["scale"] == "PWB"}


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2021, 1, 9), -2),
        (date(2021, 1, 10), -1),
        (DAY, 1),
        (date(2021, 1, 12), 2),
        (date(2021, 4, 11), 91),
    ],
)
def test_there_is_no_study_day_0(day: date, number: int) -> None:
    assert study_day(day, DAY) == number


def test_each_score_says_where_its_form_lies() -> None:
    early, late = form("V2", date(2021, 6, 1)), form("V3", date(2021, 12, 1))
    found = told(rows(made(form("V0", DAY), V1, early, late), "scores.csv"), *LIES)
    assert found == {
        "V0": (0, 1, "IN_WINDOW", "VALID", True, True),
        "V1": (3, 91, "IN_WINDOW", "VALID", True, True),
        "V2": (6, 142, "EARLY", "OUT_OF_WINDOW", False, True),
        "V3": (9, 325, "LATE", "OUT_OF_WINDOW", False, True),
    }


def test_before_the_randomisation_there_is_no_study_day() -> None:
    dataset = made(form("V0", date(2021, 1, 8)), as_of=date(2021, 1, 9))
    found = told(rows(dataset, "scores.csv"), *LIES)
    assert found == {"V0": (0, None, "IN_WINDOW", "WINDOW_OPEN", False, False)}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"proxy": True}, None),
        ({"standing": False}, None),
        ({}, EventKind.DEATH),
        ({}, EventKind.WITHDRAWAL_QUESTIONNAIRES),
        ({"let_in": False}, EventKind.WITHDRAWAL_QUESTIONNAIRES),
    ],
    ids=["proxy", "second", "error", "quarantine", "set aside"],
)
def test_what_does_not_count_has_no_flag_and_no_change(
    changes: dict[str, Any], kind: EventKind | None
) -> None:
    facts = with_event(kind, date(2021, 4, 10)) if kind else ANNA
    dataset = made(form("V0", DAY), replace(V1, **changes), facts=facts)
    row = told(rows(dataset, "scores.csv"), "value", "ANL01FL", "ANL02FL", *BASELINE)["V1"]
    assert row == (21.0, False, False, None, None, None, None, None)


def test_an_extra_form_after_the_protocol_s_stop_has_no_flag() -> None:
    facts = replace(ANNA, events=(EventFact(EventKind.PROGRESSION, date(2021, 4, 1)),))
    study = replace(STUDY, stop_events=("progression",))
    forms = (form("V0", DAY), V1)
    known = replace(facts, forms=tuple(FormFact(f.visit, f.answered_on, 37) for f in forms))
    dataset = assemble(
        [Subject(known, "zh")], forms, study=study, instrument=INSTRUMENT, as_of=AS_OF, held={}
    )
    assert told(rows(dataset, "scores.csv"), *LIES)["V1"][3:] == ("EXTRA_AFTER_STOP", False, False)
    assert rows(dataset, "forms.csv")[1]["why_not_analysed"] == "EXTRA_AFTER_STOP"


def test_what_stood_before_a_correction_has_no_flag() -> None:
    signed = Corrected({"GP1": (2, 1)}, "PATIENT", "CALL_NOTE", AT, AT)
    corrected = replace(
        V1, corrections=(signed,), earlier_scores=(V1.scores,), handed_in=V1.answers
    )
    found = rows(made(form("V0", DAY), corrected), "scores.csv")
    flags = {(r["visit"], r["revision"]): (r["ANL01FL"], r["study_day"]) for r in found}
    assert flags == {("V0", 0): (True, 1), ("V1", 0): (False, 91), ("V1", 1): (True, 91)}


@pytest.mark.parametrize("day", [date(2021, 1, 4), date(2021, 1, 10), DAY])
def test_a_form_up_to_the_day_of_randomisation_is_the_baseline(day: date) -> None:
    found = told(rows(made(form("V0", day), V1), "scores.csv"), *BASELINE)
    assert found["V0"] == ("BASELINE", 14.0, 0.0, 14.0, 0.0)
    assert found["V1"] == ("BASELINE", 14.0, 7.0, 14.0, 7.0)


def test_after_a_later_one_the_change_is_empty_and_a_second_column_has_it() -> None:
    found = told(rows(made(form("V0", date(2021, 1, 12)), V1), "scores.csv"), *BASELINE)
    assert found["V0"] == ("POST_RANDOMISATION", None, None, 14.0, 0.0)
    assert found["V1"] == ("POST_RANDOMISATION", None, None, 14.0, 7.0)


@pytest.mark.parametrize(
    ("finished_at", "randomised_at", "flag"),
    [
        (AT.replace(hour=1), AT, "BASELINE"),
        (AT, AT, "POST_RANDOMISATION"),
        (AT.replace(hour=3), AT, "POST_RANDOMISATION"),
        (AT.replace(hour=3), None, "BASELINE"),
        (None, AT, "BASELINE"),
    ],
    ids=["before", "at", "after", "time not recorded", "on paper"],
)
def test_on_the_day_itself_the_times_decide_where_both_are_known(
    finished_at: datetime | None, randomised_at: datetime | None, flag: str
) -> None:
    answered = form("V0", DAY, finished_at=finished_at)
    dataset = made(answered, V1, randomised_at=randomised_at)
    assert {row[0] for row in told(rows(dataset, "scores.csv"), *BASELINE).values()} == {flag}


def test_a_day_that_was_corrected_takes_its_time_along() -> None:
    signed = Corrected({"answered_on": ("2021-01-12", "2021-01-11")}, "SITE", "VISIT_NOTE", AT, AT)
    redated = form("V0", DAY, finished_at=AT.replace(hour=9), corrections=(signed,))
    redated = replace(redated, earlier_scores=(redated.scores,), handed_in=redated.answers)
    assert {b.flag for b in made(redated, randomised_at=AT).baselines.values()} == {"BASELINE"}


def test_a_form_is_in_its_window_on_the_first_day_and_on_the_last() -> None:
    first, last = made().visits["L-001", "V1"].opens_on, made().visits["L-001", "V1"].closes_on
    assert last is not None
    for day, window in ((first, "IN_WINDOW"), (last, "IN_WINDOW")):
        [found] = told(rows(made(form("V1", day)), "scores.csv"), "window_status").values()
        assert found == (window,)
    screened = replace(ANNA, randomised_on=None)
    [baseline] = told(
        rows(made(form("V0", date(2021, 1, 4)), facts=screened), "scores.csv"), "window_status"
    ).values()
    assert baseline == ("IN_WINDOW",)


def test_a_form_whose_visit_has_no_entry_with_a_form_is_for_no_analysis() -> None:
    entry = made(V1).visits["L-001", "V1"]
    bare = entry._replace(answered_on=None)
    for let_in, why in ((None, NotAnalysed.NOT_IN_LEDGER), (False, NotAnalysed.SET_ASIDE)):
        aside = replace(V1, let_in=let_in)
        assert why_not(aside, None) is why
        assert why_not(aside, bare) is why
        assert why_not(aside, entry) is None
