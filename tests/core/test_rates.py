"""Denominators and rates: the worked examples, and what holds for every mix of facts."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts, ReasonFact
from pro_app.core.ledger import QUARANTINED, UNANSWERED, Flag, Pattern, Status, ledger
from pro_app.core.rates import (
    COUNTED,
    Counts,
    VisitRates,
    counts_of,
    pooled,
    rates,
    ratio,
    reasons,
)
from pro_app.core.schedule import add_months, plan
from pro_app.core.study import Study
from pro_app.studies import load

STUDY = load("nct04158843")
TINY = load(str(Path(__file__).parents[1] / "tiny_study" / "study.json"))
STOPS_AT_PROGRESSION = replace(STUDY, stop_events=("progression",))
ANCHOR = date(2021, 1, 11)
END = date(2025, 12, 31)


def month(n: int) -> date:
    return add_months(ANCHOR, n)


def answers(*visits: str) -> tuple[FormFact, ...]:
    targets = {v.visit: v.target_on for v in plan(STUDY.visits, ANCHOR)}
    return tuple(FormFact(visit, targets[visit], 37) for visit in visits)


A = PatientFacts(
    patient_id="A",
    site="LISHUI",
    screened_on=ANCHOR,
    pro_consent_on=ANCHOR,
    randomised_on=ANCHOR,
    able=True,
    events=(
        EventFact(EventKind.PROGRESSION, month(10)),
        EventFact(EventKind.DEATH, month(22)),
    ),
    forms=answers("V0", "V1", "V3", "V4"),
)
B = replace(
    A,
    patient_id="B",
    events=(EventFact(EventKind.WITHDRAWAL_QUESTIONNAIRES, month(13)),),
    forms=answers("V0", "V1", "V2", "V3", "V4"),
)


def counts(facts: PatientFacts, as_of: date = END, study: Study = STUDY) -> tuple[Counts, ...]:
    """The counts of each visit."""
    entries = ledger(facts, study, valid_from=30, as_of=as_of)
    return tuple(row.counts for row in rates(entries, study, randomised=1))


def sums(facts: PatientFacts, study: Study = STUDY) -> tuple[int, int, int, int, int]:
    row = sum(counts(facts, study=study), Counts())
    return row.v, row.r, row.e, row.a, row.m


def test_worked_example_of_patient_a() -> None:
    found = ledger(A, STUDY, valid_from=30, as_of=END)

    assert [entry.status for entry in found] == [
        *[Status.VALID] * 2,
        Status.MISSING,
        *[Status.VALID] * 2,
        Status.MISSING,
        *[Status.NE_DEATH] * 5,
    ]
    assert (found[2].pattern, found[2].flags) == (Pattern.INTERMITTENT, ())
    assert (found[5].pattern, found[5].flags) == (Pattern.MONOTONE, (Flag.AFTER_PROGRESSION,))
    assert sums(A) == (4, 4, 6, 6, 11)
    assert [entry.truncated_by_death for entry in found] == [n == 5 for n in range(11)]


def test_worked_example_of_patient_a_if_the_protocol_stopped_at_progression() -> None:
    found = ledger(A, STOPS_AT_PROGRESSION, valid_from=30, as_of=END)

    assert found[4].status is Status.EXTRA_AFTER_STOP
    assert found[5].status is Status.NE_PROTOCOL_STOP
    assert sums(A, STOPS_AT_PROGRESSION) == (3, 3, 4, 6, 11)
    assert sum(counts(A, study=STOPS_AT_PROGRESSION), Counts()).x == 0


def test_worked_example_of_patient_b() -> None:
    found = ledger(B, STUDY, valid_from=30, as_of=END)

    assert {entry.status for entry in found[5:]} == {Status.NE_WITHDRAWN}
    assert sums(B) == (5, 5, 5, 11, 11)


def test_a_rate_without_anyone_in_it_is_none() -> None:
    rows = rates((), STUDY, randomised=0)

    assert [row.visit for row in rows] == [visit.code for visit in STUDY.visits]
    assert rows[0] == VisitRates("V0", 0, Counts())
    assert rows[0].completion_rate is rows[0].received_rate is rows[0].alive_rate is None
    assert rows[0].available_rate is rows[0].available_mature_rate is None


def test_the_rates_of_two_groups_of_patients_add_up_to_those_of_both() -> None:
    whole = rates(
        [e for each in (A, B) for e in ledger(each, STUDY, valid_from=30, as_of=END)],
        STUDY,
        randomised=2,
    )
    parts = (
        rates(ledger(each, STUDY, valid_from=30, as_of=END), STUDY, randomised=1) for each in (A, B)
    )
    assert tuple(one + other for one, other in zip(*parts, strict=True)) == whole
    assert whole[0].counts.v == 2


def test_the_pooled_rate_is_the_ratio_of_sums_not_the_mean_of_rates() -> None:
    full = Counts(randomised=9, n=9, m=9, a=9, e=9, r=9, v=9)
    some = Counts(randomised=9, n=9, m=4, a=2, e=1, r=1, v=0)
    row = pooled([VisitRates("V0", 0, full), VisitRates("V1", 3, some)])

    assert row == VisitRates(
        "pooled", None, Counts(randomised=18, n=18, m=13, a=11, e=10, r=10, v=9)
    )
    assert row.completion_rate == pytest.approx(0.9)
    assert row.received_rate == 1
    assert row.alive_rate == pytest.approx(9 / 11)
    assert row.available_mature_rate == pytest.approx(9 / 13)
    assert row.available_rate == pytest.approx(0.5)


def test_the_randomised_may_differ_from_visit_to_visit() -> None:
    rows = rates((), STUDY, randomised={"V0": 3, "V1": 2})

    assert [row.counts.randomised for row in rows[:3]] == [3, 2, 0]


def test_a_form_in_an_open_window_is_in_no_rate_until_it_closes() -> None:
    v1 = plan(STUDY.visits, ANCHOR)[1]
    facts = replace(A, events=(), forms=answers("V0", "V1"))

    last_day, next_day = (counts(facts, v1.closes_on + n * timedelta(days=1))[1] for n in (0, 1))
    assert last_day == Counts(randomised=1, n=1, open=1, open_received=1)
    assert next_day == Counts(randomised=1, n=1, m=1, a=1, e=1, r=1, v=1)


def test_a_form_of_one_who_died_before_the_target_day_came_though_not_expected() -> None:
    v1 = plan(STUDY.visits, ANCHOR)[1]
    facts = replace(
        A,
        events=(EventFact(EventKind.DEATH, v1.target_on - timedelta(days=1)),),
        forms=(FormFact("V1", v1.opens_on, 37),),
    )

    assert counts(facts)[1] == Counts(randomised=1, n=1, m=1, x=1)


def test_one_who_died_in_the_window_stays_expected_and_is_told() -> None:
    v1 = plan(STUDY.visits, ANCHOR)[1]
    died = replace(A, events=(EventFact(EventKind.DEATH, v1.target_on),), forms=())
    answered = replace(died, forms=(FormFact("V1", v1.target_on, 37),))

    assert counts(died)[1] == Counts(randomised=1, n=1, m=1, a=1, e=1, d=1)
    assert counts(answered)[1] == Counts(randomised=1, n=1, m=1, a=1, e=1, r=1, v=1)
    assert counts(died, v1.target_on)[1].open == 0


def test_no_reason_is_asked_of_who_is_in_no_rate() -> None:
    for able in (True, False, None):
        found = ledger(replace(A, able=able), STUDY, valid_from=30, as_of=END)
        pending = [entry.reason for entry in found if entry.status in UNANSWERED]
        assert pending == ["REASON_PENDING" if able else None] * 2
        assert sum(reasons(found).values()) == (2 if able else 0)


def test_who_is_not_randomised_not_consented_or_not_able_is_in_no_rate() -> None:
    left_out = (
        replace(A, randomised_on=None),
        replace(A, randomised_on=END + timedelta(days=1)),
        replace(A, pro_consent_on=None),
        replace(A, able=None),
        replace(A, able=False),
    )
    assert all(sums(facts) == (0, 0, 0, 0, 0) for facts in left_out)


#: What holds for every mix of events and forms is tried on every day of five years.
DAYS = st.dates(date(2020, 6, 1), date(2025, 12, 31))
MAYBE = st.none() | DAYS
EVENTS = st.lists(
    st.builds(EventFact, st.sampled_from(EventKind), DAYS, st.sampled_from(["LISHUI", "ZJCC"])),
    max_size=5,
)


def patients(study: Study) -> st.SearchStrategy[PatientFacts]:
    codes = st.sampled_from([visit.code for visit in study.visits])
    forms = st.lists(
        st.builds(FormFact, codes, DAYS, st.integers(0, 37)),
        max_size=len(study.visits),
        unique_by=lambda form: form.visit,
    )
    reasons = st.lists(st.builds(ReasonFact, codes, st.just("UNKNOWN"), DAYS), max_size=3)
    return st.builds(
        PatientFacts,
        patient_id=st.just("X"),
        site=st.just("LISHUI"),
        screened_on=MAYBE,
        pro_consent_on=MAYBE,
        randomised_on=MAYBE,
        able=st.sampled_from([True, True, False, None]),
        events=EVENTS.map(tuple),
        forms=forms.map(tuple),
        reasons=reasons.map(tuple),
    )


STUDIES = st.sampled_from([STUDY, STOPS_AT_PROGRESSION, TINY])
STUDY_AND_PATIENT = STUDIES.flatmap(lambda s: st.tuples(st.just(s), patients(s)))
STUDY_AND_PATIENTS = STUDIES.flatmap(
    lambda s: st.tuples(st.just(s), st.lists(patients(s), max_size=6))
)


@given(mix=STUDY_AND_PATIENTS, as_of=DAYS)
@settings(max_examples=150)
def test_each_number_is_a_part_of_the_one_before(
    mix: tuple[Study, list[PatientFacts]], as_of: date
) -> None:
    study, everyone = mix
    found = [ledger(facts, study, valid_from=30, as_of=as_of) for facts in everyone]
    entries = list(chain.from_iterable(found))

    # Of each entry, not of the sums alone: as sets too.
    for entry in entries:
        one = counts_of(entry)
        assert 0 <= one.v <= one.r <= one.e <= one.a <= one.m <= one.n <= 1
        assert one.x <= one.m - one.e
        assert one.d <= one.e - one.r
        assert one.open + one.m <= one.n
        assert one.open_received <= one.n - one.m
    rows = rates(entries, study, randomised=len(everyone))
    assert sum((counts_of(entry) for entry in entries), Counts()) == replace(
        pooled(rows).counts, randomised=0
    )
    for row in rows:
        assert row.counts.n <= row.counts.randomised
        assert row.received_rate == ratio(row.counts.r, row.counts.e)


@given(mix=STUDY_AND_PATIENT, as_of=DAYS)
@settings(max_examples=200)
def test_a_form_never_changes_who_is_expected(mix: tuple[Study, PatientFacts], as_of: date) -> None:
    study, facts = mix
    without = replace(facts, forms=())

    for with_forms, none in zip(
        counts(facts, as_of, study), counts(without, as_of, study), strict=True
    ):
        for letter in ("n", "m", "a", "e", "open"):
            assert getattr(with_forms, letter) == getattr(none, letter)
        assert (none.r, none.v, none.x, none.open_received) == (0, 0, 0, 0)


@given(mix=STUDY_AND_PATIENT, as_of=DAYS)
@settings(max_examples=150)
def test_what_the_site_did_not_let_in_is_as_if_it_had_not_come(
    mix: tuple[Study, PatientFacts], as_of: date
) -> None:
    study, facts = mix
    found = {e.visit: e for e in ledger(facts, study, valid_from=30, as_of=as_of)}
    aside = {code for code, entry in found.items() if entry.status in QUARANTINED}
    refused = replace(facts, forms=tuple(replace(f, let_in=False) for f in facts.forms))
    fewer = replace(facts, forms=tuple(f for f in facts.forms if f.visit not in aside))

    assert ledger(refused, study, valid_from=30, as_of=as_of) == ledger(
        fewer, study, valid_from=30, as_of=as_of
    )


@given(mix=STUDY_AND_PATIENT, as_of=DAYS)
@settings(max_examples=200)
def test_every_visit_has_exactly_one_entry_and_what_goes_with_its_status(
    mix: tuple[Study, PatientFacts], as_of: date
) -> None:
    study, facts = mix
    entries = ledger(facts, study, valid_from=30, as_of=as_of)

    codes = [visit.code for visit in study.visits]
    found = [entry.visit for entry in entries]
    if facts.pro_consent_on is None or facts.pro_consent_on > as_of:
        assert set(found) <= {form.visit for form in facts.forms}
    else:
        assert found in ([], codes[:1], codes)
    for entry in entries:
        assert isinstance(entry.status, Status)
        asked_why = entry.status in UNANSWERED
        assert (entry.pattern is not None) == asked_why
        assert asked_why or entry.reason is None
        assert not (asked_why and entry.in_population) or entry.reason is not None
        assert asked_why or not entry.flags
        assert entry.status not in COUNTED or entry.answered_on is not None
        assert (entry.answered_on is None) == (entry.items_answered is None)
        assert entry.status is not Status.MISSING or (entry.window_closed and not entry.answered_on)
        if entry.closes_on is not None and entry.status is Status.WINDOW_OPEN:
            assert entry.days_left == (entry.closes_on - as_of).days >= 0
        assert entry.status not in COUNTED | UNANSWERED or entry.target_on is not None
        assert not entry.truncated_by_death or entry.pattern is Pattern.MONOTONE


@given(mix=STUDY_AND_PATIENT, as_of=DAYS)
@settings(max_examples=150)
def test_what_happens_after_the_day_changes_nothing(
    mix: tuple[Study, PatientFacts], as_of: date
) -> None:
    def until(day: date | None) -> date | None:
        return day if day is not None and day <= as_of else None

    study, facts = mix
    known = replace(
        facts,
        screened_on=until(facts.screened_on),
        pro_consent_on=until(facts.pro_consent_on),
        randomised_on=until(facts.randomised_on),
        events=tuple(event for event in facts.events if event.on <= as_of),
        forms=tuple(form for form in facts.forms if form.answered_on <= as_of),
        reasons=tuple(reason for reason in facts.reasons if reason.on <= as_of),
    )

    assert ledger(known, study, valid_from=30, as_of=as_of) == ledger(
        facts, study, valid_from=30, as_of=as_of
    )


@given(mix=STUDY_AND_PATIENT, as_of=DAYS, died_on=DAYS)
@settings(max_examples=150)
def test_a_late_death_takes_visits_after_it_out_and_leaves_those_before(
    mix: tuple[Study, PatientFacts], as_of: date, died_on: date
) -> None:
    study, facts = mix
    dead = replace(facts, events=(*facts.events, EventFact(EventKind.DEATH, died_on)))

    before = ledger(facts, study, valid_from=30, as_of=as_of)
    after = ledger(dead, study, valid_from=30, as_of=as_of)

    for old, new in zip(before, after, strict=True):
        if died_on > as_of:
            assert new == old
        elif new.answered_on is not None and new.answered_on > died_on:
            assert new.status is Status.ERR_FORM_AFTER_DEATH
        elif new.answered_on is None and (new.target_on is None or new.target_on > died_on):
            assert new.status is Status.NE_DEATH
        else:
            assert new.status is old.status


def test_each_form_that_did_not_come_counts_under_its_reason() -> None:
    given = ReasonFact("V2", "FORGOT", END)
    found = ledger(replace(A, reasons=(given,)), STUDY, valid_from=30, as_of=END)
    assert reasons(found) == {"FORGOT": 1, "REASON_PENDING": 1}
