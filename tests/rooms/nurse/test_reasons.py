"""Giving a reason: what is kept, what is refused, and who may."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.core.facts import EventKind
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.ledger import Status
from pro_app.core.refused import Refused, Why
from pro_app.core.sites import Sites, only
from pro_app.deployment import deployment
from pro_app.nurse import service
from pro_app.nurse.service import ReasonGiven
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.statuses.flags import synchronise_flags
from pro_app.store.tables import audit_event, missing_flag, reason
from tests import factories
from tests.cast import Cast

LINA = Actor("staff:lina", "nurse", "LISHUI")
EN = {"Accept-Language": "en"}
TODAY = date(2026, 3, 5)
#: Months 0 and 3 lie behind, month 6 is open from 18 February to 18 March.
RANDOMISED = date(2025, 9, 4)
SCREENED = RANDOMISED - timedelta(14)


def give(sites: Sites = only("LISHUI"), **changes: Any) -> ReasonGiven | Refused:  # noqa: B008 - frozen
    asked: dict[str, Any] = {
        "number": "LISHUI-001",
        "visit": "V1",
        "code": "P_TOO_ILL",
        "said_by": "Family",
        "said_on": TODAY,
        "text": None,
        "at": factories.at_desk(LINA, sites, today=TODAY),
    }
    return service.give_reason(**(asked | changes))


def rows(table: Any) -> list[Any]:
    with reading() as connection:
        return list(connection.execute(select(table)))


def flag_missing() -> None:
    with transaction(LINA, deployment().now()) as tx:
        synchronise_flags(tx, deployment().study, TODAY)
        tx.record("flags.synchronised", "study")


@pytest.fixture
def patient(in_app: Flask) -> int:
    return factories.add_patient(randomised_on=RANDOMISED)


def test_a_reason_is_kept_and_closes_the_flag(patient: int) -> None:
    flag_missing()
    assert give() == ReasonGiven("LISHUI-001", "V1", "P_TOO_ILL", changed=True)
    flags = {row.visit: row.closed_because for row in rows(missing_flag)}
    assert flags == {"V0": None, "V1": "REASON"}
    entries = service.ledger(as_of=TODAY, at=factories.at_server())
    assert [entry.reason for entry in entries[:2]] == ["REASON_PENDING", "P_TOO_ILL"]


def test_a_changed_reason_leaves_the_old_one_and_both_in_the_trail(patient: int) -> None:
    give()
    give(code="OTHER", text="At sea", said_by="Patient")
    kept = sorted(rows(reason), key=lambda row: row.id)
    assert [(row.code, row.superseded_at is None) for row in kept] == [
        ("P_TOO_ILL", False),
        ("OTHER", True),
    ]
    trail = [row for row in rows(audit_event) if row.action == "reason.given"]
    assert (trail[1].actor, trail[1].subject, trail[1].visit) == ("staff:lina", "LISHUI-001", "V1")
    assert trail[1].changes == {
        "code": ["P_TOO_ILL", "OTHER"],
        "said_by": ["recorded", "recorded"],
        "text": [None, "recorded"],
    }
    assert "sea" not in str(rows(audit_event))  # free words may name somebody


def test_the_same_reason_again_changes_nothing(patient: int) -> None:
    give()
    assert give() == ReasonGiven("LISHUI-001", "V1", "P_TOO_ILL", changed=False)
    assert len(rows(reason)) == 1


@pytest.mark.parametrize(
    ("changes", "problem", "field"),
    [
        ({"number": "LISHUI-999"}, Why.UNKNOWN_PATIENT, "number"),
        ({"sites": only("JIAXING")}, Why.UNKNOWN_PATIENT, "number"),
        ({"visit": "V99"}, Why.UNKNOWN_VISIT, "visit"),
        ({"code": "BORED"}, Why.UNKNOWN_CODE, "code"),
        ({"said_by": "  "}, Why.SAID_BY_MISSING, "said_by"),
        ({"code": "OTHER", "text": " "}, Why.TEXT_MISSING, "text"),
        ({"text": "x" * 501}, Why.TOO_LONG, "text"),
        ({"said_on": TODAY + timedelta(1)}, Why.DAY_AHEAD, "said_on"),
        ({"said_on": SCREENED - timedelta(1)}, Why.BEFORE_SCREENING, "said_on"),
        ({"said_on": date(1899, 12, 31)}, Why.NOT_A_DAY, "said_on"),
        ({"visit": "V3"}, Why.NOT_ASKED, "visit"),
    ],
)
def test_a_reason_that_can_not_stand_is_refused_and_nothing_is_written(
    patient: int, changes: dict[str, Any], problem: Why, field: str
) -> None:
    refused = give(**changes)
    assert isinstance(refused, Refused)
    assert (refused.why, refused.field) == (problem, field)
    assert rows(reason) == []


def test_the_refusal_says_what_became_of_the_visit(patient: int) -> None:
    factories.add_form(patient, "V1", date(2025, 12, 4))
    factories.add_event(patient, EventKind.DEATH, date(2026, 2, 1))
    statuses = [give(visit=visit) for visit in ("V1", "V2")]
    assert statuses == [
        Refused(Why.NOT_ASKED, "visit", Status.VALID),
        Refused(Why.NOT_ASKED, "visit", Status.NE_DEATH),
    ]


def test_a_reason_may_be_given_while_the_window_is_open_and_for_a_blank_form(patient: int) -> None:
    codes = deployment().instrument.item_codes
    blank = dict.fromkeys(codes, Answer(AnswerState.SKIPPED))
    factories.add_form(patient, "V1", date(2025, 12, 4), answers=blank)
    assert isinstance(give(visit="V1"), ReasonGiven)
    assert isinstance(give(visit="V2"), ReasonGiven)


def test_a_study_of_another_trial_brings_its_own_reasons(patient: int) -> None:
    study = deployment().study
    other = replace(study, reasons=tuple(r for r in study.reasons if r.code != "P_TOO_ILL"))
    refused = service.give_reason(
        number="LISHUI-001",
        visit="V1",
        code="P_TOO_ILL",
        said_by="Family",
        said_on=TODAY,
        text=None,
        at=factories.at_desk(LINA, study=other),
    )
    assert refused == Refused(Why.UNKNOWN_CODE, "code")


# --- through the page ---------------------------------------------------------------

_URL = "/staff/patients/LISHUI-001/visits/V1/reason"
_FORM = {"code": "P_TOO_ILL", "said_by": "Family", "said_on": "2026-03-05", "text": ""}


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        factories.add_patient(randomised_on=RANDOMISED)
        flag_missing()
    return app


def test_a_nurse_gives_a_reason_from_the_list_and_comes_back_to_it(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    answer = nurse.post(_URL, data=_FORM | {"from": "today"})
    assert answer.status_code == 302
    assert answer.location == "/staff/today"
    today = nurse.get("/staff/today").text
    assert "LISHUI-001/visits/V1/reason" not in today
    assert "LISHUI-001/visits/V0/reason" in today


def test_what_was_typed_is_still_there_when_it_is_refused(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    answer = nurse.post(_URL, data=_FORM | {"code": "OTHER", "said_by": "The <sister>"}, headers=EN)
    assert answer.status_code == 422
    assert "This reason needs a few words" in answer.text
    assert 'value="The &lt;sister&gt;"' in answer.text
    assert '<option value="OTHER" selected>' in answer.text


@pytest.mark.parametrize(
    ("said_on", "told"),
    [
        ("5 March", "Write the day as 2026-03-05"),
        ("2026-03-06", "This day is in the future."),
        ("2026-02-30", "Write the day as 2026-03-05"),
        ("0026-03-05", "Write the day as 2026-03-05"),
        ("2025-08-20", "This day is before"),
    ],
)
def test_a_day_that_can_not_be_read_or_lies_ahead_is_said(
    world: Flask, cast: Cast, said_on: str, told: str
) -> None:
    answer = cast.nurse_of_lishui().post(_URL, data=_FORM | {"said_on": said_on}, headers=EN)
    assert answer.status_code == 422
    assert told in answer.text


def test_only_the_nurse_of_the_site_can_give_a_reason(world: Flask, cast: Cast) -> None:
    assert cast.data_manager().post(_URL, data=_FORM).status_code == 403
    assert cast.statistician().post(_URL, data=_FORM).status_code == 403
    assert cast.nurse_of_jiaxing().post(_URL, data=_FORM).status_code == 404
    with world.app_context():
        assert rows(reason) == []


def test_the_time_of_the_reason_is_the_server_s(patient: int) -> None:
    give()
    assert rows(reason)[0].recorded_at == deployment().now()
    assert isinstance(rows(reason)[0].recorded_at, datetime)
