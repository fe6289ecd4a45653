"""Who leaves, what is for analysis, the change from baseline, and the dictionary."""

import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from pro_app import instruments
from pro_app.core import dictionary as dictionaries
from pro_app.core import rows as kinds
from pro_app.core import tidy
from pro_app.core.analysis import BaselineFlag, NotAnalysed, WindowStatus
from pro_app.core.answer_sets import (
    AnswerSet,
    Corrected,
    SiteDecision,
    StoredScore,
    WordingStatus,
    unreadable,
    versions,
    wording_status,
)
from pro_app.core.corrections import AskedBy, Evidence
from pro_app.core.dataset import Dataset, Subject, TakenOut, assemble
from pro_app.core.dictionary import DictionaryError, Source, dictionary_rows
from pro_app.core.facts import Assistance, EventFact, EventKind, FormFact, Mode, PatientFacts
from pro_app.core.instrument import AnswerState
from pro_app.core.leaving import Held, Why
from pro_app.core.ledger import Flag, Pattern, Status
from pro_app.core.rates import NUMBERS, Counts, pooled, rates
from pro_app.core.review import QueryState, Review
from pro_app.core.scoring import score
from pro_app.core.voids import What
from pro_app.export.manifest import VERSION, dictionary
from pro_app.studies import load

ROOT = Path(__file__).parents[2]
STUDY = load("nct04158843")
INSTRUMENT = instruments.load(STUDY.instrument)
TINY = load(str(ROOT / "tests" / "tiny_study" / "study.json"))
TEA = instruments.load(TINY.instrument)

AS_OF = date(2021, 12, 31)
#: V0 is due on 11 January, V1 on 11 April 2021.
ANNA = PatientFacts(
    patient_id="L-001",
    site="LISHUI",
    screened_on=date(2021, 1, 4),
    pro_consent_on=date(2021, 1, 4),
    randomised_on=date(2021, 1, 11),
    able=True,
)


def form(
    visit: str, on: date, answers: dict[str, int | str] | int = 2, **changes: Any
) -> AnswerSet:
    """A standing form of Anna, every item answered alike unless told otherwise."""
    given = dict.fromkeys(INSTRUMENT.item_codes, answers) if isinstance(answers, int) else answers
    values = {code: a if isinstance(a, int) else None for code, a in given.items()}
    scores = score(values, INSTRUMENT)
    made = AnswerSet(
        submission_id=f"{visit}-{on}",
        patient_id=ANNA.patient_id,
        visit=visit,
        standing=True,
        proxy=False,
        answered_on=on,
        received_at=datetime(on.year, on.month, on.day, 4, tzinfo=UTC),
        mode=Mode.PHONE_SELF.value,
        language="zh",
        entered_by_staff=False,
        instrument=INSTRUMENT.id,
        instrument_sha256=INSTRUMENT.sha256,
        wording_sha256=None,
        items_answered=sum(v is not None for v in values.values()),
        answers=tuple(given[code] for code in INSTRUMENT.item_codes),
        item_languages={},
        scores=tuple(StoredScore(s.value, s.n_answered, s.prorated) for s in scores.values()),
    )
    return replace(made, **changes)


def made(
    *forms: AnswerSet,
    facts: PatientFacts = ANNA,
    as_of: date = AS_OF,
    held: Held | None = None,
    randomised_at: datetime | None = None,
) -> Dataset:
    standing = tuple(
        FormFact(f.visit, f.answered_on, f.items_answered, f.let_in)
        for f in forms
        if f.standing and not f.proxy
    )
    subject = Subject(replace(facts, forms=standing), "zh", randomised_at=randomised_at)
    withheld = {facts.patient_id: held} if held else {}
    return assemble(
        [subject], forms, study=STUDY, instrument=INSTRUMENT, as_of=as_of, held=withheld
    )


def rows(dataset: Dataset, file: str, *, with_arm: bool = False) -> list[dict[str, Any]]:
    for table in tidy.tables(dataset, dictionary(), {}, with_arm=with_arm, with_timings=with_arm):
        if table.file == file:
            return [dict(zip(table.columns, row, strict=True)) for row in table.rows()]
    raise AssertionError(file)


def with_event(kind: EventKind, on: date) -> PatientFacts:
    return replace(ANNA, events=(EventFact(kind, on),))


def test_change_from_baseline_is_as_counted_by_hand() -> None:
    # All items 2: PWB 14, SWB 14. Then all 1: the seven reversed items of PWB give
    # 7 × 3 = 21, the seven of SWB, not reversed, give 7.
    dataset = made(form("V0", date(2021, 1, 8), 2), form("V1", date(2021, 4, 11), 1))
    found = {(r["visit"], r["scale"]): r for r in rows(dataset, "scores.csv")}
    physical, social = found["V1", "PWB"], found["V1", "SWB"]
    assert (physical["value"], physical["baseline_value"], physical["change_from_baseline"]) == (
        21.0,
        14.0,
        7.0,
    )
    assert (social["value"], social["baseline_value"], social["change_from_baseline"]) == (
        7.0,
        14.0,
        -7.0,
    )
    assert found["V0", "PWB"]["change_from_baseline"] == 0.0


def test_a_change_is_not_rounded() -> None:
    half = dict.fromkeys(INSTRUMENT.item_codes, 2) | {"GP1": "SKIPPED", "GP2": 0}
    dataset = made(form("V0", date(2021, 1, 8), 2), form("V1", date(2021, 4, 11), half))
    found = {(r["visit"], r["scale"]): r for r in rows(dataset, "scores.csv")}
    # GP2 turned round is 4, with five times 2: 14 from six items, times 7 / 6.
    assert found["V1", "PWB"]["value"] == 14 * 7 / 6
    assert found["V1", "PWB"]["change_from_baseline"] == 14 * 7 / 6 - 14
    assert found["V1", "PWB"]["prorated"] is True


def test_without_a_baseline_there_is_no_change() -> None:
    alone = rows(made(form("V1", date(2021, 4, 11))), "scores.csv")
    assert {r["change_from_baseline"] for r in alone} == {None}
    assert {r["baseline_value"] for r in alone} == {None}


def test_an_unscored_scale_has_no_change() -> None:
    blank = dict.fromkeys(INSTRUMENT.item_codes, 2) | {f"GP{i}": "SKIPPED" for i in range(1, 5)}
    dataset = made(form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11), blank))
    found = {(r["visit"], r["scale"]): r for r in rows(dataset, "scores.csv")}
    assert found["V1", "PWB"]["value"] is None
    assert found["V1", "PWB"]["baseline_value"] == 14.0
    assert found["V1", "PWB"]["change_from_baseline"] is None
    assert found["V1", "SWB"]["change_from_baseline"] == 0.0


def test_a_baseline_answered_by_another_is_no_baseline() -> None:
    dataset = made(form("V0", date(2021, 1, 8), proxy=True), form("V1", date(2021, 4, 11)))
    assert dataset.baselines == {}


def test_a_second_form_is_exported_as_a_conflict() -> None:
    second = form("V1", date(2021, 4, 12), 3, standing=False)
    dataset = made(form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11)), second)
    found = {r["submission_id"]: r for r in rows(dataset, "forms.csv")}
    assert len(found) == 3
    assert found[second.submission_id]["analysis"] is False
    assert found[second.submission_id]["why_not_analysed"] == "CONFLICT"
    scores = [r for r in rows(dataset, "scores.csv") if r["submission_id"] == second.submission_id]
    assert {r["analysis"] for r in scores} == {False}
    assert {r["change_from_baseline"] for r in scores} == {None}
    assert all(r["value"] is not None for r in scores)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (EventKind.DEATH, NotAnalysed.ERR_FORM_AFTER_DEATH),
        (EventKind.WITHDRAWAL_QUESTIONNAIRES, NotAnalysed.QUARANTINE_AFTER_WITHDRAWAL),
    ],
)
def test_a_form_after_death_or_withdrawal_leaves_marked(kind: EventKind, why: NotAnalysed) -> None:
    facts = with_event(kind, date(2021, 4, 10))
    dataset = made(form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11)), facts=facts)
    found = {r["visit"]: r for r in rows(dataset, "forms.csv")}
    assert (found["V1"]["analysis"], found["V1"]["why_not_analysed"]) == (False, why.value)
    assert found["V1"]["status"] == why.value
    assert (found["V0"]["analysis"], found["V0"]["why_not_analysed"]) == (True, None)


def test_a_form_before_the_first_consent_does_not_leave_until_it_is_let_in() -> None:
    early, proxy = form("V0", date(2021, 1, 8)), form("V1", date(2021, 1, 9), proxy=True)
    for consent_on in (None, date(2021, 1, 10), date(2022, 2, 2)):
        dataset = made(early, proxy, facts=replace(ANNA, pro_consent_on=consent_on))
        assert (dataset.forms, dataset.before_consent) == ((), 2)
        for file in ("forms.csv", "items.csv", "scores.csv"):
            assert rows(dataset, file) == []
        assert rows(dataset, "ledger.csv")[0]["status"] == "QUARANTINE_BEFORE_CONSENT"
    facts = replace(ANNA, pro_consent_on=date(2021, 1, 10))
    decided = replace(early, let_in=True, decision=SiteDecision.COUNTS)
    let_in = made(decided, facts=facts)
    found = rows(let_in, "forms.csv")
    assert [(r["status"], r["analysis"]) for r in found] == [("VALID", True)]
    assert let_in.before_consent == 0


def test_a_form_that_was_set_aside_is_marked_and_the_visit_stands_without_it() -> None:
    facts = with_event(EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2021, 4, 10))
    late = form("V1", date(2021, 4, 11), let_in=False, decision=SiteDecision.SET_ASIDE)
    [row] = rows(made(late, facts=facts), "forms.csv")
    assert (row["status"], row["why_not_analysed"]) == ("NE_WITHDRAWN", "SET_ASIDE")


def test_a_form_before_the_randomisation_is_for_no_analysis_yet() -> None:
    facts = replace(ANNA, randomised_on=None)
    [row] = rows(made(form("V0", date(2021, 1, 8)), facts=facts), "forms.csv")
    assert (row["status"], row["why_not_analysed"]) == ("WINDOW_OPEN", "NOT_RANDOMISED")


def test_what_happened_after_the_day_is_left_out() -> None:
    facts = with_event(EventKind.PROGRESSION, date(2021, 4, 12))
    forms = (form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 12)))
    dataset = made(*forms, facts=facts, as_of=date(2021, 4, 11))
    assert [r["visit"] for r in rows(dataset, "forms.csv")] == ["V0"]
    assert rows(dataset, "events.csv") == []
    assert {r["visit"]: r["status"] for r in rows(dataset, "ledger.csv")}["V1"] == "WINDOW_OPEN"


def test_days_after_the_day_are_empty_and_the_arm_with_them() -> None:
    subject = Subject(ANNA, "zh", "RADICAL")
    early, late = (
        assemble([subject], [], study=STUDY, instrument=INSTRUMENT, as_of=day, held={})
        for day in (date(2021, 1, 5), date(2021, 1, 11))
    )
    (before,) = rows(early, "patients.csv", with_arm=True)
    (after,) = rows(late, "patients.csv", with_arm=True)
    assert (before["screened_on"], before["randomised_on"]) == (date(2021, 1, 4), None)
    assert (before["arm"], after["arm"]) == (None, "RADICAL")
    assert tuple(rows(late, "patients.csv")[0]) == kinds.PatientRow._fields[:-1]


def test_a_patient_who_had_not_come_by_the_day_is_not_there() -> None:
    dataset = made(as_of=date(2021, 1, 3))
    assert rows(dataset, "patients.csv") == []


def test_what_happened_on_the_day_itself_is_there() -> None:
    on = date(2021, 4, 11)
    assert len(rows(made(as_of=date(2021, 1, 4)), "patients.csv")) == 1
    [came] = rows(made(form("V1", on), as_of=on), "forms.csv")
    assert came["visit"] == "V1"
    consented = replace(ANNA, pro_consent_on=on)
    same_day = made(form("V1", on), facts=consented, as_of=on)
    assert (len(same_day.forms), same_day.before_consent) == (1, 0)


def test_the_time_of_the_randomisation_leaves_with_its_day() -> None:
    facts = replace(ANNA, randomised_time=time(8, 5))
    for as_of, told in ((date(2021, 1, 10), None), (date(2021, 1, 11), "08:05")):
        [row] = rows(made(facts=facts, as_of=as_of), "patients.csv")
        assert row["randomised_time"] == told
    assert rows(made(), "patients.csv")[0]["randomised_time"] is None


def test_the_version_of_the_questionnaire_is_named_where_it_is_this_one() -> None:
    other = form("V1", date(2021, 4, 11), instrument_sha256="0" * 64)
    found = rows(made(form("V0", date(2021, 1, 8)), other), "forms.csv")
    assert [r["instrument_version"] for r in found] == [INSTRUMENT.version, None]


def test_forms_follow_the_protocol_s_order_and_the_one_that_counts_comes_first() -> None:
    on = date(2021, 7, 1)
    aside = form("V2", on, standing=False, submission_id="a")
    counts = form("V2", on, submission_id="b")
    dataset = made(form("V10", on), aside, counts, form("V99", on), form("V1", on))
    assert [f.visit for f in dataset.forms] == ["V1", "V2", "V2", "V10", "V99"]
    assert [f.submission_id for f in dataset.forms[1:3]] == ["b", "a"]


def test_forms_are_narrowed_by_their_review_and_the_others_counted() -> None:
    forms = [form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11), review=Review.APPROVED)]
    facts = replace(ANNA, forms=tuple(FormFact(f.visit, f.answered_on, 37) for f in forms))
    found = {
        review: assemble(
            [Subject(facts, "zh")],
            forms,
            study=STUDY,
            instrument=INSTRUMENT,
            as_of=AS_OF,
            held={},
            review=review,
        )
        for review in (None, Review.APPROVED, Review.REJECTED)
    }
    assert [(len(d.forms), d.narrowed) for d in found.values()] == [(2, 0), (1, 1), (0, 2)]
    assert [len(d.baselines) for d in found.values()] == [1, 0, 0]


def test_a_patient_without_any_day_is_there() -> None:
    empty = replace(ANNA, screened_on=None, pro_consent_on=None, randomised_on=None, able=None)
    assert len(rows(made(facts=empty), "patients.csv")) == 1


UNDECIDED = Held(Why.UNDECIDED, date(2021, 4, 12), None)


def test_withdrawn_consent_takes_the_patient_out_of_every_file() -> None:
    facts = with_event(EventKind.WITHDRAWAL_CONSENT, date(2021, 4, 12))
    forms = (form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11)))
    for as_of in (AS_OF, date(2021, 4, 11)):
        dataset = made(*forms, facts=facts, as_of=as_of, held=UNDECIDED)
        assert dataset.withheld == 1
        for table in tidy.tables(dataset, dictionary(), {}, with_arm=True, with_timings=True):
            assert all(ANNA.patient_id not in row for row in table.rows()), table.file


def test_counts_go_on_including_whoever_withdrew_their_consent() -> None:
    facts = with_event(EventKind.WITHDRAWAL_CONSENT, date(2021, 4, 12))
    forms = (form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11)))
    held, free = (made(*forms, facts=facts, held=each) for each in (UNDECIDED, None))
    for file in ("compliance.csv", "compliance_scales.csv"):
        found = [row | {"withheld": 0} for row in rows(held, file)]
        assert found == [row | {"withheld": 0} for row in rows(free, file)]
    assert {row["withheld"] for row in rows(free, "compliance.csv")} == {0}
    first = rows(held, "compliance.csv")[0]
    assert [first[name] for name in ("visit", "N", "V", "withheld")] == ["V0", 1, 1, 1]
    assert rows(held, "compliance.csv")[11]["withheld"] == 11


def test_only_a_cut_that_held_the_patient_names_them_as_taken_out() -> None:
    facts = with_event(EventKind.WITHDRAWAL_CONSENT, date(2021, 4, 12))
    named = TakenOut(ANNA.patient_id, Why.UNDECIDED, None)
    assert made(facts=facts, held=UNDECIDED).taken_out == ()
    assert made(facts=facts, held=UNDECIDED, as_of=date(2021, 4, 11)).taken_out == (named,)
    assert made(held=UNDECIDED).taken_out == (named,)  # not known at the instant asked for
    kept = Held(Why.RETAINED, date(2021, 4, 12), date(2021, 4, 12))
    assert made(held=kept, as_of=date(2021, 4, 12)).taken_out == ()
    some = TakenOut(ANNA.patient_id, Why.RETAINED, date(2021, 4, 12))
    assert made(held=kept, as_of=date(2021, 4, 13)).taken_out == (some,)


def test_retained_data_end_with_the_day_of_the_withdrawal() -> None:
    day = date(2021, 4, 12)
    events = [(EventKind.PROGRESSION, date(2021, 4, 1)), (EventKind.WITHDRAWAL_CONSENT, day)]
    events.append((EventKind.DEATH, date(2021, 6, 1)))
    facts = replace(ANNA, events=tuple(EventFact(kind, on) for kind, on in events))
    forms = [form("V0", date(2021, 1, 8)), form("V1", day), form("V2", date(2021, 7, 12))]
    dataset = made(*forms, facts=facts, held=Held(Why.RETAINED, day, day))
    assert [r["visit"] for r in rows(dataset, "forms.csv")] == ["V0", "V1"]
    told = [r["event"] for r in rows(dataset, "events.csv")]
    assert told == ["progression", "withdrawal_consent"]
    statuses = {r["visit"]: r["status"] for r in rows(dataset, "ledger.csv")}
    assert (statuses["V1"], statuses["V2"], statuses["V3"]) == (
        "VALID",
        "NE_WITHDRAWN",
        "NE_WITHDRAWN",
    )
    assert (dataset.withheld, dataset.taken_out) == (0, ())


def test_compliance_is_the_core_s_for_all_and_for_each_site() -> None:
    dataset = made(form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11)))
    expected = rates(dataset.entries, STUDY, randomised=1)
    found = rows(dataset, "compliance.csv")
    assert len(found) == (len(STUDY.visits) + 1) * (len(STUDY.sites) + 1)
    for row, rate in zip(found, (*expected, pooled(expected)), strict=False):
        assert row["site"] == "all"
        assert (row["visit"], row["month"]) == (rate.visit, rate.month)
        upper = {name: name.upper() if len(name) == 1 else name for name in NUMBERS}
        assert Counts(**{name: row[there] for name, there in upper.items()}) == rate.counts
        for name in ("completion", "received", "alive", "available_mature", "available"):
            assert row[f"{name}_rate"] == getattr(rate, f"{name}_rate")


def test_a_visit_counts_for_the_site_of_its_target_day() -> None:
    move = EventFact(EventKind.TRANSFER, date(2021, 4, 1), "ZJCC")
    facts = replace(ANNA, events=(move,), randomised_on=date(2021, 1, 11))
    dataset = made(form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11)), facts=facts)
    by_site = {(r["site"], r["visit"]): r for r in rows(dataset, "compliance.csv")}
    for site, visit, there in (
        *(("LISHUI", "V0", 1), ("LISHUI", "V1", 0)),
        *(("ZJCC", "V0", 0), ("ZJCC", "V1", 1), ("all", "V1", 1)),
    ):
        row = by_site[site, visit]
        assert [row[n] for n in ("randomised", "N", "V")] == [there] * 3, (site, visit)
    [patient] = rows(dataset, "patients.csv")
    assert (patient["site"], patient["first_site"]) == ("ZJCC", "LISHUI")
    assert [r["site"] for r in rows(dataset, "ledger.csv")][:2] == ["LISHUI", "ZJCC"]
    assert [r["site"] for r in rows(dataset, "effort.csv")][:2] == ["LISHUI", "ZJCC"]
    assert rows(dataset, "events.csv")[0]["to_site"] == "ZJCC"
    before = made(facts=facts, as_of=date(2021, 3, 31))
    assert rows(before, "patients.csv")[0]["site"] == "LISHUI"


def test_each_score_counts_where_it_has_a_value() -> None:
    blank = dict.fromkeys(INSTRUMENT.item_codes, 2) | {f"GP{i}": "SKIPPED" for i in range(1, 5)}
    dataset = made(form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11), blank))
    found = {
        (r["visit"], r["scale"]): r
        for r in rows(dataset, "compliance_scales.csv")
        if r["site"] == "all"
    }
    assert len(found) == (len(STUDY.visits) + 1) * len(INSTRUMENT.scales)
    numbers = ("N", "E", "R", "scored", "scored_of_expected_rate", "scored_of_all_rate")
    told = {k: tuple(found[k][n] for n in numbers) for k in found}
    assert told["V1", "SWB"] == (1, 1, 1, 1, 1.0, 1.0)
    assert told["V1", "PWB"] == (1, 1, 1, 0, 0.0, 0.0)
    assert told["pooled", "SWB"] == (11, 4, 2, 2, 0.5, 2 / 11)
    assert told["pooled", "PWB"] == (11, 4, 2, 1, 0.25, 1 / 11)


def test_rows_follow_patient_visit_and_item() -> None:
    late = replace(ANNA, patient_id="L-000", forms=(FormFact("V0", date(2021, 1, 8), 37),))
    forms = [
        form("V1", date(2021, 4, 11)),
        form("V0", date(2021, 1, 8)),
        form("V0", date(2021, 1, 8), patient_id="L-000", submission_id="other"),
    ]
    subjects = [Subject(ANNA, "zh"), Subject(late, "en")]
    dataset = assemble(subjects, forms, study=STUDY, instrument=INSTRUMENT, as_of=AS_OF, held={})
    found = rows(dataset, "items.csv")
    order = [(r["patient_id"], r["visit"]) for r in found[:: len(INSTRUMENT.items)]]
    assert order == [("L-000", "V0"), ("L-001", "V0"), ("L-001", "V1")]
    assert [r["item"] for r in found[: len(INSTRUMENT.items)]] == list(INSTRUMENT.item_codes)


def test_an_item_keeps_its_state_and_its_language() -> None:
    answers = dict.fromkeys(INSTRUMENT.item_codes, 2) | {"GS7": "PREFER_NOT", "B1": "NOT_SHOWN"}
    dataset = made(form("V0", date(2021, 1, 8), answers, item_languages={"GP2": "en"}))
    found = {r["item"]: r for r in rows(dataset, "items.csv")}
    assert (found["GS7"]["state"], found["GS7"]["value"]) == ("PREFER_NOT", None)
    assert (found["B1"]["state"], found["B1"]["value"]) == ("NOT_SHOWN", None)
    assert (found["GP2"]["state"], found["GP2"]["value"]) == ("ANSWERED", 2)
    assert (found["GP1"]["language"], found["GP2"]["language"]) == ("zh", "en")


def test_a_phone_that_runs_ahead_shows_in_its_own_column() -> None:
    received = datetime(2021, 1, 8, 4, tzinfo=UTC)
    ahead = form("V0", date(2021, 1, 8), device_at=received.replace(day=11))
    (row,) = rows(made(ahead), "forms.csv")
    assert row["clock_skew_seconds"] == 3 * 24 * 3600
    assert row["clock_off_by_a_day"] is True
    assert row["status"] == "VALID"


@pytest.mark.parametrize(
    ("apart", "seconds", "off"),
    [
        (timedelta(days=1), 86_400, False),
        (timedelta(days=1, seconds=1), 86_401, True),
        (timedelta(days=-1), -86_400, False),
        (timedelta(days=-1, seconds=-1), -86_401, True),
        (timedelta(seconds=1.6), 2, False),
    ],
)
def test_a_clock_is_off_by_a_day_when_it_is_wrong_by_more_than_one(
    apart: timedelta, seconds: int, off: bool
) -> None:
    received = datetime(2021, 1, 8, 4, tzinfo=UTC)
    shown = form("V0", date(2021, 1, 8), device_at=received + apart)
    assert (shown.clock_skew_seconds, shown.clock_off_by_a_day) == (seconds, off)
    untold = form("V0", date(2021, 1, 8))
    assert (untold.clock_skew_seconds, untold.clock_off_by_a_day) == (None, False)


def test_who_helped_and_when_it_was_finished_stand_with_the_form() -> None:
    finished = datetime(2021, 1, 8, 3, tzinfo=UTC)
    near = datetime(2021, 1, 9, 4, tzinfo=UTC)
    late = form("V0", date(2021, 1, 8), assistance="READ_ALOUD", finished_at=finished)
    (row,) = rows(made(replace(late, received_at=near, device_at=near)), "forms.csv")
    assert (row["assistance"], row["finished_at"]) == ("READ_ALOUD", finished)
    assert row["clock_off_by_a_day"] is False


@pytest.mark.parametrize(
    ("sha256", "mode", "status"),
    [
        ("known", Mode.PHONE_SELF, WordingStatus.LICENSED),
        ("other", Mode.PHONE_SELF, WordingStatus.NOT_KNOWN),
        (None, Mode.PAPER, WordingStatus.PAPER),
        (None, Mode.INTERVIEW_PHONE, WordingStatus.NOT_KNOWN),
    ],
)
def test_a_form_says_whose_words_it_showed(
    sha256: str | None, mode: Mode, status: WordingStatus
) -> None:
    shown = form("V0", date(2021, 1, 8), wording_sha256=sha256, mode=mode.value)
    assert wording_status(shown, {"known": WordingStatus.LICENSED}) is status


def test_forms_that_do_not_fit_the_instrument_are_named() -> None:
    good = form("V0", date(2021, 1, 8))
    bad = {
        "other items": replace(good, submission_id="other items", answers=()),
        "no scores": replace(good, submission_id="no scores", scores=None),
        "no choice": replace(good, submission_id="no choice", answers=(9, *good.answers[1:])),
        "no state": replace(good, submission_id="no state", answers=("?", *good.answers[1:])),
    }
    assert unreadable([good, *bad.values()], INSTRUMENT) == list(bad)


def test_an_earlier_scoring_version_leaves_a_gap_among_the_revisions() -> None:
    first = form("V0", date(2021, 1, 8), 2)
    now = form("V0", date(2021, 1, 8), {**dict.fromkeys(INSTRUMENT.item_codes, 2), "GP1": 0})
    written = datetime(2021, 1, 9, tzinfo=UTC)
    signed = Corrected({"GP1": (2, 0)}, "PATIENT", "CALL_NOTE", written, written)
    corrected = replace(now, handed_in=first.answers, corrections=(signed,), earlier_scores=(None,))
    assert list(versions([corrected], INSTRUMENT.item_codes)) == [corrected]
    assert {r["revision"] for r in rows(made(corrected), "scores.csv")} == {1}


#: File → its columns, those too that leave only if they are asked for.
COLUMNS = {
    table.file: table.columns
    for table in tidy.tables(made(), dictionary(), {}, with_arm=True, with_timings=True)
}


def test_every_column_that_can_leave_is_explained_in_its_order() -> None:
    explained = {f: tuple(c.name for c in cs) for f, cs in dictionary().files.items()}
    assert explained == COLUMNS


@pytest.mark.parametrize(
    ("codes", "members"),
    [
        ("status", Status),
        ("pattern", Pattern),
        ("flags", Flag),
        ("not_analysed", NotAnalysed),
        ("decision", SiteDecision),
        ("voids", What),
        ("window_status", WindowStatus),
        ("baseline_flag", BaselineFlag),
        ("asked_by", AskedBy),
        ("evidence", Evidence),
        ("assistance", Assistance),
        ("modes", Mode),
        ("wording_status", WordingStatus),
        ("state", AnswerState),
        ("events", EventKind),
        ("review", Review),
        ("query_state", QueryState),
        ("types", dictionaries.Kind),
        ("sources", Source),
    ],
)
def test_every_code_is_explained_in_both_languages(codes: str, members: Any) -> None:
    explained = dictionary().lists[codes]
    assert [code.code for code in explained] == [member.value for member in members]
    assert all(code.en and code.zh for code in explained)


def test_the_dictionary_takes_its_codes_from_the_study_and_the_instrument() -> None:
    told = {(r.file, r.column): r.values for r in dictionary_rows(dictionary(), COLUMNS, TINY, TEA)}
    assert told["items.csv", "item"] == "TEA1 | TEA2 | TEA3"
    assert told["scores.csv", "scale"] == "TASTE_SUM: 0 – 6"
    assert told["patients.csv", "arm"] == "GREEN: Green tea | BLACK: Black tea"
    assert told["ledger.csv", "visit"].startswith("START: month 0")


def test_a_study_in_neither_language_explains_its_codes_in_its_own() -> None:
    arms = tuple(replace(arm, name={"de": f"Tee {arm.code}"}) for arm in TINY.arms)
    study = replace(TINY, languages=("de",), arms=arms)
    rows_of = dictionary_rows(dictionary(), COLUMNS, study, TEA)
    told = {(r.file, r.column): r.values for r in rows_of}
    assert told["patients.csv", "arm"] == "GREEN: Tee GREEN | BLACK: Tee BLACK"


def test_a_column_that_nobody_explained_can_not_leave() -> None:
    with pytest.raises(KeyError):
        list(dictionary_rows(dictionary(), {"events.csv": ("note",)}, TINY, TEA))


def test_a_dictionary_that_contradicts_itself_is_refused() -> None:
    data = json.loads((ROOT / "pro_app" / "export" / "dictionary.json").read_text("utf-8"))
    data["files"]["events.csv"][0] |= {"type": "colour", "source": "GOSSIP", "zh": ""}
    data["files"]["events.csv"][1]["values"] = "@nowhere"
    with pytest.raises(DictionaryError) as refused:
        dictionaries.from_data(data)
    assert refused.value.problems == (
        "events.csv patient_id: unknown type 'colour'",
        "events.csv patient_id: unknown source 'GOSSIP'",
        "events.csv patient_id: not explained in both languages",
        "events.csv event: unknown list '@nowhere'",
    )


def test_the_version_in_the_manifest_is_the_product_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION


def test_the_kinds_of_a_file_s_columns_are_in_its_order() -> None:
    found = dictionary().kinds("consents.csv")
    assert tuple(found) == kinds.ConsentRow._fields
    assert found["on"] is dictionaries.Kind.DAY


def test_a_form_with_blanks_of_every_kind_can_be_read() -> None:
    blanks = dict(zip(INSTRUMENT.item_codes, ("SKIPPED", "PREFER_NOT", "NOT_SHOWN"), strict=False))
    answers = dict.fromkeys(INSTRUMENT.item_codes, 2) | blanks
    assert unreadable([form("V0", date(2021, 1, 8), answers)], INSTRUMENT) == []
    answered = replace(form("V0", date(2021, 1, 8)), answers=("ANSWERED",) * 37)
    assert unreadable([answered], INSTRUMENT) == [answered.submission_id]


def test_every_version_of_a_form_has_the_answers_and_scores_of_its_time() -> None:
    twos = dict.fromkeys(INSTRUMENT.item_codes, 2)
    first, second, now = (
        form("V0", date(2021, 1, 8), twos | changes)
        for changes in ({}, {"GP1": 0}, {"GP1": 0, "GP2": "SKIPPED"})
    )
    at = datetime(2021, 1, 9, tzinfo=UTC)
    changes = (
        {"GP1": (2, 0), "answered_on": ("2021-01-07", "2021-01-08")},
        {"GP2": (2, "SKIPPED")},
    )
    corrected = replace(
        now,
        handed_in=first.answers,
        corrections=tuple(Corrected(each, "PATIENT", "CALL_NOTE", at, at) for each in changes),
        earlier_scores=(first.scores, second.scores),
    )
    found = list(versions([corrected], INSTRUMENT.item_codes))
    assert [(v.answers, v.scores) for v in found] == [
        (each.answers, each.scores) for each in (first, second, now)
    ]
    told = rows(made(corrected), "scores.csv")
    physical = [r for r in told if r["scale"] == "PWB"]
    flags = [(r["revision"], r["current"], r["ANL02FL"], r["analysis"]) for r in physical]
    assert flags == [(0, False, False, False), (1, False, False, False), (2, True, True, True)]


def test_a_form_of_a_visit_without_an_entry_lies_nowhere() -> None:
    [row, *_] = rows(made(form("V99", date(2021, 4, 11))), "scores.csv")
    assert (row["month"], row["window_status"], row["status"]) == (None, None, None)


def test_the_dictionary_lists_the_responses_from_the_lowest_to_the_highest() -> None:
    columns = {"items.csv": kinds.ItemRow._fields}
    told = {r.column: r.values for r in dictionary_rows(dictionary(), columns, TINY, TEA)}
    assert told["value"] == "0 | 1 | 2"
    assert told["patient_id"] == dictionary().files["items.csv"][1].values
    assert all(text is not None for text in told.values())
