"""Whatever is amended: every door has the same windows and the same statuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pro_app.core.facts import EventKind, Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.ledger import UNANSWERED, Entry, ledger
from pro_app.core.plan import planned_from
from pro_app.core.sites import EVERYWHERE
from pro_app.core.study import Study
from pro_app.core.study_file import from_data
from pro_app.core.submission import open_visits
from pro_app.core.tidy import tables
from pro_app.deployment import deployment
from pro_app.export.manifest import dictionary
from pro_app.export.service import data_set, read_moment
from pro_app.store.engine.study_versions import as_recorded, record_version
from pro_app.store.engine.transaction import Tx, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.events import add_events
from pro_app.store.patients.patients import PatientState, add_patients, write_plans
from pro_app.store.statuses.facts import Known, Scope, read_facts
from pro_app.store.statuses.flags import synchronise_flags
from pro_app.store.statuses.rule import Rule, ends_of_each, joined
from pro_app.store.statuses.windows import open_windows
from pro_app.store.tables import missing_flag, planned_visit
from tests.factories import ACTOR, at_server
from tests.rooms.amendments.files import shipped

TODAY = date(2026, 3, 5)
VALID_FROM = 30
CODES = [f"V{n}" for n in range(1, 6)]

_days = st.integers(0, 500).map(lambda days: TODAY - timedelta(days))
_kinds = st.sampled_from(
    [
        EventKind.DEATH,
        EventKind.PROGRESSION,
        EventKind.WITHDRAWAL_QUESTIONNAIRES,
        EventKind.LOST_TO_FOLLOW_UP,
    ]
)


@dataclass(frozen=True)
class Life:
    """One made-up patient."""

    consented_on: date | None
    randomised_on: date | None
    able: bool | None
    events: list[tuple[EventKind, date]]
    forms: dict[str, date]


_lives = st.builds(
    Life,
    st.one_of(_days, _days, st.none()),
    st.one_of(_days, _days, _days, st.none()),
    st.sampled_from([True, True, True, False, None]),
    st.lists(st.tuples(_kinds, _days), max_size=2, unique_by=lambda event: event[0]),
    st.dictionaries(st.sampled_from(["V0", *CODES]), _days, max_size=4),
)


@st.composite
def _protocols(draw: st.DrawFn) -> dict[str, Any]:
    """What a version says of visits and of the protocol's stop."""
    months = sorted(draw(st.lists(st.integers(1, 14), min_size=1, max_size=5, unique=True)))
    codes = draw(st.permutations(CODES))
    side = st.integers(0, 13)
    visits = [
        {"code": codes[n], "month": m, "days_before": draw(side), "days_after": draw(side)}
        for n, m in enumerate(months)
    ]
    baseline = {"code": "V0", "month": 0, "days_before": 14, "days_after": 0}
    return {
        "visits": [baseline, *visits],
        "stop_events": draw(st.sampled_from([[], [], ["progression"]])),
    }


def _study(protocol: dict[str, Any], name: int) -> Study:
    data = shipped() | protocol | {"version": str(name)}
    return from_data(data, is_time_zone=lambda _: True)


def _live(tx: Tx, lives: Sequence[Life], study: Study) -> None:
    instrument = deployment().instrument
    rows = [
        (
            f"L-{n}",
            "LISHUI",
            PatientState(
                "zh", TODAY - timedelta(520), life.consented_on, life.randomised_on, life.able
            ),
            None,
        )
        for n, life in enumerate(lives)
    ]
    ids = add_patients(tx, rows, study)
    answers = dict.fromkeys(instrument.item_codes, Answer(AnswerState.ANSWERED, 1))
    for n, life in enumerate(lives):
        add_events(tx, [(ids[f"L-{n}"], kind, on, None) for kind, on in life.events])
        new = [
            NewForm(f"L-{n}-{visit}", ids[f"L-{n}"], visit, True, on, Mode.PAPER, "zh", answers)
            for visit, on in life.forms.items()
        ]
        keep_forms(tx, new, instrument)
    tx.record("test.lived", "L-0")


def _agree(tx: Tx, study: Study) -> None:
    people = read_facts(tx.connection, Scope(EVERYWHERE))
    _rows_are_the_plan(tx, people, study)
    entries = {
        (each.id, entry.visit): entry
        for each in people
        for entry in ledger(each.facts, study, valid_from=VALID_FROM, as_of=TODAY)
    }
    ends, days = ends_of_each(study, TODAY)
    rule = Rule(days, as_of=TODAY, valid_from=VALID_FROM)
    plan = planned_visit.c
    statuses = select(
        plan.patient_id, plan.visit, rule.status.label("status"), rule.in_population.label("counts")
    ).select_from(joined(ends, TODAY))
    by_sql = {
        (row.patient_id, row.visit): (row.status, bool(row.counts))
        for row in tx.execute(statuses)
        if row.status is not None
    }
    assert by_sql == {at: (e.status.value, e.in_population) for at, e in entries.items()}
    _flags_are_of_the_ledger(tx, study, entries)
    _today_is_what_phones_open(tx, people, study)
    _the_export_is_the_ledger(tx, study, list(entries.values()))


def _rows_are_the_plan(tx: Tx, people: Sequence[Known], study: Study) -> None:
    plan = planned_visit.c
    query = select(
        plan.patient_id, plan.visit, plan.opens_on, plan.closes_on, plan.study_version, plan.asked
    ).where(plan.target_on.is_not(None))
    assert {tuple(row) for row in tx.execute(query)} == {
        (each.id, v.visit, v.opens_on, v.closes_on, v.version, v.asked)
        for each in people
        if each.facts.randomised_on
        for v in planned_from(study, each.facts.randomised_on)
    }


def _flags_are_of_the_ledger(tx: Tx, study: Study, entries: dict[tuple[int, str], Any]) -> None:
    flag = missing_flag.c
    found = tx.execute(select(flag.patient_id, flag.visit).where(flag.closed_at.is_(None)))
    assert {tuple(row) for row in found} == {
        at for at, e in entries.items() if e.status in UNANSWERED and e.in_population
    }


def _today_is_what_phones_open(tx: Tx, people: Sequence[Known], study: Study) -> None:
    lists = open_windows(
        tx.connection,
        study,
        sites=EVERYWHERE,
        today=TODAY,
        new_since=TODAY,
        within_days=(3, 7),
        limit=1000,
        counted=1000,
    )
    assert {(row.number, row.visit) for each in lists for row in each.rows} == {
        (each.facts.patient_id, entry.visit)
        for each in people
        if each.facts.able is not False
        for entry in open_visits(each.facts, study, valid_from=VALID_FROM, today=TODAY)
    }


def _the_export_is_the_ledger(tx: Tx, study: Study, entries: Sequence[Entry]) -> None:
    """By the rows of ledger.csv, read on this transaction."""
    at = at_server(study=study, now=tx.now, today=TODAY)
    moment = read_moment(tx.connection, TODAY, tx.now, with_arm=False, at=at)
    dataset = data_set(moment, TODAY, at=at)
    files = tables(dataset, dictionary(), {}, with_arm=False, with_timings=False)
    [written] = [table for table in files if table.file == "ledger.csv"]
    rows = [dict(zip(written.columns, row, strict=True)) for row in written.rows()]
    assert [tuple(row[name] for name in _WRITTEN) for row in rows] == [
        tuple(getattr(entry, name) for name in _WRITTEN) for entry in entries
    ]


#: What ledger.csv has of an entry as it is.
_WRITTEN = (
    *("patient_id", "visit", "opens_on", "target_on", "closes_on", "status", "reason"),
    *("answered_on", "items_answered", "in_population", "asked_for", "window_closed"),
)


def test_every_door_has_the_same_plan_and_statuses(in_app: Flask) -> None:
    parts = deployment()
    now = parts.now()

    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(
        st.lists(_lives, min_size=1, max_size=6),
        st.lists(_protocols(), min_size=2, max_size=4),
        st.lists(st.integers(-400, 400), min_size=3, max_size=3, unique=True).map(sorted),
    )
    def agree(lives: list[Life], protocols: list[dict[str, Any]], days: list[int]) -> None:
        studies = [_study(protocol, n) for n, protocol in enumerate(protocols)]
        with transaction(ACTOR, now) as tx:
            _live(tx, lives, studies[0])
            for n, (study, since) in enumerate(zip(studies[1:], days, strict=False), 2):
                effective_on = TODAY + timedelta(since)
                record_version(tx, study, number=n, effective_on=effective_on, reason="x")
                write_plans(tx, study)
            study = as_recorded(tx, studies[-1])
            synchronise_flags(tx, study, TODAY)
            _agree(tx, study)
            tx.abandon()

    agree()
