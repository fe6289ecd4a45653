"""What becomes of an incoming answer set, and which visits a patient may open."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app import instruments
from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.ledger import Status, ledger
from pro_app.core.schedule import plan
from pro_app.core.submission import (
    Accepted,
    AlreadyHad,
    AnswerProblem,
    Conflict,
    Decision,
    Fault,
    Incoming,
    KnownForm,
    Refusal,
    Refused,
    decide,
    open_visits,
)
from pro_app.studies import load

STUDY = load("nct04158843")
FACT_B = instruments.load(STUDY.instrument)
DAY = timedelta(days=1)
SCREENED = date(2022, 3, 1)
RANDOMISED = SCREENED + 10 * DAY
MEI = PatientFacts(
    patient_id="L-007",
    site="LISHUI",
    screened_on=SCREENED,
    pro_consent_on=SCREENED,
    randomised_on=RANDOMISED,
    able=True,
)
SCREENED_ONLY = replace(MEI, randomised_on=None)
V0, V1 = plan(STUDY.visits, RANDOMISED)[:2]
ALL_TWOS = dict.fromkeys(FACT_B.item_codes, 2)


def form(on: date, visit: str = "V1", **changes: Any) -> Incoming:
    incoming = Incoming(
        submission_id="s-1",
        visit=visit,
        answered_on=on,
        began_on=on,
        answers=ALL_TWOS,
        by_patient=True,
    )
    return replace(incoming, **changes)


def decided(
    incoming: Incoming,
    facts: PatientFacts = MEI,
    *known: KnownForm,
    today: date | None = None,
) -> Decision:
    return decide(
        incoming,
        facts=facts,
        known=known,
        study=STUDY,
        instrument=FACT_B,
        today=today or incoming.answered_on,
    )


def test_a_good_form_in_its_window_is_accepted_with_its_answers() -> None:
    decision = decided(form(V1.target_on))

    assert isinstance(decision, Accepted)
    assert set(decision.answers.values()) == {Answer(AnswerState.ANSWERED, 2)}


def test_the_same_submission_again_gets_its_receipt_whatever_it_holds() -> None:
    known = KnownForm("s-1", "V1", standing=True)
    again = form(V1.target_on)
    changed = form(V1.closes_on + DAY, "V9", answers={"nonsense": True})

    assert decided(again, MEI, known) == AlreadyHad("s-1")
    assert decided(changed, SCREENED_ONLY, known, today=SCREENED) == AlreadyHad("s-1")
    kept_aside = KnownForm("s-1", "V1", standing=False)
    assert decided(again, MEI, kept_aside) == AlreadyHad("s-1")


def test_a_second_form_for_a_visit_is_kept_as_a_conflict() -> None:
    first = KnownForm("s-0", "V1", standing=True)

    assert isinstance(decided(form(V1.target_on), MEI, first), Conflict)


def test_a_form_beside_conflicts_alone_or_other_visits_is_accepted() -> None:
    aside = KnownForm("s-0", "V1", standing=False)
    other = KnownForm("s-9", "V0", standing=True)

    assert isinstance(decided(form(V1.target_on), MEI, aside, other), Accepted)


def test_an_unknown_visit_is_refused() -> None:
    assert decided(form(V1.target_on, "V11")) == Refused(Refusal.UNKNOWN_VISIT)


def test_bad_answers_are_refused_with_all_that_is_wrong() -> None:
    decision = decided(form(V1.target_on, answers={"GP1": 5, "GP2": True}))

    assert decision == Refused(
        Refusal.BAD_ANSWERS,
        (
            AnswerProblem("GP1", Fault.NOT_A_CHOICE, "5"),
            AnswerProblem("GP2", Fault.NOT_A_CHOICE, "True"),
        ),
    )


@pytest.mark.parametrize("consent", [None, V1.target_on + DAY])
def test_a_patients_form_before_her_pro_consent_is_refused(consent: date | None) -> None:
    facts = replace(MEI, pro_consent_on=consent)

    assert decided(form(V1.target_on), facts) == Refused(Refusal.NO_CONSENT)
    assert isinstance(decided(form(V1.target_on, by_patient=False), facts), Accepted)


@pytest.mark.parametrize("by_patient", [True, False])
def test_a_form_of_a_coming_day_is_refused(by_patient: bool) -> None:
    ahead = form(V1.target_on, by_patient=by_patient)

    assert decided(ahead, today=V1.target_on - DAY) == Refused(Refusal.DAY_AHEAD)


def test_a_patient_cannot_answer_before_the_window_opens() -> None:
    assert decided(form(V1.opens_on - DAY)) == Refused(Refusal.NOT_OPEN_YET)
    assert isinstance(decided(form(V1.opens_on)), Accepted)


def test_a_patient_cannot_open_a_closed_visit_anew() -> None:
    assert decided(form(V1.closes_on + DAY)) == Refused(Refusal.CLOSED)
    assert isinstance(decided(form(V1.closes_on)), Accepted)


def test_a_form_begun_in_its_window_is_accepted_after_the_close() -> None:
    late = form(V1.closes_on + DAY, began_on=V1.closes_on)

    assert isinstance(decided(late), Accepted)
    facts = replace(MEI, forms=(FormFact("V1", late.answered_on, 37),))
    classified = ledger(facts, STUDY, valid_from=30, as_of=late.answered_on)[1]
    assert classified.status is Status.OUT_OF_WINDOW


@pytest.mark.parametrize("on", [date(2019, 1, 1), V1.opens_on - DAY, V1.closes_on + DAY])
def test_a_paper_form_is_never_refused_for_its_day(on: date) -> None:
    paper = form(on, by_patient=False)

    for facts in (MEI, SCREENED_ONLY, replace(SCREENED_ONLY, screened_on=None)):
        assert isinstance(decided(paper, facts, today=date(2025, 1, 1)), Accepted)


@pytest.mark.parametrize(
    "kind", [EventKind.DEATH, EventKind.WITHDRAWAL_QUESTIONNAIRES, EventKind.WITHDRAWAL_CONSENT]
)
def test_a_form_of_one_who_died_or_withdrew_is_still_accepted(kind: EventKind) -> None:
    facts = replace(MEI, events=(EventFact(kind, V1.opens_on),))

    assert isinstance(decided(form(V1.target_on), facts), Accepted)


def test_before_randomisation_the_baseline_alone_is_taken() -> None:
    assert isinstance(decided(form(SCREENED, "V0"), SCREENED_ONLY), Accepted)
    assert isinstance(decided(form(SCREENED + 60 * DAY, "V0"), SCREENED_ONLY), Accepted)
    assert decided(form(SCREENED, "V1"), SCREENED_ONLY) == Refused(Refusal.NOT_OPEN_YET)


@pytest.mark.parametrize("screened_on", [None, SCREENED + DAY])
def test_before_the_screening_day_nothing_is_taken(screened_on: date | None) -> None:
    facts = replace(SCREENED_ONLY, screened_on=screened_on)

    assert decided(form(SCREENED, "V0"), facts) == Refused(Refusal.NOT_OPEN_YET)


def test_a_baseline_answered_before_randomisation_may_arrive_after_it() -> None:
    randomised_late = replace(MEI, randomised_on=SCREENED + 30 * DAY)
    offline = form(SCREENED + DAY, "V0")

    assert isinstance(
        decided(offline, randomised_late, today=SCREENED + 31 * DAY),
        Accepted,
    )


def test_a_baseline_without_screening_day_opens_with_its_window() -> None:
    facts = replace(MEI, screened_on=None, pro_consent_on=V0.opens_on - DAY)

    assert isinstance(decided(form(V0.opens_on, "V0"), facts, today=RANDOMISED), Accepted)
    too_early = form(V0.opens_on - DAY, "V0")
    assert decided(too_early, facts, today=RANDOMISED) == Refused(Refusal.NOT_OPEN_YET)


def test_the_baseline_closes_on_the_randomisation_day() -> None:
    assert isinstance(decided(form(RANDOMISED, "V0")), Accepted)
    assert decided(form(RANDOMISED + DAY, "V0")) == Refused(Refusal.CLOSED)


def open_codes(facts: PatientFacts, today: date) -> list[str]:
    return [e.visit for e in open_visits(facts, STUDY, valid_from=30, today=today)]


def test_a_patient_may_open_what_is_open_today_and_not_in_yet() -> None:
    assert open_codes(SCREENED_ONLY, SCREENED) == ["V0"]
    assert open_codes(MEI, RANDOMISED) == ["V0"]
    assert open_codes(MEI, RANDOMISED + DAY) == []
    assert open_codes(MEI, V1.opens_on) == ["V1"]
    assert open_codes(MEI, V1.closes_on + DAY) == []


def test_a_visit_whose_form_is_in_cannot_be_opened_again() -> None:
    before = replace(SCREENED_ONLY, forms=(FormFact("V0", SCREENED, 37),))
    after = replace(MEI, forms=(FormFact("V1", V1.opens_on, 0),))

    assert open_codes(before, SCREENED + DAY) == []
    assert open_codes(after, V1.opens_on) == []


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (EventKind.DEATH, []),
        (EventKind.WITHDRAWAL_QUESTIONNAIRES, []),
        (EventKind.WITHDRAWAL_FOLLOW_UP, []),
        (EventKind.WITHDRAWAL_CONSENT, []),
        (EventKind.WITHDRAWAL_TREATMENT, ["V1"]),
        (EventKind.PROGRESSION, ["V1"]),
        (EventKind.LOST_TO_FOLLOW_UP, ["V1"]),
    ],
)
def test_who_died_or_withdrew_is_asked_for_nothing(kind: EventKind, codes: list[str]) -> None:
    facts = replace(MEI, events=(EventFact(kind, V1.target_on),))

    assert open_codes(facts, V1.target_on) == codes
    assert open_codes(facts, V1.target_on - DAY) == ["V1"]


@given(days=st.integers(0, 1800), randomised=st.booleans())
def test_a_form_begun_today_is_accepted_exactly_where_she_may_open_the_visit(
    days: int, randomised: bool
) -> None:
    facts = MEI if randomised else SCREENED_ONLY
    today = SCREENED + days * DAY
    may_open = open_codes(facts, today)

    for visit in STUDY.visits:
        taken = isinstance(decided(form(today, visit.code), facts), Accepted)
        assert taken == (visit.code in may_open)
