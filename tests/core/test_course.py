"""The days of what has happened: withdrawals that end, and what a day knows of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app.core.course import (
    NEVER,
    Interval,
    consent_withdrawn_on,
    course,
    courses,
    ended_by,
    withdrawals,
)
from pro_app.core.facts import ENDED_BY, EventFact, EventKind, FormFact, PatientFacts
from pro_app.core.ledger import Status, ledger
from pro_app.core.schedule import plan
from pro_app.core.study import PlanVersion
from pro_app.studies import load

STUDY = load("nct04158843")
START = date(2024, 1, 1)
ASKED, FOLLOW_UP, CONSENT = tuple(ENDED_BY)  # in the order of the enum
BACK, CONSENT_BACK = EventKind.RETURN_QUESTIONNAIRES, EventKind.RETURN_CONSENT
FAR = START + timedelta(10_000)


def day(n: int) -> date:
    return START + timedelta(n)


def happened(*events: tuple[EventKind, int]) -> list[EventFact]:
    return [EventFact(kind, day(n)) for kind, n in events]


def intervals(*found: tuple[int, int | None]) -> tuple[Interval, ...]:
    return tuple((day(since), NEVER if until is None else day(until)) for since, until in found)


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([], []),
        ([(ASKED, 5)], [(5, None)]),
        ([(ASKED, 5), (BACK, 9)], [(5, 9)]),
        ([(ASKED, 5), (BACK, 9), (ASKED, 20)], [(5, 9), (20, None)]),
        # A second withdrawal before the return changes nothing.
        ([(ASKED, 5), (FOLLOW_UP, 7), (BACK, 9)], [(5, 9)]),
        # A return before any withdrawal has nothing to end.
        ([(BACK, 3), (ASKED, 5)], [(5, None)]),
        # Consent to further use has a return of its own; neither ends the other.
        ([(CONSENT, 5), (BACK, 9)], [(5, None)]),
        ([(ASKED, 5), (CONSENT_BACK, 9)], [(5, None)]),
        ([(ASKED, 5), (CONSENT, 6), (BACK, 9)], [(5, 9), (6, None)]),
        ([(ASKED, 5), (CONSENT, 6), (BACK, 9), (CONSENT_BACK, 30)], [(5, 9), (6, 30)]),
        # On one day: back first where there is something to return from ...
        ([(ASKED, 5), (BACK, 9), (FOLLOW_UP, 9)], [(5, 9), (9, None)]),
        # ... else the return ends the withdrawal of that day.
        ([(ASKED, 5), (BACK, 5)], []),
        ([(ASKED, 5), (BACK, 5), (ASKED, 8)], [(8, None)]),
    ],
)
def test_a_withdrawal_lasts_until_the_return_of_its_kind(
    events: list[tuple[EventKind, int]], found: list[tuple[int, int | None]]
) -> None:
    for order in (events, events[::-1]):
        assert withdrawals(happened(*order), FAR) == intervals(*found)


@pytest.mark.parametrize(
    ("events", "on"),
    [
        ([], None),
        ([(ASKED, 5)], None),
        ([(CONSENT, 5)], 5),
        ([(CONSENT, 5), (CONSENT_BACK, 9)], None),
        ([(CONSENT, 5), (CONSENT_BACK, 9), (CONSENT, 20)], 20),
        ([(CONSENT, 5), (BACK, 9), (CONSENT, 20)], 5),
    ],
)
def test_consent_is_withdrawn_from_the_day_of_the_withdrawal_that_lasts(
    events: list[tuple[EventKind, int]], on: int | None
) -> None:
    for order in (events, events[::-1]):
        assert consent_withdrawn_on(happened(*order)) == (None if on is None else day(on))


def test_the_first_and_the_last_day_are_not_inside() -> None:
    facts = patient(happened((ASKED, 5), (BACK, 9)))
    found = course(facts, (), FAR)

    assert [n for n in range(15) if found.withdrawn(day(n))] == [6, 7, 8]
    assert not found.withdrawal_lasts
    assert course(facts, (), day(8)).withdrawal_lasts


def test_what_has_a_later_day_has_not_happened() -> None:
    facts = replace(patient(happened((EventKind.DEATH, 9))), pro_consent_on=day(4))

    assert course(facts, (), day(3)) == course(patient([]), (), day(3))._replace(consent=NEVER)
    assert course(facts, (), day(8)).death == NEVER
    assert course(facts, (), day(9)).death == day(9)


def test_the_protocol_stops_at_the_first_of_its_events() -> None:
    facts = patient(happened((EventKind.PROGRESSION, 9), (EventKind.SURGERY, 4)))

    assert course(facts, ("progression", "surgery"), FAR).stop == day(4)
    assert course(facts, ("death",), FAR).stop == NEVER


def patient(events: Iterable[EventFact], *forms: FormFact) -> PatientFacts:
    return PatientFacts(
        patient_id="LISHUI-001",
        site="LISHUI",
        screened_on=START,
        pro_consent_on=START,
        randomised_on=START,
        able=True,
        events=tuple(events),
        forms=forms,
    )


VISITS = plan(STUDY.visits, START)
V1, V2, V3 = VISITS[1:4]


def statuses(facts: PatientFacts, as_of: date = FAR) -> dict[str, Status]:
    return {e.visit: e.status for e in ledger(facts, STUDY, valid_from=30, as_of=as_of)}


def test_after_a_return_forms_are_expected_and_counted_again() -> None:
    gone = EventFact(ASKED, V1.target_on + timedelta(30))
    back = EventFact(BACK, V2.target_on + timedelta(30))
    facts = patient(
        [gone, back], FormFact("V2", V2.target_on, 37), FormFact("V3", V3.target_on, 37)
    )

    found = statuses(facts)
    assert (found["V1"], found["V4"]) == (Status.MISSING, Status.MISSING)
    assert (found["V2"], found["V3"]) == (Status.QUARANTINE_AFTER_WITHDRAWAL, Status.VALID)
    without = statuses(replace(facts, forms=()))
    assert (without["V2"], without["V3"]) == (Status.NE_WITHDRAWN, Status.MISSING)


def test_a_target_or_a_form_on_the_day_of_either_is_as_if_there_were_none() -> None:
    on_target = patient([EventFact(ASKED, V1.target_on), EventFact(BACK, V2.target_on)])
    answered = replace(
        on_target, forms=(FormFact("V1", V1.target_on, 37), FormFact("V2", V2.target_on, 37))
    )
    assert [statuses(on_target)[v] for v in ("V1", "V2")] == [Status.MISSING] * 2
    assert [statuses(answered)[v] for v in ("V1", "V2")] == [Status.VALID] * 2


def test_a_form_before_the_consent_waits_for_the_site() -> None:
    form = FormFact("V1", V1.target_on, 37)
    facts = replace(patient([], form), pro_consent_on=V1.target_on + timedelta(1))

    assert statuses(facts)["V1"] is Status.QUARANTINE_BEFORE_CONSENT
    assert statuses(replace(facts, pro_consent_on=V1.target_on))["V1"] is Status.VALID
    let_in = replace(facts, forms=(replace(form, let_in=True),))
    assert statuses(let_in)["V1"] is Status.VALID
    kept_out = replace(facts, forms=(replace(form, let_in=False),))
    assert statuses(kept_out)["V1"] is Status.MISSING
    late = replace(kept_out, pro_consent_on=V1.closes_on + timedelta(1))
    assert statuses(late)["V1"] is Status.NE_NOT_CONSENTED
    # Without any consent there is an entry for the form alone.
    assert statuses(replace(facts, pro_consent_on=None)) == {"V1": Status.QUARANTINE_BEFORE_CONSENT}


def test_what_was_decided_of_a_quarantine_says_nothing_of_a_form_in_none() -> None:
    for let_in in (True, False, None):
        form = FormFact("V1", V1.target_on, 37, let_in)
        assert statuses(patient([], form))["V1"] is Status.VALID


def test_a_visit_counts_for_the_site_of_its_target_day() -> None:
    move = EventFact(EventKind.TRANSFER, V2.target_on, "ZJCC")
    entries = ledger(patient([move]), STUDY, valid_from=30, as_of=FAR)
    sites = {entry.visit: entry.site for entry in entries}

    assert (sites["V1"], sites["V2"], sites["V3"]) == ("LISHUI", "ZJCC", "ZJCC")
    before = ledger(patient([move]), STUDY, valid_from=30, as_of=V2.target_on - timedelta(1))
    assert {entry.site for entry in before} == {"LISHUI"}


_events = st.lists(
    st.builds(
        EventFact,
        st.sampled_from([ASKED, FOLLOW_UP, CONSENT, BACK, CONSENT_BACK]),
        st.integers(0, 12).map(day),
    ),
    max_size=8,
)


@given(_events, st.integers(0, 13))
def test_intervals_begin_with_a_withdrawal_and_end_with_its_return(
    events: list[EventFact], n: int
) -> None:
    found = withdrawals(events, day(n))
    known = {(event.kind, event.on) for event in events if event.on <= day(n)}

    for since, until in found:
        assert since < until
        assert any(
            (kind, since) in known and (until == NEVER or (back, until) in known)
            for kind, back in ENDED_BY.items()
        )
    assert withdrawals(events[::-1], day(n)) == found


@given(_events)
def test_without_a_return_the_first_withdrawal_lasts_for_ever(events: list[EventFact]) -> None:
    gone = [event for event in events if event.kind in ENDED_BY]
    found = course(patient(gone), (), FAR)

    first = min((event.on for event in gone), default=NEVER)
    assert all(found.withdrawn(day(n)) == (day(n) > first) for n in range(15))


def test_nobody_is_asked_after_the_first_of_death_and_lasting_withdrawal() -> None:
    death, left, back = (EventKind.DEATH, 9), (ASKED, 5), (BACK, 7)
    progression = (EventKind.PROGRESSION, 5)
    for events, first in (
        ((progression, left, death), left),
        ((death, left), left),
        ((left, back, death), death),
        ((left, back), None),
        ((progression,), None),
    ):
        found = ended_by(happened(*events), FAR)
        assert found == (happened(first)[0] if first else None)
    assert ended_by(happened(death), day(8)) is None


def test_each_visit_sees_the_stops_of_its_own_version_or_all_the_study_s() -> None:
    stops = replace(STUDY, stop_events=(EventKind.PROGRESSION,))
    facts = replace(patient(happened((EventKind.PROGRESSION, 5))), randomised_on=START)
    visits = plan(STUDY.visits, START)
    [*same] = courses(visits, facts, stops, course(facts, stops.stop_events, FAR), FAR)
    assert {each.stop for each in same} == {day(5)}
    at = datetime(2024, 1, 1, tzinfo=UTC)
    unlike = replace(stops, plans=(PlanVersion(1, None, at, STUDY.visits, ()),))
    found = courses(visits, facts, unlike, course(facts, unlike.stop_events, FAR), FAR)
    assert {each.stop for each in found} == {NEVER}


def test_who_was_transferred_has_moved() -> None:
    assert course(patient(happened((EventKind.TRANSFER, 5))), (), FAR).moves
    assert not course(patient([]), (), FAR).moves


def test_the_last_transfer_by_a_day_says_to_which_site_a_patient_belongs() -> None:
    moves = [EventFact(EventKind.TRANSFER, day(n), to) for n, to in ((9, "B"), (5, "C"))]
    facts = patient(moves)
    assert [facts.site_on(day(n)) for n in (4, 5, 8, 9)] == [facts.site, "C", "C", "B"]
