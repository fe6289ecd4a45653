"""What becomes of an incoming answer set, and which visits a patient may open."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app import instruments
from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.ledger import Status, ledger
from pro_app.core.refused import Refused, Why
from pro_app.core.schedule import plan
from pro_app.core.study import PlanVersion
from pro_app.core.submission import (
    Accepted,
    AlreadyHad,
    AnswerProblem,
    Conflict,
    Decision,
    Fault,
    Incoming,
    KnownForm,
    content_of,
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


def test_a_submission_of_which_nothing_else_is_known_gets_its_receipt() -> None:
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
    assert decided(form(V1.target_on, "V11")) == Refused(Why.UNKNOWN_VISIT)


def test_bad_answers_are_refused_with_all_that_is_wrong() -> None:
    decision = decided(form(V1.target_on, answers={"GP1": 5, "GP2": True}))

    assert decision == Refused(
        Why.BAD_ANSWERS,
        detail=(
            AnswerProblem("GP1", Fault.NOT_A_CHOICE, "5"),
            AnswerProblem("GP2", Fault.NOT_A_CHOICE, "True"),
        ),
    )


@pytest.mark.parametrize("consent", [None, V1.target_on + DAY])
def test_a_patients_form_before_the_pro_consent_is_refused(consent: date | None) -> None:
    facts = replace(MEI, pro_consent_on=consent)

    assert decided(form(V1.target_on), facts) == Refused(Why.NO_CONSENT)
    assert isinstance(decided(form(V1.target_on, by_patient=False), facts), Accepted)


@pytest.mark.parametrize("by_patient", [True, False])
def test_a_form_of_a_coming_day_is_refused(by_patient: bool) -> None:
    ahead = form(V1.target_on, by_patient=by_patient)

    assert decided(ahead, today=V1.target_on - DAY) == Refused(Why.DAY_AHEAD, "answered_on")


def test_a_form_of_a_visit_that_is_not_open_by_today_is_refused() -> None:
    before = V1.opens_on - DAY
    assert decided(form(before), today=before) == Refused(Why.NOT_OPEN_YET)
    assert isinstance(decided(form(V1.opens_on), today=V1.opens_on), Accepted)
    # What a phone's clock says of the day rules nothing out once it is open.
    assert isinstance(decided(form(before), today=V1.opens_on), Accepted)


@pytest.mark.parametrize("later", [DAY, 61 * DAY, 1400 * DAY])
def test_a_finished_form_is_taken_however_long_it_was_on_its_way(later: timedelta) -> None:
    assert isinstance(decided(form(V1.target_on), today=V1.closes_on + later), Accepted)
    assert isinstance(decided(form(V1.closes_on + later), today=V1.closes_on + later), Accepted)


def test_a_form_finished_after_the_close_is_classified_by_its_day() -> None:
    late = form(V1.closes_on + DAY)

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
    assert decided(form(SCREENED, "V1"), SCREENED_ONLY) == Refused(Why.NOT_OPEN_YET)


@pytest.mark.parametrize("visit", ["V0", "V3"])
@pytest.mark.parametrize("facts", [MEI, SCREENED_ONLY, replace(MEI, pro_consent_on=None)])
def test_by_staff_a_form_is_kept_whatever_is_missing(visit: str, facts: PatientFacts) -> None:
    paper = form(SCREENED - DAY, visit, by_patient=False)

    assert isinstance(decided(paper, facts, today=RANDOMISED), Accepted)


@pytest.mark.parametrize("screened_on", [None, SCREENED + DAY])
def test_before_the_screening_day_nothing_is_taken(screened_on: date | None) -> None:
    facts = replace(SCREENED_ONLY, screened_on=screened_on)

    assert decided(form(SCREENED, "V0"), facts) == Refused(Why.NOT_OPEN_YET)


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
    assert decided(too_early, facts, today=V0.opens_on - DAY) == Refused(Why.NOT_OPEN_YET)


_HAD = KnownForm(
    "s-1", "V1", standing=True, content=content_of("V1", ALL_TWOS), answered_on=V1.target_on
)


def test_the_very_same_submission_gets_its_receipt() -> None:
    assert decided(form(V1.target_on), MEI, _HAD) == AlreadyHad("s-1")
    # By then nobody knows the day any more, and nobody needs to.
    untold = form(V1.target_on + DAY, day_told=False)
    assert decided(untold, MEI, _HAD) == AlreadyHad("s-1")


def test_what_was_not_shown_is_the_same_as_what_is_not_there() -> None:
    short = dict.fromkeys(FACT_B.item_codes[:-1], 2)
    whole = short | {FACT_B.item_codes[-1]: "NOT_SHOWN"}
    had = replace(_HAD, content=content_of("V1", whole))
    assert decided(form(V1.target_on, answers=short), MEI, had) == AlreadyHad("s-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"answers": ALL_TWOS | {"GP1": 3}},
        {"answers": ALL_TWOS | {"GP1": True}},
        {"answers": ALL_TWOS | {"GP1": "SKIPPED"}},
        {"answers": {}},
        {"visit": "V2"},
        {"answered_on": V1.target_on + DAY},
    ],
)
def test_the_same_id_with_anything_else_in_it_is_refused(changes: dict[str, Any]) -> None:
    other = form(V1.target_on, **changes)

    assert decided(other, MEI, _HAD) == Refused(Why.OTHER_ANSWERS)


def test_a_clock_that_was_set_between_two_attempts_makes_no_other_form() -> None:
    told_at = datetime(2022, 6, 11, 8, tzinfo=UTC)
    had = replace(_HAD, told_at=told_at)
    again = form(V1.target_on + DAY, told_at=told_at)
    other = form(V1.target_on + DAY, told_at=told_at + DAY)

    assert decided(again, MEI, had) == AlreadyHad("s-1")
    assert decided(other, MEI, had) == Refused(Why.OTHER_ANSWERS)


def test_the_sender_s_clock_tells_two_forms_apart_by_a_whole_second() -> None:
    told_at = datetime(2022, 6, 11, 8, tzinfo=UTC)
    had = replace(_HAD, told_at=told_at)
    for apart, same in ((0.999, True), (1.0, False), (1.5, False)):
        for told in (told_at + timedelta(seconds=apart), told_at - timedelta(seconds=apart)):
            again = decided(form(V1.target_on + DAY, told_at=told), MEI, had)
            assert again == (AlreadyHad("s-1") if same else Refused(Why.OTHER_ANSWERS)), apart


def test_a_form_that_is_stored_without_the_sender_s_clock_is_the_same_on_any_day() -> None:
    again = form(V1.target_on + DAY, told_at=datetime(2022, 6, 12, 8, tzinfo=UTC))

    assert decided(again, MEI, _HAD) == AlreadyHad("s-1")


def test_a_form_that_fits_the_window_of_either_version_of_the_protocol_is_taken() -> None:
    earlier, later = V1.opens_on - 7 * DAY, V1.opens_on
    wider = tuple(
        replace(v, days_before=v.days_before + 7) if v.code == "V1" else v for v in STUDY.visits
    )
    recorded = datetime(2022, 1, 1, tzinfo=UTC)
    for order in ((STUDY.visits, wider), (wider, STUDY.visits)):
        plans = tuple(
            PlanVersion(n, RANDOMISED if n > 1 else None, recorded, visits, STUDY.stop_events)
            for n, visits in enumerate(order, 1)
        )
        study = replace(STUDY, visits=order[-1], plans=plans)
        for today, taken in ((earlier - DAY, False), (earlier, True), (later, True)):
            decision = decide(
                form(today), facts=MEI, known=(), study=study, instrument=FACT_B, today=today
            )
            assert isinstance(decision, Accepted) is taken, today


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
def test_whoever_may_open_a_visit_may_hand_it_in_and_none_that_has_not_opened(
    days: int, randomised: bool
) -> None:
    facts = MEI if randomised else SCREENED_ONLY
    today = SCREENED + days * DAY
    may_open = open_codes(facts, today)

    for visit in STUDY.visits:
        decision = decided(form(today, visit.code), facts)
        assert isinstance(decision, Accepted) or visit.code not in may_open
        assert isinstance(decision, Accepted) or decision == Refused(Why.NOT_OPEN_YET)
