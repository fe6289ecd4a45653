"""What is told before a fact is saved is what the ledger says once it is."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.pauses import PauseFact, PauseKind, held
from pro_app.core.preview import Preview, preview, with_event, without_event
from pro_app.studies import load

STUDY = load("nct04158843")
RANDOMISED = date(2024, 1, 10)
VALID_FROM = 30
DAY = timedelta(days=1)

days = st.dates(date(2023, 12, 1), date(2028, 6, 1))
events = st.builds(EventFact, st.sampled_from(EventKind), days)
forms = st.lists(
    st.builds(FormFact, st.sampled_from([v.code for v in STUDY.visits]), days, st.integers(0, 37)),
    max_size=4,
    unique_by=lambda form: form.visit,
)
facts_of_anybody = st.builds(
    PatientFacts,
    patient_id=st.just("L-001"),
    site=st.just("LISHUI"),
    screened_on=st.one_of(st.none(), days),
    pro_consent_on=st.one_of(st.none(), days),
    randomised_on=st.one_of(st.none(), days),
    able=st.one_of(st.none(), st.booleans()),
    events=st.lists(events, max_size=3).map(tuple),
    forms=forms.map(tuple),
)


def of(facts: PatientFacts, as_of: date) -> dict[str, Entry]:
    return {e.visit: e for e in ledger(facts, STUDY, valid_from=VALID_FROM, as_of=as_of)}


def seen(now: PatientFacts, then: PatientFacts, as_of: date) -> Preview:
    return preview(now, then, STUDY, valid_from=VALID_FROM, as_of=as_of)


def applied(before: dict[str, Entry], told: Preview) -> dict[str, Entry]:
    """The ledger as somebody would write it who has only the old one and the preview."""
    after = dict(before)
    for change in told.visits:
        assert after.get(change.entry.visit) == change.before
        after.pop(change.entry.visit, None)
        if change.after is not None:
            after[change.entry.visit] = change.after
    return after


@given(facts_of_anybody, events, days)
@settings(max_examples=200, deadline=None)
def test_the_preview_of_an_event_is_what_the_ledger_says_after_it(
    facts: PatientFacts, event: EventFact, as_of: date
) -> None:
    then = with_event(facts, event)
    told = seen(facts, then, as_of)
    assert applied(of(facts, as_of), told) == of(then, as_of)
    assert applied(of(then, as_of), seen(then, without_event(then, event), as_of)) == of(
        facts, as_of
    )


@given(facts_of_anybody, days, days)
@settings(max_examples=200, deadline=None)
def test_the_preview_of_another_anchor_is_what_the_ledger_says_after_it(
    facts: PatientFacts, anchor: date, as_of: date
) -> None:
    then = replace(facts, randomised_on=anchor)
    assert applied(of(facts, as_of), seen(facts, then, as_of)) == of(then, as_of)


@given(facts_of_anybody, events, days)
@settings(max_examples=200, deadline=None)
def test_what_is_not_told_to_people_changes_neither_windows_nor_statuses(
    facts: PatientFacts, event: EventFact, as_of: date
) -> None:
    told = seen(facts, with_event(facts, event), as_of)
    for change in set(told.visits) - set(told.told):
        assert change.before
        assert change.after
        assert change.before.status is change.after.status
        assert change.before.target_on == change.after.target_on


ANNA = PatientFacts(
    patient_id="L-001",
    site="LISHUI",
    screened_on=date(2024, 1, 4),
    pro_consent_on=date(2024, 1, 4),
    randomised_on=RANDOMISED,
    able=True,
)


def test_a_death_ends_asking_and_the_open_form_and_nothing_earlier() -> None:
    today = date(2024, 4, 12)
    death = EventFact(EventKind.DEATH, date(2024, 4, 1))
    told = seen(ANNA, with_event(ANNA, death), today)
    assert (told.asked_before, told.asked_after) == (True, False)
    assert (told.open_before, told.closed_to_patient) == (("V1",), ("V1",))
    after = {c.entry.visit: c.after.status for c in told.told if c.after}
    assert after.pop("V0") is Status.MISSING  # as before, but no later form can come
    assert after == {f"V{n}": Status.NE_DEATH for n in range(1, 11)}


def test_a_withdrawal_from_treatment_changes_nothing() -> None:
    event = EventFact(EventKind.WITHDRAWAL_TREATMENT, date(2024, 4, 1))
    told = seen(ANNA, with_event(ANNA, event), date(2024, 5, 1))
    assert (told.visits, told.asked_after) == ((), True)


def test_two_previews_have_one_fingerprint_when_they_tell_the_same() -> None:
    today = date(2024, 5, 1)
    death = with_event(ANNA, EventFact(EventKind.DEATH, date(2024, 4, 1)))
    earlier = with_event(ANNA, EventFact(EventKind.DEATH, date(2024, 3, 1)))
    assert seen(ANNA, death, today).fingerprint == seen(ANNA, death, today).fingerprint
    fingerprints = {seen(ANNA, then, today).fingerprint for then in (ANNA, death)}
    assert len(fingerprints) == 2
    assert seen(ANNA, earlier, today).asked_after is False


def test_a_pause_holds_from_its_first_to_its_last_day() -> None:
    first, last = date(2026, 2, 10), date(2026, 2, 17)
    festival = PauseFact(PauseKind.FESTIVAL, first, last)
    assert [held([festival], d) for d in (first - DAY, first, last, last + DAY)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert held([PauseFact(PauseKind.HOSPITAL_STAY, first, None)], date(2030, 1, 1))
    assert not held([], first)


def test_what_opens_and_what_closes_to_the_patient_are_told_apart() -> None:
    told = Preview((), True, True, open_before=("V0", "V1"), open_after=("V1", "V2"))
    assert (told.closed_to_patient, told.opened_to_patient) == (("V0",), ("V2",))


V1 = next(
    each for each in ledger(ANNA, STUDY, valid_from=30, as_of=RANDOMISED) if each.visit == "V1"
)


def test_the_past_reads_otherwise_from_the_day_of_a_fact_to_the_day_before_today() -> None:
    today, died = date(2024, 6, 30), date(2024, 4, 1)
    told = seen(ANNA, with_event(ANNA, EventFact(EventKind.DEATH, died)), today)
    assert told.past == (died, today - DAY)
    assert seen(ANNA, ANNA, today).past is None
    assert seen(ANNA, with_event(ANNA, EventFact(EventKind.DEATH, today)), today).past is None


def test_the_past_reads_otherwise_from_the_day_of_a_late_form() -> None:
    assert V1.closes_on is not None
    late = replace(ANNA, forms=(FormFact("V1", V1.closes_on + 5 * DAY, 37),))
    missing = seen(ANNA, late, V1.closes_on + 30 * DAY)
    assert missing.past == (V1.closes_on + 5 * DAY, V1.closes_on + 29 * DAY)


def test_another_day_of_randomisation_moves_every_window() -> None:
    then = replace(ANNA, randomised_on=RANDOMISED + DAY)
    told = seen(ANNA, then, RANDOMISED + 30 * DAY)
    assert all(change.moves for change in told.visits)
    assert len(told.visits) == len(STUDY.visits)
    assert not any(c.moves for c in seen(ANNA, replace(ANNA, able=False), RANDOMISED + DAY).visits)


def test_a_visit_that_is_gone_is_told_as_it_was() -> None:
    nobody = replace(ANNA, pro_consent_on=None)
    told = seen(ANNA, nobody, RANDOMISED)
    assert [change.after for change in told.visits] == [None] * len(STUDY.visits)
    assert [change.entry.visit for change in told.visits] == [v.code for v in STUDY.visits]
    assert all(change.moves for change in told.visits)


def test_a_flag_is_told_from_the_day_after_the_window_that_it_stands_at() -> None:
    # Until then the form may still come, and no flag says that it did not.
    assert V1.closes_on is not None
    progressed = EventFact(EventKind.PROGRESSION, RANDOMISED + DAY)
    today = V1.closes_on + 9 * DAY
    told = seen(ANNA, with_event(ANNA, progressed), today)
    assert told.past == (V1.closes_on + DAY, today - DAY)
