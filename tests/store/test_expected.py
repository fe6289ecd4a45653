"""The SQL of what is expected says the same as the core, of whatever facts there are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, insert, select

from pro_app.core.facts import EventKind, Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.sites import EVERYWHERE
from pro_app.core.study import Study
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import Tx, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.events import add_events
from pro_app.store.patients.patients import PatientState, add_patients
from pro_app.store.statuses import expected as rule
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.tables import planned_visit, reason
from tests.factories import ACTOR

TODAY = date(2026, 3, 5)
VISITS = [f"V{n}" for n in range(11)]

_days = st.integers(0, 1600).map(lambda days: TODAY - timedelta(days))
_events = st.lists(
    st.tuples(st.sampled_from(EventKind), _days),
    max_size=4,
    unique_by=lambda event: event[0] if event[0] is EventKind.DEATH else event,
)


@dataclass(frozen=True)
class Life:
    """One made-up patient: what is known of her, and what she handed in."""

    state: PatientState
    events: list[tuple[EventKind, date]]
    forms: dict[str, tuple[date, bool]]  # visit → day, whether somebody else answered
    reasons: list[str]


_lives = st.builds(
    Life,
    st.builds(
        PatientState,
        language=st.just("zh"),
        screened_on=st.one_of(st.none(), _days),
        pro_consent_on=st.one_of(_days, _days, st.none()),
        randomised_on=st.one_of(_days, _days, st.none()),
        able=st.sampled_from([True, True, False, None]),
    ),
    _events,
    st.dictionaries(st.sampled_from(VISITS), st.tuples(_days, st.booleans()), max_size=6),
    st.lists(st.sampled_from(VISITS), unique=True, max_size=3),
)

_PROGRESSED_BEFORE_RANDOMISATION = Life(
    PatientState("zh", TODAY, TODAY, None, True), [(EventKind.PROGRESSION, TODAY)], {}, []
)


def _live(tx: Tx, lives: list[Life], study: Study) -> None:
    parts = deployment()
    numbers = [f"L-{n}" for n in range(len(lives))]
    rows = [
        (number, "LISHUI", life.state, None) for number, life in zip(numbers, lives, strict=True)
    ]
    ids = add_patients(tx, rows, study)
    answers = dict.fromkeys(parts.instrument.item_codes, Answer(AnswerState.ANSWERED, 1))
    for number, life in zip(numbers, lives, strict=True):
        add_events(tx, [(ids[number], kind, on, None) for kind, on in life.events])
        new = [
            NewForm(f"{number}-{visit}", ids[number], visit, True, on, Mode.PAPER, "zh", answers,
                    proxy=proxy)
            for visit, (on, proxy) in life.forms.items()
        ]  # fmt: skip
        keep_forms(tx, new, parts.instrument)
        for visit in life.reasons:
            given_reason = {"visit": visit, "code": "UNKNOWN", "said_by": "x", "said_on": TODAY}
            kept = {"patient_id": ids[number], "recorded_at": tx.now, "recorded_by": "x"}
            tx.execute(insert(reason), given_reason | kept)


def _by_sql(tx: Tx, condition: ColumnElement[bool]) -> set[tuple[int, str]]:
    query = select(planned_visit.c.patient_id, planned_visit.c.visit)
    rows = tx.execute(query.select_from(rule.joined()).where(condition))
    return {(row.patient_id, row.visit) for row in rows}


def _by_core(
    tx: Tx, study: Study, fits: Callable[[Entry, bool | None], bool]
) -> set[tuple[int, str]]:
    return {
        (person.id, entry.visit)
        for person in read_facts(tx.connection, Scope(EVERYWHERE))
        for entry in ledger(person.facts, study, valid_from=30, as_of=TODAY)
        if fits(entry, person.facts.able)
    }


@pytest.mark.parametrize("stop_events", [(), ("progression",)], ids=["no-stop", "stop"])
def test_sql_and_core_agree_on_what_is_open_and_what_is_missing(
    in_app: Flask, stop_events: tuple[str, ...]
) -> None:
    study = replace(deployment().study, stop_events=stop_events)
    now = deployment().now()

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(st.lists(_lives, min_size=1, max_size=8))
    @example([_PROGRESSED_BEFORE_RANDOMISATION])
    def agree(lives: list[Life]) -> None:
        with transaction(ACTOR, now) as tx:
            _live(tx, lives, study)
            end_on = rule.first_end_of_this(study)
            is_open = rule.expected(end_on) & rule.without_form() & rule.window_open(TODAY)
            # A form that waits for the randomisation leaves the baseline open to the core,
            # but nobody is asked for it again; who is not able is in no list.
            assert _by_sql(tx, is_open) == _by_core(
                tx,
                study,
                lambda entry, able: (
                    entry.status is Status.WINDOW_OPEN
                    and entry.answered_on is None
                    and able is not False
                ),
            )
            assert _by_sql(tx, rule.still_missing(end_on, TODAY)) == _by_core(
                tx, study, lambda entry, able: entry.status is Status.MISSING and able is True
            )
            tx.abandon()

    agree()
