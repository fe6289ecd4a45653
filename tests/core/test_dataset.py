"""Who leaves, what is for analysis, the change from baseline, and the dictionary."""

import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pro_app import instruments
from pro_app.core import dictionary as dictionaries
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
    assert "arm" not in rows(late, "patients.csv")[0]


def test_a_patient_who_had_not_come_by_the_day_is_not_there() -> None:
    dataset = made(as_of=date(2021, 1, 3))
    assert rows(dataset, "patients.csv") == []


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


def test_who_helped_and_when_she_finished_stand_with_the_form() -> None:
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
