"""The made-up study itself: the same again, of the right shape, and believable."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import mean
from zoneinfo import ZoneInfo

import pytest

from pro_app import instruments, studies
from pro_app.core.facts import ENDS_QUESTIONNAIRES, EventKind, Mode
from pro_app.core.instrument import AnswerState
from pro_app.core.ledger import REASON_PENDING, UNANSWERED, Entry, Pattern, Status, ledger
from pro_app.core.rates import VisitRates, pooled, rates
from pro_app.core.scoring import score
from pro_app.core.submission import open_visits
from pro_app.demo.generate import generate
from pro_app.demo.people import DemoStudy, Form, Patient

TRIAL = "nct04158843"
TINY = str(Path(__file__).parents[2] / "tiny_study" / "study.json")
TODAY = date(2026, 3, 5)
SEEDS = range(1, 6)


@cache
def made(study: str = TRIAL, as_of: date = TODAY, seed: int = 1, patients: int = 183) -> DemoStudy:
    loaded = studies.load(study)
    instrument = instruments.load(loaded.instrument)
    return generate(loaded, instrument, as_of=as_of, seed=seed, patients=patients)


def entries(demo: DemoStudy, study: str = TRIAL) -> list[Entry]:
    loaded = studies.load(study)
    valid_from = instruments.load(loaded.instrument).valid_from
    return [
        entry
        for patient in demo.patients
        for entry in ledger(patient.facts, loaded, valid_from=valid_from, as_of=demo.as_of)
    ]


def rows(demo: DemoStudy, site: str | None = None) -> tuple[VisitRates, ...]:
    shown = [entry for entry in entries(demo) if site in (None, entry.site)]
    randomised = sum(site in (None, patient.person.site) for patient in demo.patients)
    return rates(shown, studies.load(TRIAL), randomised=randomised)


def scores(form: Form) -> dict[str, float | None]:
    instrument = instruments.load(studies.load(TRIAL).instrument)
    values = {code: answer.value for code, answer in form.answers.items()}
    return {code: each.value for code, each in score(values, instrument).items()}


def awaited(demo: DemoStudy) -> list[Entry]:
    return [e for e in entries(demo) if e.status is Status.WINDOW_OPEN]


def test_the_same_day_and_seed_give_the_same_study() -> None:
    again = made.__wrapped__(seed=1)
    assert again == made(seed=1)
    assert repr(again.patients) == repr(made(seed=1).patients)


def test_another_seed_or_day_gives_another_study() -> None:
    assert made(seed=1).patients != made(seed=2).patients
    assert made().patients != made(as_of=TODAY - timedelta(days=1)).patients


def test_183_patients_are_randomised_two_to_one_at_four_sites() -> None:
    demo = made()
    assert len({patient.number for patient in demo.patients}) == 183
    assert Counter(patient.person.arm for patient in demo.patients) == {0: 122, 1: 61}
    sites = Counter(patient.person.site for patient in demo.patients)
    assert set(sites) == {site.code for site in studies.load(TRIAL).sites}
    assert min(sites.values()) >= 15


def test_recruitment_is_spread_over_the_four_years_before() -> None:
    days = sorted(patient.person.randomised_on for patient in made().patients)
    assert date(2022, 3, 5) <= days[0] <= date(2022, 4, 5)
    assert date(2026, 1, 1) <= days[-1] < TODAY
    years = Counter((TODAY - day).days // 366 for day in days)
    assert all(years[year] >= 20 for year in range(4))


def test_trial_numbers_count_by_site_in_order_of_screening() -> None:
    people = [(p.person.site, p.number, p.person.screened_on) for p in made().patients]
    for (site, number, day), (next_site, next_number, next_day) in pairwise(sorted(people)):
        if site == next_site:
            assert number < next_number
            assert day <= next_day
    assert "LISHUI-001" in {number for _, number, _ in people}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_status_that_the_protocol_can_give_occurs(seed: int) -> None:
    never = {Status.EXTRA_AFTER_STOP, Status.NE_PROTOCOL_STOP}  # the protocol has no stop
    assert {e.status for e in entries(made(seed=seed))} == set(Status) - never
    assert {e.pattern for e in entries(made(seed=seed))} >= set(Pattern)


@pytest.mark.parametrize("seed", SEEDS)
def test_windows_are_open_everywhere_and_some_close_soon(seed: int) -> None:
    demo = made(seed=seed)
    assert len(awaited(demo)) >= 10
    for site in studies.load(TRIAL).sites:
        left = [e.days_left for e in awaited(demo) if e.site == site.code]
        assert sum(days is not None and days <= 3 for days in left) >= 1
        assert sum(days is not None and days <= 7 for days in left) >= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_the_form_of_the_printed_patient_is_due(seed: int) -> None:
    demo = made(seed=seed)
    patient = next(each for each in demo.patients if each.number == demo.printed)
    study = studies.load(TRIAL)
    (due,) = open_visits(patient.facts, study, valid_from=30, today=TODAY)
    assert (due.visit, due.days_left) == ("V5", 9)
    assert (patient.person.site, patient.person.language) == ("LISHUI", "zh")
    assert len(patient.forms) >= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_forms_came_today_and_yesterday(seed: int) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    came = Counter(
        form.received_at.astimezone(zone).date()
        for patient in made(seed=seed).patients
        for form in patient.forms
    )
    assert came[TODAY] >= 3
    assert came[TODAY - timedelta(days=1)] >= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_about_four_of_five_forms_are_complete_and_fewer_as_time_goes_on(seed: int) -> None:
    demo = made(seed=seed)
    by_visit = rows(demo)
    for c in (row.counts for row in by_visit):
        assert c.v <= c.r <= c.e <= c.a <= c.m <= c.n <= c.randomised
    assert 0.74 <= (pooled(by_visit).completion_rate or 0) <= 0.87
    early, late = pooled(by_visit[:3]), pooled(by_visit[5:])
    assert (early.completion_rate or 0) > (late.completion_rate or 1) + 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_one_site_does_clearly_worse(seed: int) -> None:
    sites = [site.code for site in studies.load(TRIAL).sites]
    done = [pooled(rows(made(seed=seed), site)).completion_rate or 0 for site in sites]
    assert done[-1] < min(done[:-1]) - 0.03


def test_disease_and_leaving_are_as_in_such_a_trial() -> None:
    kinds = Counter(e.kind for p in made().patients for e in p.person.events)
    assert 40 <= kinds[EventKind.PROGRESSION] <= 85
    assert 15 <= kinds[EventKind.DEATH] <= 55
    assert set(kinds) == set(EventKind)
    late = [
        event
        for patient in made().patients
        for event in patient.person.events
        if event.kind is EventKind.DEATH
        and (event.recorded_at.date() - event.on) >= timedelta(days=20)
    ]
    assert late


@pytest.mark.parametrize("seed", SEEDS)
def test_one_form_came_before_the_consent_and_waits_for_a_decision(seed: int) -> None:
    early = [
        (patient, form)
        for patient in made(seed=seed).patients
        for form in patient.forms
        if form.answered_on < patient.person.consented_on
    ]
    ((patient, form),) = early
    assert (form.visit, form.mode, form.standing) == ("V0", Mode.PAPER, True)
    assert patient.person.consented_on <= patient.person.randomised_on
    later = [p for p in made(seed=seed).patients if p.person.consented_on > p.person.screened_on]
    assert len(later) == 2  # the other one consented after the baseline


def test_nothing_happens_after_death_but_the_one_form_that_is_a_query() -> None:
    late = 0
    for patient in made().patients:
        died_on = patient.person.day_of(EventKind.DEATH)
        assert all(event.on <= died_on for event in patient.person.events)
        late += sum(form.answered_on > died_on for form in patient.forms)
    assert late == 1


def test_forms_after_a_withdrawal_are_one_alone() -> None:
    late = [e for e in entries(made()) if e.status is Status.QUARANTINE_AFTER_WITHDRAWAL]
    assert len(late) == 1


def test_who_returns_answers_again_and_who_moves_is_counted_at_both_sites() -> None:
    by_kind = {
        event.kind: (patient, event)
        for patient in made().patients
        for event in patient.person.events
    }
    for kind in (EventKind.RETURN_QUESTIONNAIRES, EventKind.RETURN_CONSENT):
        patient, back = by_kind[kind]
        assert back.on > patient.person.day_of(*ENDS_QUESTIONNAIRES)
    patient, back = by_kind[EventKind.RETURN_QUESTIONNAIRES]
    assert any(form.answered_on > back.on for form in patient.forms)
    patient, move = by_kind[EventKind.TRANSFER]
    sites = {e.site for e in entries(made()) if e.patient_id == patient.number}
    assert sites == {patient.person.site, move.to_site}


def test_conflicts_and_helped_forms_are_among_the_forms() -> None:
    forms = [form for patient in made().patients for form in patient.forms]
    assert sum(not form.standing for form in forms) == 2
    modes = Counter(form.mode for form in forms)
    assert modes[Mode.PHONE_SELF] > 0.7 * len(forms)
    assert set(modes) == set(Mode)


def test_scores_fall_after_progression_and_stay_in_range() -> None:
    instrument = instruments.load(studies.load(TRIAL).instrument)
    before: dict[str, list[float]] = {code: [] for code in instrument.scale_codes}
    after: dict[str, list[float]] = {code: [] for code in instrument.scale_codes}
    for patient in made().patients:
        progressed_on = patient.person.day_of(EventKind.PROGRESSION)
        for form in patient.forms:
            kept = after if form.answered_on > progressed_on else before
            for code, value in scores(form).items():
                if value is not None:
                    kept[code].append(value)
    for scale in instrument.scales:
        for value in before[scale.code] + after[scale.code]:
            assert scale.lowest <= value <= scale.highest
        fall = mean(before[scale.code]) - mean(after[scale.code])
        assert fall > 0.04 * scale.highest, scale.code


def test_treatment_is_felt_at_the_first_visit_and_forgotten_later() -> None:
    totals: dict[str, list[float]] = {}
    for patient in made().patients:
        for form in patient.forms:
            value = scores(form)["TOI"]
            if value is not None and form.answered_on <= patient.person.day_of(
                EventKind.PROGRESSION
            ):
                totals.setdefault(form.visit, []).append(value)
    assert mean(totals["V0"]) - mean(totals["V1"]) > 4
    assert mean(totals["V4"]) - mean(totals["V1"]) > 4


def test_answers_to_the_items_of_a_scale_go_together() -> None:
    pwb = [scores(form)["PWB"] for p in made().patients for form in p.forms]
    values = [value for value in pwb if value is not None]
    spread = mean((value - mean(values)) ** 2 for value in values)
    # Seven items that had nothing in common would spread a third as much.
    assert spread > 12


def test_blanks_are_of_both_kinds_and_the_opt_out_is_used_by_many() -> None:
    forms = [form for patient in made().patients for form in patient.forms]
    left = Counter(form.answers["GS7"].state for form in forms)
    assert 0.25 * len(forms) < left[AnswerState.PREFER_NOT] < 0.55 * len(forms)
    skipped = [sum(a.state is AnswerState.SKIPPED for a in f.answers.values()) for f in forms]
    assert sum(1 <= count <= 3 for count in skipped) > 0.05 * len(forms)


def test_most_missing_forms_have_a_reason_and_some_wait_for_one() -> None:
    missing = [e for e in entries(made()) if e.status in UNANSWERED and e.in_population]
    pending = [e for e in missing if e.reason == REASON_PENDING]
    assert 8 <= len(pending) < 0.4 * len(missing)
    codes = {reason.code for reason in studies.load(TRIAL).reasons}
    assert {e.reason for e in missing} - {REASON_PENDING} <= codes
    needs_text = {reason.code for reason in studies.load(TRIAL).reasons if reason.needs_text}
    for patient in made().patients:
        for reason in patient.reasons:
            assert (reason.text is not None) == (reason.code in needs_text)


def instants(patient: Patient) -> list[tuple[date, datetime]]:
    """(the fact's own day, when it was recorded), of everything on record."""
    return [
        (patient.person.screened_on, patient.screened_at),
        (patient.person.consented_on, patient.consented_at),
        (patient.person.randomised_on, patient.randomised_at),
        *((event.on, event.recorded_at) for event in patient.person.events),
        *((form.answered_on, form.received_at) for form in patient.forms),
        *((reason.said_on, reason.recorded_at) for reason in patient.reasons),
    ]


def test_everything_is_recorded_after_it_happened_and_before_the_day_is_over() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for patient in made().patients:
        first = patient.screened_at
        for day, instant in instants(patient):
            local = instant.astimezone(zone)
            assert day <= local.date() <= TODAY
            assert time(6, 30) <= local.time() <= time(21, 30)
            assert instant >= first


def test_the_patients_own_forms_come_on_the_day_and_after_consent() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for patient in made().patients:
        assert patient.person.screened_on < patient.person.randomised_on
        for form in patient.forms:
            assert form.answered_on > patient.person.screened_on
            if form.mode is Mode.PHONE_SELF:
                assert form.answered_on >= patient.person.consented_on
                assert form.received_at.astimezone(zone).date() == form.answered_on
                assert form.started_at is not None
                assert form.started_at < form.received_at


def test_two_patients_are_not_able_and_answer_nothing() -> None:
    unable = [patient for patient in made(seed=2).patients if not patient.person.able]
    assert 1 <= len(unable) <= 2
    assert all(patient.forms == () for patient in unable)


@pytest.mark.parametrize("as_of", [date(2020, 2, 29), date(2024, 12, 31), date(2030, 1, 1)])
def test_any_day_will_do(as_of: date) -> None:
    demo = made(as_of=as_of)
    assert len(awaited(demo)) >= 10
    patient = next(each for each in demo.patients if each.number == demo.printed)
    assert open_visits(patient.facts, studies.load(TRIAL), valid_from=30, today=as_of)


@pytest.mark.parametrize("patients", [1, 2, 7, 40])
def test_a_small_study_has_its_patient_to_print(patients: int) -> None:
    demo = made(patients=patients)
    assert len(demo.patients) == patients
    patient = next(each for each in demo.patients if each.number == demo.printed)
    assert open_visits(patient.facts, studies.load(TRIAL), valid_from=30, today=TODAY)


def test_no_patient_at_all_is_refused() -> None:
    study = studies.load(TRIAL)
    with pytest.raises(ValueError, match="0 patients"):
        generate(study, instruments.load(study.instrument), as_of=TODAY, seed=1, patients=0)


def test_another_trials_file_gives_another_trials_patients() -> None:
    demo = made(study=TINY, patients=120)
    found = Counter(e.status for e in entries(demo, TINY))
    # Its protocol stops at progression, which the first trial's does not.
    assert found[Status.EXTRA_AFTER_STOP]
    assert found[Status.NE_PROTOCOL_STOP]
    assert found[Status.WINDOW_OPEN] >= 5
    assert {patient.person.language for patient in demo.patients} == {"en"}
    assert Counter(p.person.arm for p in demo.patients) == {0: 60, 1: 60}
    patient = next(each for each in demo.patients if each.number == demo.printed)
    assert open_visits(patient.facts, studies.load(TINY), valid_from=2, today=TODAY)
    assert {r.code for p in demo.patients for r in p.reasons} <= {"ASLEEP", "SAID_SO"}
