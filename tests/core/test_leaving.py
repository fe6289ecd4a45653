"""Withdrawn consent: whose data may leave, up to which day."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts, ReasonFact
from pro_app.core.leaving import (
    Decided,
    Held,
    Ruling,
    Step,
    Why,
    held,
    on_pages,
    retained,
    shows_changes,
    stricter,
)
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.study import REASON_HELD_BACK
from pro_app.studies import load

OUT, BACK = EventKind.WITHDRAWAL_CONSENT, EventKind.RETURN_CONSENT
STUDY = load("nct04158843")
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


def step(kind: EventKind, on: date, recorded: date | None = None) -> Step:
    return Step(kind, on, at(recorded or on))


def test_nobody_withdrew_so_all_may_leave() -> None:
    assert held([], None) is None
    assert held([], Decided(Ruling.RETAIN, at(MARCH))) is None


def test_nothing_leaves_until_the_site_has_decided() -> None:
    assert held([step(OUT, MARCH)], None) == Held(Why.UNDECIDED, MARCH, None)


def test_retained_are_the_data_up_to_the_day_of_the_withdrawal() -> None:
    found = held([step(OUT, MARCH)], Decided(Ruling.RETAIN, at(APRIL)))
    assert found == Held(Why.RETAINED, MARCH, MARCH)
    assert [found.may_leave(day) for day in (MARCH, date(2026, 3, 2), None)] == [True, False, True]


def test_erased_data_leave_never_again() -> None:
    erase = Decided(Ruling.ERASE, at(APRIL))
    assert held([step(OUT, MARCH)], erase) == Held(Why.ERASED, MARCH, None)
    assert held([step(OUT, MARCH), step(BACK, MAY)], erase) == Held(Why.ERASED, None, None)
    assert held([], erase) == Held(Why.ERASED, None, None)
    assert not Held(Why.ERASED, None, None).may_leave(None)


def test_a_return_lets_everything_leave_again() -> None:
    assert held([step(OUT, MARCH), step(BACK, APRIL)], None) is None


def test_a_decision_does_not_answer_a_later_withdrawal() -> None:
    steps = [step(OUT, MARCH), step(BACK, APRIL), step(OUT, MAY)]
    assert held(steps, Decided(Ruling.RETAIN, at(MARCH))) == Held(Why.UNDECIDED, MAY, None)
    assert held(steps, Decided(Ruling.RETAIN, at(MAY))) == Held(Why.RETAINED, MAY, MAY)


def test_a_withdrawal_that_is_recorded_late_awaits_its_own_decision() -> None:
    late = step(OUT, MARCH, recorded=MAY)
    assert held([late], Decided(Ruling.RETAIN, at(APRIL))) == Held(Why.UNDECIDED, MARCH, None)


@pytest.mark.parametrize(
    ("before", "since"), [([], None), ([step(OUT, MARCH)], APRIL)], ids=["from nothing", "again"]
)
def test_of_both_on_one_day_the_return_ends_what_there_was(
    before: list[Step], since: date | None
) -> None:
    found = held([*before, step(OUT, APRIL), step(BACK, APRIL)], None)
    assert (found.withdrawn_on if found else None) == since


def test_the_stricter_of_two_views_is_the_one_by_which_less_leaves() -> None:
    none, some, more = (
        Held(Why.UNDECIDED, MARCH, None),
        Held(Why.RETAINED, MARCH, MARCH),
        Held(Why.RETAINED, APRIL, APRIL),
    )
    assert stricter(None, None) is None
    assert stricter(None, some) == stricter(some, None) == some
    assert stricter(some, none) == stricter(none, some) == none
    assert stricter(more, some) == stricter(some, more) == some


ANNA = PatientFacts(
    patient_id="L-001",
    site="LISHUI",
    screened_on=date(2025, 5, 1),
    pro_consent_on=date(2025, 5, 1),
    randomised_on=date(2025, 6, 1),
    able=True,
    events=(EventFact(OUT, MARCH),),
    forms=(FormFact("V0", date(2025, 6, 1), 37), FormFact("V3", date(2026, 3, 10), 36)),
    reasons=(
        ReasonFact("V1", "P_FORGOT", date(2025, 10, 1)),
        ReasonFact("V2", "P_TOO_ILL", date(2026, 3, 10)),
    ),
)


def shown(found: Held | None, facts: PatientFacts = ANNA) -> dict[str, Entry]:
    entries = on_pages(facts, found, STUDY, valid_from=30, as_of=MAY)
    return {entry.visit: entry for entry in entries}


def test_pages_say_that_a_form_came_after_the_withdrawal_and_not_what_is_in_it() -> None:
    found = shown(Held(Why.RETAINED, MARCH, MARCH))
    form = found["V3"]
    assert (form.status, form.answered_on) == (
        Status.QUARANTINE_AFTER_WITHDRAWAL,
        date(2026, 3, 10),
    )
    assert (form.held_back, form.items_answered) == (True, None)
    assert [entry.held_back for entry in found.values()].count(True) == 1
    assert found["V0"].items_answered == 37


def test_pages_say_that_a_reason_came_after_the_withdrawal_and_not_which() -> None:
    found = shown(Held(Why.RETAINED, MARCH, MARCH))
    assert (found["V1"].reason, found["V2"].reason) == ("P_FORGOT", REASON_HELD_BACK)


def test_pages_show_no_visit_of_a_patient_of_whom_nothing_may_leave() -> None:
    assert shown(Held(Why.UNDECIDED, MARCH, None)) == {}
    assert shown(Held(Why.ERASED, MARCH, None)) == {}


def test_pages_show_all_of_a_patient_of_whom_all_may_leave() -> None:
    here = replace(ANNA, events=())
    assert tuple(shown(None, here).values()) == ledger(here, STUDY, valid_from=30, as_of=MAY)


def test_of_who_never_withdrew_everything_may_leave() -> None:
    assert retained(ANNA, None) is ANNA


def test_the_trail_shows_no_answer_that_was_recorded_after_the_withdrawal() -> None:
    kept, gone = Held(Why.RETAINED, MARCH, MARCH), Held(Why.ERASED, MARCH, None)
    for action in ("form.received", "correction.signed", "reason.given", "query.asked"):
        assert shows_changes(None, action, MAY)
        assert shows_changes(kept, action, MARCH)
        assert not shows_changes(kept, action, APRIL)
        assert not shows_changes(gone, action, MARCH)
    assert shows_changes(gone, "patient.event", MAY)


def test_of_two_withdrawals_the_first_ends_the_data_and_the_last_awaits_its_decision() -> None:
    steps = [step(OUT, MARCH), step(OUT, APRIL)]
    assert held(steps, Decided(Ruling.RETAIN, at(MARCH))) == Held(Why.UNDECIDED, MARCH, None)
    assert held(steps, Decided(Ruling.RETAIN, at(APRIL))) == Held(Why.RETAINED, MARCH, MARCH)


def test_what_was_said_after_the_withdrawal_does_not_leave() -> None:
    left = retained(ANNA, Held(Why.RETAINED, MARCH, MARCH))
    assert left is not None
    assert [reason.visit for reason in left.reasons] == ["V1"]
    assert [form.visit for form in left.forms] == ["V0"]
    assert left.events == ANNA.events
