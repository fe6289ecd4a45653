"""Second forms and forms after a withdrawal: the site decides, and may decide anew."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.ledger import Status, ledger
from pro_app.core.oddities import Oddity
from pro_app.core.sites import EVERYWHERE
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.patients.events import supersede_event
from pro_app.store.statuses.facts import Scope, read_facts
from tests import factories
from tests.cast import Cast
from tests.factories import ACTOR, patient_id_of
from tests.rooms.papers.desk import NUMBER, RANDOMISED, facts, forms, key_in, trail, typed


def _decide(
    client: FlaskClient,
    form_id: int,
    choice: str,
    why: str = "the paper is right",
    *,
    question: str = "",
) -> str:
    """The list of what waits, after that; a question need not be named where only one arises."""
    data = {"choice": choice, "why": why, "from": "queue", "question": question}
    answer = client.post(f"/staff/forms/{form_id}/decide", data=data)
    return client.get(answer.location).text


def test_of_three_forms_of_a_visit_one_counts_whatever_is_decided(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    for day in ("2026-03-01", "2026-03-02", "2026-03-03"):
        key_in(nurse, world, answered_on=day)
    assert len(forms(world)) == 3
    assert facts(world) == [("V1", "2026-03-01", 37)]
    assert nurse.get("/staff/forms/decide").text.count("decide-row") == 2

    assert "this form counts" in _decide(nurse, 2, "counts")
    assert facts(world) == [("V1", "2026-03-02", 37)]
    _decide(nurse, 3, "counts")
    assert facts(world) == [("V1", "2026-03-03", 37)]
    assert "Nothing waits for a decision" in _decide(nurse, 3, "aside")
    assert facts(world) == [("V1", "2026-03-01", 37)]
    assert [record.changes["counts"] for record in trail(world, "form.decided")] == [
        [None, True],
        [True, False],
        [None, True],
        [True, False],
    ]


def test_a_form_after_a_withdrawal_counts_when_the_site_says_so(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    with world.app_context():
        factories.add_event(patient_id_of(NUMBER), "withdrawal_questionnaires", date(2026, 2, 20))
    key_in(nurse, world)
    assert "answered after the withdrawal on 2026-02-20" in nurse.get("/staff/forms/decide").text
    _decide(nurse, 1, "counts", "answered before, keyed late")
    page = nurse.get("/staff/forms/1").text
    assert "status-VALID" in page
    assert "answered before, keyed late" in page


def test_a_decision_needs_a_reason_and_something_to_decide(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    key_in(nurse, world)
    assert "nothing to decide" in _decide(nurse, 1, "aside")
    key_in(nurse, world, answered_on="2026-03-02")
    assert "Write in a few words why" in _decide(nurse, 2, "counts", "")
    assert trail(world, "form.decided") == []


def test_which_of_two_forms_counts_says_nothing_of_a_later_withdrawal(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    for day in ("2026-02-18", "2026-03-02"):
        key_in(nurse, world, answered_on=day)
    assert "Nothing waits" in _decide(nurse, 2, "counts")
    assert "status-VALID" in nurse.get("/staff/forms/2").text
    with world.app_context():
        patient_id = patient_id_of(NUMBER)
        factories.add_event(patient_id, "withdrawal_questionnaires", date(2026, 2, 20))
    assert "status-QUARANTINE_AFTER_WITHDRAWAL" in nurse.get("/staff/forms/2").text
    page = nurse.get("/staff/forms/decide").text
    assert page.count("decide-row") == 1
    assert 'name="question" value="quarantine"' in page
    assert "Nothing waits" in _decide(nurse, 2, "counts", question="quarantine")
    assert "status-VALID" in nurse.get("/staff/forms/2").text
    assert [record.changes["question"][1] for record in trail(world, "form.decided")] == [
        "conflict",
        "quarantine",
    ]


def test_what_was_not_let_in_counts_once_the_withdrawal_has_another_day(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    with world.app_context():
        patient_id = patient_id_of(NUMBER)
        factories.add_event(patient_id, "withdrawal_questionnaires", date(2026, 2, 20))
    key_in(nurse, world)
    assert "Nothing waits" in _decide(nurse, 1, "aside")
    with world.app_context(), transaction(ACTOR, deployment().now()) as tx:
        supersede_event(tx, 1)
        tx.record("event.taken_back", NUMBER)
    page = nurse.get("/staff/forms/1").text
    assert "status-VALID" in page
    assert "Not accepted" in page  # what was said stays, and bears on nothing now
    # And whether it counts beside another form was never asked: a second one is a new question.
    key_in(nurse, world, answered_on="2026-03-02")
    assert "decide-row" in nurse.get("/staff/forms/decide").text


def test_two_questions_about_one_form_are_asked_one_by_one(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    blank = dict.fromkeys(typed(world), "") | {"mode": "paper", "language": "zh"}
    blank |= {"assistance": "ALONE", "answered_on": "2026-02-18", "submission_id": ""}
    key_in(nurse, world, **blank)
    key_in(nurse, world, answered_on="2026-03-02")
    with world.app_context():
        factories.add_event(patient_id_of(NUMBER), "withdrawal_questionnaires", date(2026, 2, 20))
    page = nurse.get("/staff/forms/decide").text
    assert page.count("decide-row") == 2
    assert "counts by a fixed rule" in page
    assert "Choose whether" in _decide(nurse, 2, "counts")
    assert _decide(nurse, 2, "counts", question="conflict").count("decide-row") == 1
    assert "Nothing waits" in _decide(nurse, 2, "counts", question="quarantine")


def test_a_blank_form_outranks_no_answered_one_until_the_site_decides(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    blank = dict.fromkeys(typed(world), "") | {"mode": "paper", "language": "zh"}
    blank |= {"assistance": "ALONE", "answered_on": "2026-02-18", "submission_id": ""}
    key_in(nurse, world, **blank)
    assert "status-EMPTY" in nurse.get("/staff/forms/1").text
    key_in(nurse, world, answered_on="2026-03-02")
    page = nurse.get("/staff/forms/2").text
    assert "status-VALID" in page
    assert "It counts by a fixed rule" in page
    assert "Another form of this visit counts" in nurse.get("/staff/forms/1").text
    # As of a day on which only the blank one was there, that is what there was.
    with world.app_context(), reading() as connection:
        [known] = read_facts(connection, Scope(EVERYWHERE))
        parts = deployment()
        statuses = {
            day: {
                entry.visit: entry.status
                for entry in ledger(known.facts, parts.study, valid_from=30, as_of=day)
            }["V1"]
            for day in (date(2026, 2, 20), date(2026, 3, 2))
        }
    assert list(statuses.values()) == [Status.EMPTY, Status.VALID]
    assert "Nothing waits" in _decide(nurse, 2, "aside")
    assert "status-EMPTY" in nurse.get("/staff/forms/1").text
    assert "by rule" not in nurse.get("/staff/forms/2").text


@pytest.mark.parametrize(
    ("visit", "facts_of_patient", "answered_on", "said"),
    [
        ("V1", {"pro_consent_on": None}, "2026-03-01", "without a recorded consent"),
        ("V1", {"pro_consent_on": date(2026, 3, 2)}, "2026-03-01", "before consent on 2026-03-02"),
        ("V3", {"randomised_on": None}, "2026-03-01", "a visit that is not planned"),
    ],
)
def test_a_form_that_nobody_could_be_asked_for_is_kept_and_listed(
    world: Flask,
    cast: Cast,
    visit: str,
    facts_of_patient: dict[str, Any],
    answered_on: str,
    said: str,
) -> None:
    with world.app_context():
        state = {"screened_on": date(2025, 11, 20), "randomised_on": RANDOMISED}
        factories.add_patient("LISHUI-002", **(state | facts_of_patient))
    nurse = cast.nurse_of_lishui()
    path = f"/staff/patients/LISHUI-002/visits/{visit}/key-in"
    fields = typed(world, answered_on=answered_on)
    asked = nurse.post(path, data=fields)
    assert (asked.status_code, forms(world)) == (422, [])
    assert nurse.post(path, data=fields | {"all_the_same": list(Oddity)}).status_code == 302
    assert said in nurse.get("/staff/forms/decide").text
    assert nurse.get("/staff/forms/1").status_code == 200
    quarantined = visit == "V1"
    assert ("status-QUARANTINE_BEFORE_CONSENT" in nurse.get("/staff/forms/1").text) == quarantined
    if quarantined:
        assert "Nothing waits" in _decide(nurse, 1, "aside")
