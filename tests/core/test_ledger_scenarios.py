"""Black-box cases of schedule, windows and late facts, as far as the core decides them.

The numbers are those of the oracle's scenario list; cases of storing, sending and
exporting are told with the rooms that do so.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pro_app.clock import day_of
from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts
from pro_app.core.ledger import Entry, Flag, Status, ledger
from pro_app.core.rates import COUNTED, pooled, rates
from pro_app.core.schedule import plan
from pro_app.studies import load

STUDY = load("nct04158843")
DAY = timedelta(days=1)
SCREENED = date(2022, 3, 1)
MEI = PatientFacts(
    patient_id="L-007",
    site="LISHUI",
    screened_on=SCREENED,
    pro_consent_on=SCREENED,
    randomised_on=None,
    able=True,
)
RANDOMISED = SCREENED + 10 * DAY
IN_TRIAL = replace(MEI, randomised_on=RANDOMISED)
V1 = plan(STUDY.visits, RANDOMISED)[1]


def entries(facts: PatientFacts, as_of: date) -> dict[str, Entry]:
    return {e.visit: e for e in ledger(facts, STUDY, valid_from=30, as_of=as_of)}


def with_form(facts: PatientFacts, on: date, visit: str) -> PatientFacts:
    return replace(facts, forms=(*facts.forms, FormFact(visit, on, 37)))


def with_event(facts: PatientFacts, kind: EventKind, on: date) -> PatientFacts:
    return replace(facts, events=(*facts.events, EventFact(kind, on)))


def in_no_rate(facts: PatientFacts, as_of: date) -> bool:
    return pooled(rates(entries(facts, as_of).values(), STUDY, randomised=1)).counts.n == 0


@pytest.mark.parametrize("days", [0, 30, 1000])
def test_01_a_screened_patient_has_the_baseline_open_and_is_in_no_rate(days: int) -> None:
    as_of = SCREENED + days * DAY

    (entry,) = ledger(MEI, STUDY, valid_from=30, as_of=as_of)

    assert (entry.visit, entry.status) == ("V0", Status.WINDOW_OPEN)
    assert (entry.opens_on, entry.target_on, entry.closes_on) == (SCREENED, None, None)
    assert (entry.window_closed, entry.days_left) == (False, None)
    assert in_no_rate(MEI, as_of)


def test_01_without_pro_consent_there_is_no_row() -> None:
    late = SCREENED + 1000 * DAY
    without = replace(IN_TRIAL, pro_consent_on=None)

    assert ledger(without, STUDY, valid_from=30, as_of=late) == ()
    consented_later = replace(IN_TRIAL, pro_consent_on=late)
    assert ledger(consented_later, STUDY, valid_from=30, as_of=late - DAY) == ()
    assert len(ledger(consented_later, STUDY, valid_from=30, as_of=late)) == 11


def test_01_before_the_screening_day_there_is_no_row() -> None:
    screened_later = replace(MEI, screened_on=SCREENED + DAY)
    unknown = replace(MEI, screened_on=None)

    assert ledger(screened_later, STUDY, valid_from=30, as_of=SCREENED) == ()
    assert ledger(unknown, STUDY, valid_from=30, as_of=SCREENED) == ()


@pytest.mark.parametrize(
    ("kind", "without_form", "with_later_form"),
    [
        (EventKind.DEATH, Status.NE_DEATH, Status.ERR_FORM_AFTER_DEATH),
        (
            EventKind.WITHDRAWAL_CONSENT,
            Status.NE_WITHDRAWN,
            Status.QUARANTINE_AFTER_WITHDRAWAL,
        ),
        (EventKind.PROGRESSION, Status.WINDOW_OPEN, Status.WINDOW_OPEN),
    ],
)
def test_01_an_event_before_randomisation_ends_the_baseline(
    kind: EventKind, without_form: Status, with_later_form: Status
) -> None:
    facts = with_event(MEI, kind, SCREENED + DAY)
    as_of = SCREENED + 5 * DAY

    assert entries(facts, SCREENED)["V0"].status is Status.WINDOW_OPEN
    assert entries(facts, as_of)["V0"].status is without_form
    with_form_after = with_form(facts, SCREENED + 2 * DAY, "V0")
    assert entries(with_form_after, as_of)["V0"].status is with_later_form
    assert in_no_rate(with_form_after, as_of)


def test_01_a_form_before_randomisation_is_shown_with_its_day() -> None:
    entry = entries(with_form(MEI, SCREENED + DAY, "V0"), SCREENED + 5 * DAY)["V0"]

    assert entry.status is Status.WINDOW_OPEN
    assert (entry.answered_on, entry.items_answered) == (SCREENED + DAY, 37)


def test_02_targets_are_counted_from_the_anchor_and_never_drift() -> None:
    facts = replace(MEI, randomised_on=date(2022, 11, 30))

    targets = [entry.target_on for entry in entries(facts, date(2027, 1, 1)).values()]

    assert targets[:4] == [
        date(2022, 11, 30),
        date(2023, 2, 28),
        date(2023, 5, 30),
        date(2023, 8, 30),
    ]


@pytest.mark.parametrize(
    ("days_to_randomisation", "status"),
    [(7, Status.VALID), (14, Status.VALID), (15, Status.OUT_OF_WINDOW)],
)
def test_03_a_baseline_form_counts_once_the_patient_is_randomised(
    days_to_randomisation: int, status: Status
) -> None:
    answered_on = SCREENED + 3 * DAY
    randomised_on = answered_on + days_to_randomisation * DAY
    facts = replace(with_form(MEI, answered_on, "V0"), randomised_on=randomised_on)

    assert entries(facts, randomised_on - DAY)["V0"].status is Status.WINDOW_OPEN
    assert in_no_rate(facts, randomised_on - DAY)
    assert entries(facts, randomised_on)["V0"].status is status
    assert not in_no_rate(facts, randomised_on)


def test_04_without_any_form_the_baseline_is_missing_and_the_next_is_open() -> None:
    found = entries(IN_TRIAL, RANDOMISED + 91 * DAY)

    assert found["V0"].status is Status.MISSING
    assert found["V1"].status is Status.WINDOW_OPEN
    assert found["V2"].status is Status.NOT_YET_DUE


def test_05_a_past_day_shows_that_day_and_ignores_later_facts() -> None:
    past = V1.target_on
    later = with_form(IN_TRIAL, past + DAY, "V1")
    later = with_event(later, EventKind.DEATH, past + 2 * DAY)

    assert ledger(later, STUDY, valid_from=30, as_of=past) == ledger(
        IN_TRIAL, STUDY, valid_from=30, as_of=past
    )


def test_06_the_closing_day_is_in_and_the_next_day_is_out() -> None:
    before_midnight = datetime(2022, 6, 25, 15, 59, tzinfo=UTC)
    assert day_of(before_midnight, STUDY.time_zone) == V1.closes_on
    at_midnight = before_midnight + timedelta(minutes=1)

    for instant, status in (
        (before_midnight, Status.VALID),
        (at_midnight, Status.OUT_OF_WINDOW),
    ):
        facts = with_form(IN_TRIAL, day_of(instant, STUDY.time_zone), "V1")
        for later in (1, 100, 1000):
            assert entries(facts, V1.closes_on + later * DAY)["V1"].status is status


def test_07_a_form_between_two_windows_is_kept_with_its_distance() -> None:
    entry = entries(with_form(IN_TRIAL, V1.closes_on + 9 * DAY, "V1"), RANDOMISED + 200 * DAY)["V1"]

    assert entry.status is Status.OUT_OF_WINDOW
    assert entry.days_off_target == 23


def test_08_a_paper_form_counts_by_its_day_of_answering() -> None:
    keyed_on = V1.closes_on + 7 * DAY

    assert entries(IN_TRIAL, keyed_on)["V1"].status is Status.MISSING
    assert entries(with_form(IN_TRIAL, V1.closes_on, "V1"), keyed_on)["V1"].status is Status.VALID


def test_09_a_form_of_the_randomisation_morning_belongs_to_that_day() -> None:
    half_past_seven = datetime(2022, 3, 10, 23, 30, tzinfo=UTC)

    answered_on = day_of(half_past_seven, STUDY.time_zone)

    assert answered_on == RANDOMISED
    assert entries(with_form(IN_TRIAL, answered_on, "V0"), RANDOMISED)["V0"].status is Status.VALID


def test_15_after_a_withdrawal_later_visits_are_not_expected_and_earlier_forms_stay() -> None:
    facts = with_form(IN_TRIAL, V1.opens_on, "V1")
    facts = with_event(facts, EventKind.WITHDRAWAL_QUESTIONNAIRES, V1.target_on)

    found = entries(facts, V1.target_on + DAY)

    assert found["V1"].status is Status.VALID
    assert {found[f"V{n}"].status for n in range(2, 11)} == {Status.NE_WITHDRAWN}


@pytest.mark.parametrize(
    ("days_to_target", "status"), [(0, Status.WINDOW_OPEN), (1, Status.NE_WITHDRAWN)]
)
def test_15_the_open_visit_stays_as_its_target_day_says(
    days_to_target: int, status: Status
) -> None:
    withdrawn_on = V1.target_on - days_to_target * DAY
    facts = with_event(IN_TRIAL, EventKind.WITHDRAWAL_QUESTIONNAIRES, withdrawn_on)

    assert entries(facts, V1.target_on)["V1"].status is status


def test_16_a_form_answered_before_the_withdrawal_counts_though_it_arrives_after() -> None:
    withdrawn = with_event(IN_TRIAL, EventKind.WITHDRAWAL_QUESTIONNAIRES, V1.target_on - DAY)
    arrived = with_form(withdrawn, V1.target_on - 2 * DAY, "V1")

    assert entries(withdrawn, V1.closes_on)["V1"].status is Status.NE_WITHDRAWN
    assert entries(arrived, V1.closes_on)["V1"].status is Status.VALID


def test_17_a_form_answered_after_the_withdrawal_is_quarantined_and_in_no_rate() -> None:
    facts = with_event(IN_TRIAL, EventKind.WITHDRAWAL_QUESTIONNAIRES, V1.target_on - DAY)
    facts = with_form(facts, V1.target_on, "V1")

    entry = entries(facts, V1.closes_on + DAY)["V1"]

    assert entry.status is Status.QUARANTINE_AFTER_WITHDRAWAL
    assert entry.status not in COUNTED
    counts = rates([entry], STUDY, randomised=1)[1].counts
    assert (counts.e, counts.r, counts.v) == (0, 0, 0)


def test_18_a_death_that_is_reported_late_reclassifies_by_itself() -> None:
    as_of = V1.closes_on + 20 * DAY
    reported = with_event(IN_TRIAL, EventKind.DEATH, V1.target_on - DAY)

    assert entries(IN_TRIAL, as_of)["V1"].status is Status.MISSING
    assert entries(reported, as_of)["V1"].status is Status.NE_DEATH


def test_19_a_death_taken_back_leaves_no_trace_in_the_ledger() -> None:
    as_of = V1.closes_on + 20 * DAY
    dead = with_event(IN_TRIAL, EventKind.DEATH, V1.target_on - DAY)
    corrected = replace(dead, events=())

    assert ledger(dead, STUDY, valid_from=30, as_of=as_of) != ledger(
        IN_TRIAL, STUDY, valid_from=30, as_of=as_of
    )
    assert ledger(corrected, STUDY, valid_from=30, as_of=as_of) == ledger(
        IN_TRIAL, STUDY, valid_from=30, as_of=as_of
    )


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        (EventKind.TREATMENT_STOPPED, ()),
        (EventKind.WITHDRAWAL_TREATMENT, ()),
        (EventKind.PROGRESSION, (Flag.AFTER_PROGRESSION,)),
    ],
)
def test_20_stopping_treatment_or_progression_closes_nothing(
    kind: EventKind, flags: tuple[Flag, ...]
) -> None:
    facts = with_event(IN_TRIAL, kind, RANDOMISED + DAY)
    as_of = V1.closes_on + DAY

    before, after = entries(IN_TRIAL, as_of), entries(facts, as_of)

    assert [e.status for e in after.values()] == [e.status for e in before.values()]
    assert after["V1"].flags == flags


def test_21_a_corrected_randomisation_day_moves_targets_and_reclassifies() -> None:
    facts = with_form(IN_TRIAL, V1.opens_on, "V1")
    corrected = replace(facts, randomised_on=RANDOMISED + 7 * DAY)
    as_of = V1.closes_on

    before, after = entries(facts, as_of)["V1"], entries(corrected, as_of)["V1"]

    assert (before.status, after.status) == (Status.VALID, Status.OUT_OF_WINDOW)
    assert after.target_on == V1.target_on + 7 * DAY
    assert after.answered_on == before.answered_on
    assert (before.days_off_target, after.days_off_target) == (-14, -21)
