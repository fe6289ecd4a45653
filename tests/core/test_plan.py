"""Versions of the protocol and an anchor day → the one plan, by every line of its rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.plan import (
    asked_from,
    before_amendments,
    plan_changes,
    planned,
    planned_from,
    version_on,
    windows_ever,
)
from pro_app.core.schedule import PlannedVisit, plan
from pro_app.core.study import PlanVersion, Study, Visit
from pro_app.studies import load

STUDY = load("nct04158843")
ANCHOR = date(2025, 1, 15)  # V1: 1 Apr–29 Apr, V2: 1 Jul–29 Jul, V3: 1 Oct–29 Oct 2025
RECORDED = datetime(2025, 6, 1, tzinfo=UTC)


def amended(*amendments: tuple[date, tuple[Visit, ...]], **first: object) -> Study:
    """The study with a version for each (day, visits)."""
    version = PlanVersion(1, None, RECORDED - timedelta(500), STUDY.visits, STUDY.stop_events)
    versions = [replace(version, **first)]  # type: ignore[arg-type]
    for number, (since, visits) in enumerate(amendments, 2):
        recorded_at = RECORDED + timedelta(number)
        versions.append(PlanVersion(number, since, recorded_at, visits, STUDY.stop_events))
    return replace(STUDY, visits=versions[-1].visits, plans=tuple(versions))


def changed(code: str, **changes: int) -> tuple[Visit, ...]:
    return tuple(replace(v, **changes) if v.code == code else v for v in STUDY.visits)


def without(*codes: str) -> tuple[Visit, ...]:
    return tuple(visit for visit in STUDY.visits if visit.code not in codes)


def with_visit(visit: Visit) -> tuple[Visit, ...]:
    return tuple(sorted((*STUDY.visits, visit), key=lambda each: each.month))


def one(study: Study, code: str, anchor: date = ANCHOR) -> PlannedVisit:
    return next(v for v in planned_from(study, anchor) if v.visit == code)


def facts(**changes: object) -> PatientFacts:
    known = PatientFacts("L-1", "LISHUI", ANCHOR, ANCHOR, ANCHOR, able=True)
    return replace(known, **changes)  # type: ignore[arg-type]


def entries(study: Study, as_of: date, **known: object) -> dict[str, Entry]:
    made = ledger(facts(**known), study, valid_from=30, as_of=as_of)
    return {entry.visit: entry for entry in made}


def test_a_study_without_amendments_costs_nothing() -> None:
    assert planned_from(STUDY, ANCHOR) is plan(STUDY.visits, ANCHOR)
    assert STUDY.all_visits is STUDY.visits


@pytest.mark.parametrize(
    ("since", "version", "closes_on"),
    [
        (date(2025, 7, 2), 1, date(2025, 7, 29)),  # opened the day before
        (date(2025, 7, 1), 2, date(2025, 8, 14)),  # opens on the very day
        (date(2025, 6, 1), 2, date(2025, 8, 14)),
    ],
)
def test_a_window_that_opened_before_the_day_stays_and_others_follow(
    since: date, version: int, closes_on: date
) -> None:
    visit = one(amended((since, changed("V2", days_after=30))), "V2")
    assert (visit.version, visit.closes_on, visit.asked) == (version, closes_on, True)


def test_a_visit_that_opened_stays_for_ever_though_no_version_has_it_any_more() -> None:
    study = amended(
        (date(2025, 7, 5), without("V2")), (date(2026, 7, 5), without("V2", "V6", "V7"))
    )
    assert one(study, "V2").asked
    assert one(study, "V2").version == 1
    assert not one(study, "V7").asked
    assert [visit.code for visit in study.all_visits] == [v.code for v in STUDY.visits]


@pytest.mark.parametrize(
    ("since", "asked"),
    [(date(2025, 5, 23), False), (date(2025, 5, 22), True), (date(2025, 5, 1), True)],
)
def test_a_new_visit_is_asked_for_where_its_window_does_not_close_before_the_day(
    since: date, asked: bool
) -> None:
    study = amended((since, with_visit(Visit("V1b", 4, 7, 7))))  # 8 to 22 May
    assert one(study, "V1b").asked is asked
    assert one(study, "V1b").closes_on == date(2025, 5, 22)


def test_a_visit_that_was_there_follows_the_new_version_even_into_the_past() -> None:
    study = amended((date(2025, 6, 20), changed("V2", month=4)))  # V2 would have opened on 1 July
    visit = one(study, "V2")
    assert (visit.closes_on, visit.asked, visit.version) == (date(2025, 5, 29), True, 2)


def test_amendments_follow_upon_the_plan_that_the_one_before_left() -> None:
    study = amended(
        (date(2025, 6, 1), changed("V2", days_before=40)),  # now from 5 June
        (date(2025, 6, 20), STUDY.visits),
    )
    assert (one(study, "V2").version, one(study, "V2").opens_on) == (2, date(2025, 6, 5))
    assert one(study, "V3").version == 3


def test_a_visit_that_went_and_comes_again_is_new() -> None:
    study = amended((date(2025, 6, 1), without("V2")), (date(2025, 8, 1), STUDY.visits))
    assert not one(study, "V2").asked  # it closed on 29 July
    study = amended((date(2025, 6, 1), without("V2")), (date(2025, 7, 29), STUDY.visits))
    assert one(study, "V2").asked


def test_what_was_recorded_later_is_not_known() -> None:
    study = amended((date(2025, 6, 5), without("V9")))
    assert len([v for v in planned(study, facts()) if v.asked]) == 10
    before = facts(known_at=RECORDED)
    assert planned(study, before) == plan(STUDY.visits, ANCHOR)
    long_ago = facts(known_at=RECORDED - timedelta(900))
    assert planned(study, long_ago) == plan(STUDY.visits, ANCHOR)
    assert "V9" in {e.visit for e in ledger(before, study, valid_from=30, as_of=ANCHOR)}


def test_the_ledger_has_no_entry_of_a_visit_that_is_not_asked_for_unless_its_form_is_in() -> None:
    study = amended((date(2025, 6, 1), without("V2")))
    later = date(2025, 12, 1)
    assert "V2" not in entries(study, later)

    form = FormFact("V2", date(2025, 7, 10), 37)
    entry = entries(study, later, forms=(form,))["V2"]
    assert (entry.status, entry.in_population) == (Status.VALID, False)
    assert "V2" not in entries(study, date(2025, 7, 9), forms=(form,))


def test_a_stop_event_of_a_new_version_stops_the_visits_that_follow_it_alone() -> None:
    study = amended((date(2025, 9, 1), STUDY.visits))
    new = replace(study.plans[1], stop_events=("progression",))
    study = replace(study, stop_events=("progression",), plans=(study.plans[0], new))
    progressed = EventFact(EventKind.PROGRESSION, date(2025, 3, 1))
    found = entries(study, date(2026, 2, 1), events=(progressed,))

    assert found["V2"].status is Status.MISSING
    assert found["V3"].status is Status.NE_PROTOCOL_STOP


def test_what_a_visit_was_by_each_version_is_known() -> None:
    study = amended((date(2025, 6, 1), changed("V2", month=7)))
    assert [w.target_on for w in windows_ever(study, ANCHOR, "V2")] == [
        date(2025, 7, 15),
        date(2025, 8, 15),
    ]
    assert windows_ever(study, ANCHOR, "V99") == ()
    [before] = before_amendments(study)
    assert (before.visits, before.plans) == (STUDY.visits, study.plans[:1])
    assert [version_on(study, day) for day in (date(2025, 5, 31), date(2025, 6, 1))] == [1, 2]
    assert version_on(STUDY, ANCHOR) == 1


def test_changes_are_told_by_visit() -> None:
    since = date(2025, 6, 20)
    visits = tuple(v for v in changed("V2", month=4) if v.code != "V9")
    study = amended((since, (*visits[:2], *visits[2:])))
    told = plan_changes(plan(STUDY.visits, ANCHOR), planned_from(study, ANCHOR), since)
    assert [(c.visit, c.before is None, c.after is None, c.late) for c in told] == [
        ("V2", False, False, True),
        ("V9", False, True, False),
    ]


_months = st.lists(st.integers(1, 12), min_size=1, max_size=5, unique=True).map(sorted)


@st.composite
def _visits(draw: st.DrawFn) -> tuple[Visit, ...]:
    days = st.integers(0, 14)
    codes = draw(st.permutations([f"V{n}" for n in range(1, 7)]))
    made = [Visit(codes[n], m, draw(days), draw(days)) for n, m in enumerate(draw(_months))]
    return (Visit("V0", 0, 14, 0), *made)


_day = st.integers(0, 500).map(lambda days: date(2025, 1, 1) + timedelta(days))


def _by_hand(versions: tuple[PlanVersion, ...], anchor: date) -> dict[str, tuple[int, Visit]]:
    """The rule once more, in other words: code → the version it follows, where it is asked for."""

    def opens(visit: Visit) -> date:
        return plan((visit,), anchor)[0].opens_on

    def closes(visit: Visit) -> date:
        return plan((visit,), anchor)[0].closes_on

    found = {visit.code: (1, visit) for visit in versions[0].visits}
    for version in versions[1:]:
        assert version.effective_on is not None
        since = version.effective_on
        kept = {code: at for code, at in found.items() if opens(at[1]) < since}
        for visit in version.visits:
            if visit.code in kept:
                continue
            if visit.code in found or closes(visit) >= since:
                kept[visit.code] = (version.number, visit)
        found = kept
    return found


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(_visits(), min_size=1, max_size=4), st.data(), _day)
def test_the_plan_is_that_of_the_rule_whatever_is_amended(
    of_versions: list[tuple[Visit, ...]], data: st.DataObject, anchor: date
) -> None:
    count = len(of_versions) - 1
    days = sorted(data.draw(st.lists(_day, min_size=count, max_size=count, unique=True)))
    study = amended(*zip(days, of_versions[1:], strict=True), visits=of_versions[0])
    found = planned_from(study, anchor)

    asked = {v.visit: v for v in found if v.asked}
    expected = _by_hand(study.plans, anchor)
    assert {code: v.version for code, v in asked.items()} == {
        code: number for code, (number, _) in expected.items()
    }
    for code, (number, visit) in expected.items():
        (alone,) = plan((visit,), anchor)
        assert asked[code] == replace(alone, version=number)
    # Every visit of every version has one row, in the order of the days.
    assert sorted(v.visit for v in found) == sorted(v.code for v in study.all_visits)
    assert [v.target_on for v in found] == sorted(v.target_on for v in found)


def test_the_visits_that_are_asked_for_are_those_of_the_plan_once_there_is_an_anchor() -> None:
    study = amended((date(2026, 7, 5), without("V2", "V6", "V7")))
    asked = [visit.visit for visit in asked_from(study, ANCHOR)]
    assert asked == [v.code for v in STUDY.visits if v.code not in ("V6", "V7")]
    assert asked_from(study, None) == ()


def test_before_two_amendments_there_were_two_studies() -> None:
    later = changed("V2", month=7)
    study = amended((date(2025, 6, 1), later), (date(2025, 9, 1), without("V9")))
    one, other = before_amendments(study)
    assert (one.visits, one.plans) == (later, study.plans[:2])
    assert (other.visits, other.plans) == (STUDY.visits, study.plans[:1])


def test_a_version_is_known_from_the_instant_of_its_record_on() -> None:
    wider, widest = changed("V2", days_after=30), changed("V2", days_after=60)
    study = amended((date(2025, 6, 1), wider), (date(2025, 6, 20), widest))
    second, third = (version.recorded_at for version in study.plans[1:])
    instant = timedelta(microseconds=1)
    for known_at, number in (
        *((second - instant, 1), (second, 2), (third - instant, 2), (third, 3), (None, 3)),
        (study.plans[0].recorded_at - instant, 1),
    ):
        plans = planned_from(study, ANCHOR, known_at=known_at)
        assert next(v.version for v in plans if v.visit == "V2") == number, known_at


@pytest.mark.parametrize(("days", "late"), [(0, False), (1, True)])
def test_a_change_is_late_when_its_window_closed_before_the_day(days: int, late: bool) -> None:
    before, after = (plan(v, ANCHOR) for v in (STUDY.visits, changed("V2", month=4)))
    closes_on = next(v.closes_on for v in after if v.visit == "V2")
    [change] = plan_changes(before, after, closes_on + timedelta(days))
    assert change.late is late
