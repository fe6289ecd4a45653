"""Facts and a day → statuses: the lines of the science page, section 3, one by one."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts, ReasonFact
from pro_app.core.ledger import Entry, Flag, Pattern, Status, ledger, randomised_visits
from pro_app.studies import load

STUDY = load("nct04158843")
TINY = load(str(Path(__file__).parents[1] / "tiny_study" / "study.json"))
STOPS_AT_PROGRESSION = replace(STUDY, stop_events=("progression",))

#: V1's window is 28 March to 25 April, with the target on 11 April.
RANDOMISED = date(2021, 1, 11)
ANNA = PatientFacts(
    patient_id="L-001",
    site="LISHUI",
    screened_on=date(2021, 1, 4),
    pro_consent_on=date(2021, 1, 4),
    randomised_on=RANDOMISED,
    able=True,
)
V1_OPENS, V1_TARGET, V1_CLOSES = date(2021, 3, 28), date(2021, 4, 11), date(2021, 4, 25)
LATER = date(2021, 5, 20)
DAY = timedelta(days=1)


def entries(facts: PatientFacts, as_of: date) -> dict[str, Entry]:
    return {e.visit: e for e in ledger(facts, STUDY, valid_from=30, as_of=as_of)}


def with_form(on: date, items: int = 37, visit: str = "V1") -> PatientFacts:
    return replace(ANNA, forms=(FormFact(visit, on, items),))


def with_event(facts: PatientFacts, kind: EventKind, on: date) -> PatientFacts:
    return replace(facts, events=(*facts.events, EventFact(kind, on)))


def v1_status(facts: PatientFacts, as_of: date = LATER) -> Status:
    return entries(facts, as_of)["V1"].status


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        (V1_OPENS - DAY, Status.NOT_YET_DUE),
        (V1_OPENS, Status.WINDOW_OPEN),
        (V1_CLOSES, Status.WINDOW_OPEN),
        (V1_CLOSES + DAY, Status.MISSING),
    ],
)
def test_a_visit_without_form_is_due_open_or_missing_by_the_day(
    as_of: date, status: Status
) -> None:
    assert v1_status(ANNA, as_of) is status


@pytest.mark.parametrize(
    ("on", "status"),
    [
        (V1_OPENS - DAY, Status.OUT_OF_WINDOW),
        (V1_OPENS, Status.VALID),
        (V1_CLOSES, Status.VALID),
        (V1_CLOSES + DAY, Status.OUT_OF_WINDOW),
    ],
)
def test_a_form_is_valid_from_the_opening_to_the_closing_day(on: date, status: Status) -> None:
    assert v1_status(with_form(on)) is status


@pytest.mark.parametrize(
    ("items", "status"),
    [(37, "VALID"), (30, "VALID"), (29, "PARTIAL"), (1, "PARTIAL"), (0, "EMPTY")],
)
def test_a_form_in_its_window_is_classified_by_answered_items(items: int, status: str) -> None:
    assert v1_status(with_form(V1_TARGET, items)) == status


def test_an_empty_form_out_of_its_window_is_out_of_window() -> None:
    assert v1_status(with_form(V1_CLOSES + DAY, 0)) is Status.OUT_OF_WINDOW


def test_an_open_window_says_how_many_days_are_left() -> None:
    assert entries(ANNA, V1_CLOSES - 3 * DAY)["V1"].days_left == 3
    assert entries(ANNA, V1_CLOSES)["V1"].days_left == 0
    assert not entries(ANNA, V1_CLOSES)["V1"].window_closed
    assert entries(ANNA, V1_CLOSES + DAY)["V1"].window_closed
    assert entries(ANNA, V1_CLOSES + DAY)["V1"].days_left is None


def test_a_form_is_shown_with_its_day_its_items_and_its_distance() -> None:
    entry = entries(with_form(V1_CLOSES + 6 * DAY, 36), LATER)["V1"]

    assert (entry.answered_on, entry.items_answered) == (V1_CLOSES + 6 * DAY, 36)
    assert entry.days_off_target == 20
    assert entries(with_form(V1_OPENS), LATER)["V1"].days_off_target == -14
    assert entries(ANNA, LATER)["V1"].days_off_target is None


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (EventKind.DEATH, Status.ERR_FORM_AFTER_DEATH),
        (EventKind.WITHDRAWAL_QUESTIONNAIRES, Status.QUARANTINE_AFTER_WITHDRAWAL),
        (EventKind.WITHDRAWAL_FOLLOW_UP, Status.QUARANTINE_AFTER_WITHDRAWAL),
        (EventKind.WITHDRAWAL_CONSENT, Status.QUARANTINE_AFTER_WITHDRAWAL),
        (EventKind.WITHDRAWAL_TREATMENT, Status.VALID),
        (EventKind.TREATMENT_STOPPED, Status.VALID),
        (EventKind.LOST_TO_FOLLOW_UP, Status.VALID),
        (EventKind.PROGRESSION, Status.VALID),
    ],
)
def test_a_form_the_day_after_an_event_is_put_aside_by_its_kind(
    kind: EventKind, status: Status
) -> None:
    assert v1_status(with_event(with_form(V1_TARGET), kind, V1_TARGET - DAY)) is status
    assert v1_status(with_event(with_form(V1_TARGET), kind, V1_TARGET)) is Status.VALID


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (EventKind.DEATH, Status.NE_DEATH),
        (EventKind.WITHDRAWAL_QUESTIONNAIRES, Status.NE_WITHDRAWN),
        (EventKind.WITHDRAWAL_FOLLOW_UP, Status.NE_WITHDRAWN),
        (EventKind.WITHDRAWAL_CONSENT, Status.NE_WITHDRAWN),
        (EventKind.WITHDRAWAL_TREATMENT, Status.MISSING),
        (EventKind.TREATMENT_STOPPED, Status.MISSING),
        (EventKind.SURGERY, Status.MISSING),
        (EventKind.LOST_TO_FOLLOW_UP, Status.MISSING),
        (EventKind.PROGRESSION, Status.MISSING),
    ],
)
def test_a_visit_without_form_is_expected_unless_the_event_ends_the_forms(
    kind: EventKind, status: Status
) -> None:
    assert v1_status(with_event(ANNA, kind, V1_TARGET - DAY)) is status
    assert v1_status(with_event(ANNA, kind, V1_TARGET)) is Status.MISSING


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (EventKind.DEATH, Status.NE_DEATH),
        (EventKind.WITHDRAWAL_CONSENT, Status.NE_WITHDRAWN),
        (EventKind.PROGRESSION, Flag.AFTER_PROGRESSION),
        (EventKind.LOST_TO_FOLLOW_UP, Flag.AFTER_LTFU),
    ],
)
def test_of_two_events_of_a_kind_the_earlier_counts_in_any_order(
    kind: EventKind, shown: Status | Flag
) -> None:
    earlier, later = V1_TARGET - DAY, V1_CLOSES + DAY
    for first, second in ((earlier, later), (later, earlier)):
        entry = entries(with_event(with_event(ANNA, kind, first), kind, second), LATER)["V1"]
        assert shown in (entry.status, *entry.flags)


def test_the_kinds_of_withdrawal_share_their_earliest_day() -> None:
    kinds = (EventKind.WITHDRAWAL_CONSENT, EventKind.WITHDRAWAL_QUESTIONNAIRES)
    for first, second in (kinds, kinds[::-1]):
        facts = with_event(ANNA, first, V1_TARGET - DAY)
        assert v1_status(with_event(facts, second, V1_CLOSES)) is Status.NE_WITHDRAWN


def test_death_comes_before_withdrawal_in_the_order_of_lines() -> None:
    facts = with_event(ANNA, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2021, 2, 1))
    facts = with_event(facts, EventKind.DEATH, date(2021, 3, 1))

    assert v1_status(facts) is Status.NE_DEATH


def test_a_protocol_stop_spares_what_was_due_or_answered_before_it() -> None:
    def status(on: date | None, stopped_on: date) -> Status:
        facts = with_form(on) if on else ANNA
        facts = with_event(facts, EventKind.PROGRESSION, stopped_on)
        return ledger(facts, STOPS_AT_PROGRESSION, valid_from=30, as_of=LATER)[1].status

    assert status(V1_TARGET, V1_TARGET - DAY) is Status.EXTRA_AFTER_STOP
    assert status(V1_TARGET + 2 * DAY, V1_TARGET + DAY) is Status.VALID
    assert status(V1_TARGET - 2 * DAY, V1_TARGET - DAY) is Status.VALID
    assert status(None, V1_TARGET - DAY) is Status.NE_PROTOCOL_STOP
    assert status(None, V1_TARGET) is Status.MISSING


def test_the_first_of_two_stops_counts() -> None:
    facts = with_event(ANNA, EventKind.PROGRESSION, V1_TARGET - DAY)
    facts = with_event(facts, EventKind.PROGRESSION, V1_CLOSES)

    found = ledger(facts, STOPS_AT_PROGRESSION, valid_from=30, as_of=LATER)

    assert found[1].status is Status.NE_PROTOCOL_STOP


def test_a_stop_before_randomisation_leaves_the_baseline_open() -> None:
    facts = with_event(replace(ANNA, randomised_on=None), EventKind.PROGRESSION, RANDOMISED)

    (entry,) = ledger(facts, STOPS_AT_PROGRESSION, valid_from=30, as_of=RANDOMISED)

    assert entry.status is Status.WINDOW_OPEN


def test_the_pattern_waits_until_no_later_form_can_come() -> None:
    missing = entries(ANNA, LATER)["V1"]
    assert missing.pattern is Pattern.UNDETERMINED

    answered_later = replace(ANNA, forms=(FormFact("V2", date(2021, 7, 11), 5),))
    assert entries(answered_later, date(2021, 7, 11))["V1"].pattern is Pattern.INTERMITTENT

    late = replace(ANNA, forms=(FormFact("V2", date(2021, 8, 11), 0),))
    assert entries(late, date(2021, 8, 11))["V1"].pattern is Pattern.INTERMITTENT

    empty_later = replace(ANNA, forms=(FormFact("V2", date(2021, 7, 11), 0),))
    assert entries(empty_later, date(2021, 7, 11))["V1"].pattern is Pattern.UNDETERMINED

    assert entries(ANNA, date(2025, 2, 8))["V1"].pattern is Pattern.UNDETERMINED
    closed = entries(ANNA, date(2025, 2, 9))
    assert closed["V1"].pattern is closed["V10"].pattern is Pattern.MONOTONE


def test_a_reason_is_pending_until_its_own_day() -> None:
    given = replace(
        ANNA,
        reasons=(
            ReasonFact("V1", "P_TOO_ILL", date(2021, 5, 10)),
            ReasonFact("V1", "P_FORGOT", date(2021, 5, 3)),
        ),
    )

    assert entries(given, date(2021, 5, 2))["V1"].reason == "REASON_PENDING"
    assert entries(given, date(2021, 5, 3))["V1"].reason == "P_FORGOT"
    assert entries(given, date(2021, 5, 10))["V1"].reason == "P_TOO_ILL"


def test_a_reason_is_not_shown_once_the_form_is_in() -> None:
    facts = replace(
        with_form(V1_CLOSES + DAY), reasons=(ReasonFact("V1", "P_FORGOT", V1_CLOSES + DAY),)
    )
    assert entries(facts, LATER)["V1"].reason is None


def test_flags_say_what_had_happened_by_the_target_day() -> None:
    facts = with_event(ANNA, EventKind.PROGRESSION, V1_TARGET - DAY)
    facts = with_event(facts, EventKind.LOST_TO_FOLLOW_UP, V1_TARGET - DAY)
    facts = with_event(facts, EventKind.DEATH, V1_CLOSES)

    entry = entries(facts, LATER)["V1"]

    assert entry.status is Status.MISSING
    assert entry.flags == (Flag.AFTER_PROGRESSION, Flag.AFTER_LTFU, Flag.DIED_IN_WINDOW)
    on_target = with_event(ANNA, EventKind.PROGRESSION, V1_TARGET)
    on_target = with_event(on_target, EventKind.LOST_TO_FOLLOW_UP, V1_TARGET)
    assert entries(on_target, LATER)["V1"].flags == ()
    assert entries(with_event(ANNA, EventKind.DEATH, V1_TARGET), LATER)["V1"].flags == (
        Flag.DIED_IN_WINDOW,
    )
    assert entries(with_event(ANNA, EventKind.DEATH, V1_CLOSES + DAY), LATER)["V1"].flags == ()


def test_alive_at_target_means_that_no_death_before_it_is_known() -> None:
    def alive(died_on: date, randomised_on: date | None = RANDOMISED) -> bool:
        facts = replace(ANNA, randomised_on=randomised_on)
        dead = entries(with_event(facts, EventKind.DEATH, died_on), LATER)
        return dead["V1" if randomised_on else "V0"].alive_at_target

    assert alive(V1_TARGET)
    assert not alive(V1_TARGET - DAY)
    assert not alive(LATER, randomised_on=None)
    assert alive(LATER + DAY, randomised_on=None)


@pytest.mark.parametrize("able", [None, False])
def test_a_patient_who_is_not_able_keeps_the_entries_and_enters_no_rate(able: bool | None) -> None:
    entry = entries(replace(ANNA, able=able), LATER)["V1"]

    assert entry.status is Status.MISSING
    assert not entry.in_population


def test_the_second_study_runs_by_its_own_rules() -> None:
    facts = replace(
        ANNA,
        site="HARBOUR",
        randomised_on=date(2023, 1, 31),
        events=(EventFact(EventKind.PROGRESSION, date(2023, 3, 1)),),
        forms=(FormFact("START", date(2023, 2, 1), 2), FormFact("MIDDLE", date(2023, 3, 5), 1)),
    )

    found = ledger(facts, TINY, valid_from=2, as_of=date(2023, 6, 1))

    assert [(e.visit, e.status, e.target_on) for e in found] == [
        ("START", Status.VALID, date(2023, 1, 31)),
        ("MIDDLE", Status.PARTIAL, date(2023, 2, 28)),
        ("END", Status.NE_PROTOCOL_STOP, date(2023, 3, 31)),
    ]


def test_a_screened_patient_s_baseline_is_expected_and_in_no_count() -> None:
    facts = replace(ANNA, randomised_on=None)
    [entry] = entries(facts, date(2021, 1, 5)).values()
    assert entry == Entry(
        patient_id="L-001",
        site="LISHUI",
        visit="V0",
        month=0,
        opens_on=date(2021, 1, 4),
        target_on=None,
        closes_on=None,
        status=Status.WINDOW_OPEN,
        in_population=False,
        alive_at_target=True,
        asked_for=True,
        window_closed=False,
        window_open=False,
        died_in_window=False,
        truncated_by_death=False,
        held_back=False,
    )
    numbers = (entry.in_population, entry.asked_for, entry.window_closed, entry.window_open)
    assert numbers == (False, True, False, False)
    assert (entry.died_in_window, entry.truncated_by_death, entry.held_back) == (False,) * 3


def test_the_day_of_a_stop_itself_stops_nothing() -> None:
    for stop, status in (
        (V1_TARGET - DAY, Status.EXTRA_AFTER_STOP),
        (V1_TARGET, Status.VALID),  # due on the day of the stop
    ):
        stopped = with_event(with_form(V1_CLOSES), EventKind.PROGRESSION, stop)
        found = ledger(stopped, STOPS_AT_PROGRESSION, valid_from=30, as_of=LATER)
        assert found[1].status is status
    early = with_event(with_form(V1_OPENS), EventKind.PROGRESSION, V1_OPENS)
    found = ledger(early, STOPS_AT_PROGRESSION, valid_from=30, as_of=LATER)
    assert found[1].status is Status.VALID, "answered on the day of the stop"


def test_a_window_is_open_from_its_first_day_to_its_last() -> None:
    for day, is_open, closed in (
        (V1_OPENS - DAY, False, False),
        (V1_OPENS, True, False),
        (V1_CLOSES, True, False),
        (V1_CLOSES + DAY, False, True),
    ):
        entry = entries(ANNA, day)["V1"]
        assert (entry.window_open, entry.window_closed) == (is_open, closed), day


@pytest.mark.parametrize(
    ("died_on", "inside"),
    [
        (V1_TARGET - DAY, False),
        (V1_TARGET, True),
        (V1_CLOSES, True),
        (V1_CLOSES + DAY, False),
    ],
)
def test_who_dies_from_the_target_day_to_the_close_dies_in_the_window(
    died_on: date, inside: bool
) -> None:
    entry = entries(with_event(ANNA, EventKind.DEATH, died_on), LATER)["V1"]
    assert entry.died_in_window is inside
    assert (Flag.DIED_IN_WINDOW in entry.flags) is inside


def test_only_a_death_cuts_the_forms_off_for_good() -> None:
    far = date(2030, 1, 1)
    died = with_event(ANNA, EventKind.DEATH, date(2021, 5, 1))
    for facts, truncated in ((ANNA, False), (died, True)):
        entry = entries(facts, far)["V1"]
        assert (entry.pattern, entry.truncated_by_death) == (Pattern.MONOTONE, truncated)


def test_of_two_reasons_of_one_day_the_later_in_order_stands() -> None:
    given = [ReasonFact("V1", code, LATER) for code in ("FIRST", "SECOND")]
    earlier = ReasonFact("V1", "BEFORE", LATER - DAY)
    for order, code in ((given, "SECOND"), (given[::-1], "FIRST"), ([*given, earlier], "SECOND")):
        facts = replace(ANNA, reasons=tuple(order))
        assert entries(facts, LATER)["V1"].reason == code


def test_a_patient_counts_as_randomised_from_that_very_day() -> None:
    assert randomised_visits(ANNA, STUDY, RANDOMISED - DAY) == []
    found = randomised_visits(ANNA, STUDY, RANDOMISED)
    assert found == [(visit.code, "LISHUI") for visit in STUDY.visits]
