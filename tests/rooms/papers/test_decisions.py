"""Second forms and forms after a withdrawal: the site decides, and may decide anew."""

from datetime import date

from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.cast import Cast
from tests.factories import patient_id_of
from tests.rooms.papers.desk import NUMBER, facts, forms, key_in, trail


def _decide(client: FlaskClient, form_id: int, choice: str, why: str = "the paper is hers") -> str:
    data = {"choice": choice, "why": why, "from": "queue"}
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
    assert "answered after she withdrew on 2026-02-20" in nurse.get("/staff/forms/decide").text
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
