"""The rule in SQL says the same as the core, of whatever facts there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from pro_app.core.course import NEVER, course
from pro_app.core.facts import ENDED_BY, EventKind, Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.ledger import Entry, ledger
from pro_app.core.sites import EVERYWHERE, only
from pro_app.core.study import REASON_PENDING, Study
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import Tx, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.patients import (
    PatientState,
    add_patients,
    patients_by_number,
    settle_sites,
)
from pro_app.store.statuses.facts import Known, Scope, read_facts
from pro_app.store.statuses.flags import synchronise_flags
from pro_app.store.statuses.left import ids_left_to_core, left_to_core
from pro_app.store.statuses.rule import Rule, asked_no_more, ends_of_each, joined
from pro_app.store.statuses.windows import open_windows, still_asked_for
from pro_app.store.tables import (
    event,
    form,
    form_decision,
    missing_flag,
    patient,
    patient_version,
    planned_visit,
    reason,
)
from tests.factories import ACTOR

TODAY = date(2026, 3, 5)
VISITS = [f"V{n}" for n in range(11)]
SITES = ("LISHUI", "ZJCC")
ALL_SITES = (*SITES, "JIAXING")

_days = st.integers(-200, 1600).map(lambda days: TODAY - timedelta(days))
#: Most patients never return or move; those who do are left to the core.
_SELDOM = {*ENDED_BY.values(), EventKind.TRANSFER}
_often = sorted(set(EventKind) - _SELDOM)
_kinds = st.one_of(*[st.sampled_from(_often)] * 4, st.sampled_from(sorted(EventKind)))


@st.composite
def _at_once(draw: st.DrawFn) -> list[tuple[EventKind, date]]:
    """A withdrawal and its return on one day, and often another of the two near it."""
    out = draw(st.sampled_from(sorted(ENDED_BY)))
    day = draw(_days.filter(TODAY.__gt__))
    more = draw(st.sampled_from([[], [out], [ENDED_BY[out]], [out, out], [out, ENDED_BY[out]]]))
    near = [(kind, day + timedelta(draw(st.integers(-3, 3)))) for kind in more]
    return list(dict.fromkeys([(out, day), (ENDED_BY[out], day), *near]))


#: Few return on the day on which they left, or leave on the day of their return.
_RETURNS_AT_ONCE = st.one_of(st.just([]), st.just([]), st.just([]), _at_once())


@dataclass(frozen=True)
class Form:
    """`decision`: what the site decided of it, if it has."""

    on: date
    proxy: bool
    answered: int
    decision: bool | None


@dataclass(frozen=True)
class Life:
    """One made-up patient: what is known of them, and what they handed in."""

    state: PatientState
    events: list[tuple[EventKind, date]]
    forms: dict[str, Form]
    reasons: dict[str, date]


def _plus(day: date, days: int) -> date:
    return day + timedelta(days)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Forms and events lie anywhere, but often near the days at which something turns."""
    anchor = draw(st.integers(0, 1600).map(lambda days: TODAY - timedelta(days)))
    near = st.builds(
        _plus,
        st.sampled_from([anchor + timedelta(round(30.44 * month)) for month in (0, 3, 6, 9, 12)]),
        st.integers(-20, 20),
    )
    days = st.one_of(near, near, _days)
    state = PatientState(
        language="zh",
        screened_on=draw(st.sampled_from([anchor - timedelta(10), anchor, None])),
        pro_consent_on=draw(st.one_of(st.just(anchor), st.just(anchor), days, st.none())),
        randomised_on=draw(st.sampled_from([anchor, anchor, anchor, None])),
        able=draw(st.sampled_from([True, True, True, False, None])),
    )
    events = st.lists(
        st.tuples(_kinds, days),
        max_size=4,
        unique_by=lambda event: event[0] if event[0] is EventKind.DEATH else event,
    )
    forms = st.builds(
        Form,
        days,
        st.sampled_from([False, False, False, True]),
        st.sampled_from([0, 1, 29, 30, 37]),
        st.sampled_from([None] * 6 + [True, False]),
    )
    return Life(
        state,
        [*draw(events), *draw(_RETURNS_AT_ONCE)],
        draw(st.dictionaries(st.sampled_from(VISITS), forms, max_size=6)),
        draw(st.dictionaries(st.sampled_from(VISITS), _days.filter(TODAY.__ge__), max_size=3)),
    )


PROGRESSED_BEFORE_RANDOMISATION = Life(
    PatientState("zh", TODAY, TODAY, None, True), [(EventKind.PROGRESSION, TODAY)], {}, {}
)


def live(tx: Tx, people: Sequence[Life], study: Study) -> list[Known]:
    """Write these patients down, and read their facts."""
    instrument = deployment().instrument
    numbers = [f"L-{n}" for n in range(len(people))]
    rows = [
        (number, SITES[n % 2], life.state, None)
        for n, (number, life) in enumerate(zip(numbers, people, strict=True))
    ]
    ids = add_patients(tx, rows, study)
    fixed = {"recorded_at": tx.now, "recorded_by": "x"}
    for number, life in zip(numbers, people, strict=True):
        theirs = {"patient_id": ids[number]} | fixed
        for kind, on in life.events:
            to = {"to_site": "JIAXING"} if kind is EventKind.TRANSFER else {}
            tx.execute(insert(event), theirs | {"kind": kind, "happened_on": on} | to)
        new = [
            NewForm(f"{number}-{visit}", ids[number], visit, True, each.on, Mode.PAPER, "zh",
                    _answers(instrument.item_codes, each.answered), proxy=each.proxy)
            for visit, each in life.forms.items()
        ]  # fmt: skip
        keep_forms(tx, new, instrument)
        for visit, handed_in in life.forms.items():
            if handed_in.decision is not None:
                this = select(form.c.id).where(form.c.submission_id == f"{number}-{visit}")
                said = {"counts": handed_in.decision, "why": "x"} | fixed
                said["form_id"] = tx.execute(this).scalar_one()
                tx.execute(insert(form_decision), said | {"question": "quarantine"})
        for visit, on in life.reasons.items():
            said = {"visit": visit, "code": "UNKNOWN", "said_by": "x", "said_on": on}
            tx.execute(insert(reason), theirs | said)
    # As whoever records a transfer does: the plan says where each visit counts.
    settle_sites(tx, list(patients_by_number(tx.connection, numbers).values()), study)
    return read_facts(tx.connection, Scope(EVERYWHERE))


def _answers(codes: Sequence[str], answered: int) -> dict[str, Answer]:
    return {
        code: Answer(AnswerState.ANSWERED, 1) if n < answered else Answer(AnswerState.SKIPPED)
        for n, code in enumerate(codes)
    }


def _keep_until(life: Life, day: date) -> Life:
    """Without what happens after a day, of which nobody can know by then."""
    return replace(
        life,
        events=[(kind, on) for kind, on in life.events if on <= day],
        forms={visit: each for visit, each in life.forms.items() if each.on <= day},
    )


def _entries(people: Sequence[Known], study: Study, as_of: date) -> dict[tuple[int, str], Entry]:
    return {
        (person.id, entry.visit): entry
        for person in people
        for entry in ledger(person.facts, study, valid_from=30, as_of=as_of)
    }


@pytest.mark.parametrize("stop_events", [(), ("progression",)], ids=["no-stop", "stop"])
def test_every_planned_visit_has_the_status_of_the_core(
    in_app: Flask, stop_events: tuple[str, ...]
) -> None:
    study = replace(deployment().study, stop_events=stop_events)
    now = deployment().now()

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(st.lists(lives(), min_size=1, max_size=8), st.integers(0, 900))
    @example([PROGRESSED_BEFORE_RANDOMISATION], 0)
    def agree(made: list[Life], ago: int) -> None:
        as_of = TODAY - timedelta(ago)
        with transaction(ACTOR, now) as tx:
            people = live(tx, made, study)
            left = ids_left_to_core(tx.connection, as_of)
            spoken_of = [
                person
                for person in people
                if person.id not in left
                and (person.facts.randomised_on is None or person.facts.randomised_on <= as_of)
            ]
            entries = _entries(spoken_of, study, as_of)
            assert _statuses(tx, study, as_of) == {
                where: (entry.status, *_by_dates(entry)) for where, entry in entries.items()
            }
            tx.abandon()

    agree()


def _by_dates(entry: Entry) -> tuple[bool, ...]:
    if entry.target_on is None:
        return ()
    return (
        entry.in_population,
        entry.window_closed,
        entry.alive_at_target,
        entry.asked_for,
        entry.died_in_window,
    )


def _statuses(tx: Tx, study: Study, as_of: date) -> dict[tuple[int, str], tuple[object, ...]]:
    ends, days = ends_of_each(study, as_of)
    rule = Rule(days, as_of=as_of, valid_from=30)
    query = (
        select(
            planned_visit.c.patient_id,
            planned_visit.c.visit,
            planned_visit.c.target_on,
            rule.status,
            rule.in_population,
            rule.mature,
            rule.alive,
            rule.asked_for,
            rule.died_in_window,
        )
        .select_from(joined(ends, as_of))
        .where(
            planned_visit.c.patient_id.not_in(left_to_core(as_of)),
            rule.randomised | patient_version.c.randomised_on.is_(None),
        )
    )
    return {
        (patient_id, visit): (status, *(map(bool, by_dates) if target_on else ()))
        for patient_id, visit, target_on, status, *by_dates in tx.execute(query)
        if status is not None
    }


def test_the_flags_and_today_are_the_core_s_of_everybody(in_app: Flask) -> None:
    study = deployment().study
    now = deployment().now()

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(st.lists(lives(), min_size=1, max_size=8), st.booleans())
    def agree(made: list[Life], stops: bool) -> None:
        rules = replace(study, stop_events=("progression",) if stops else ())
        with transaction(ACTOR, now) as tx:
            people = live(tx, [_keep_until(life, TODAY) for life in made], rules)
            entries = _entries(people, rules, TODAY)
            # The second time from the flags of the first, some of which are wrong by then.
            synchronise_flags(tx, rules, TODAY - timedelta(120))
            counts = synchronise_flags(tx, rules, TODAY)
            assert _flagged(tx) == {
                where for where, e in entries.items() if e.reason == REASON_PENDING
            }
            assert synchronise_flags(tx, rules, TODAY) == type(counts)()
            shown = open_windows(
                tx.connection, rules, sites=only(*ALL_SITES), today=TODAY, new_since=TODAY,
                within_days=(3, 7), limit=100, counted=1000,
            )  # fmt: skip
            of = {person.facts.patient_id: person.id for person in people}
            listed = [(of[row.number], row.visit) for cut in shown for row in cut.rows]
            assert sum(cut.total for cut in shown) == len(listed) == len(set(listed))
            assert set(listed) == {
                (person.id, visit)
                for person in people
                for visit in still_asked_for(person.facts, rules, TODAY)
            }
            for cut, (after, until) in zip(shown, ((-1, 3), (3, 7), (7, 999)), strict=True):
                left = [(row.closes_on - TODAY).days for row in cut.rows if row.closes_on]
                assert left == sorted(left)
                assert all(after < days <= until for days in left)
            tx.abandon()

    agree()


_OUT, _BACK = EventKind.WITHDRAWAL_FOLLOW_UP, EventKind.RETURN_QUESTIONNAIRES


def _left(*events: tuple[EventKind, int]) -> list[Life]:
    """Somebody whose days are counted from the first of February."""
    days = [(kind, date(2026, 2, 1) + timedelta(day)) for kind, day in events]
    return [Life(PatientState("zh", TODAY, TODAY, TODAY, True), days, {}, {})]


def test_nobody_is_called_of_whom_the_core_says_that_they_left(in_app: Flask) -> None:
    study, now = deployment().study, deployment().now()

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(st.lists(lives(), min_size=1, max_size=8))
    @example(_left((_OUT, 5), (_BACK, 5)))
    @example(_left((_OUT, 5), (_BACK, 9), (_OUT, 9)))
    @example(_left((_OUT, 5), (_BACK, 5), (_BACK, 9), (_OUT, 9)))
    @example(_left((_OUT, 5), (_BACK, 9), (_OUT, 9), (_BACK, 12)))
    @example(_left((_OUT, 5), (_BACK, 9), (EventKind.WITHDRAWAL_QUESTIONNAIRES, 9)))
    @example(_left((EventKind.WITHDRAWAL_CONSENT, 5), (_BACK, 5)))
    def agree(made: list[Life]) -> None:
        with transaction(ACTOR, now) as tx:
            people = live(tx, [_keep_until(life, TODAY) for life in made], study)
            query = select(patient.c.id).where(asked_no_more(patient.c.id))
            courses = {each.id: course(each.facts, (), TODAY) for each in people}
            assert set(tx.execute(query).scalars()) == {
                person
                for person, days in courses.items()
                if days.death < NEVER or days.withdrawal_lasts
            }
            tx.abandon()

    agree()


def _flagged(tx: Tx) -> set[tuple[int, str]]:
    query = select(missing_flag.c.patient_id, missing_flag.c.visit)
    rows = tx.execute(query.where(missing_flag.c.closed_at.is_(None)))
    return {(row.patient_id, row.visit) for row in rows}
