"""Paper and interviews keyed in, and paper keyed a second time by another person."""

from datetime import date

import pytest
from flask import Flask

from pro_app.core.facts import Assistance, EventKind, Mode
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.factories import patient_id_of
from tests.rooms.papers.desk import (
    NUMBER,
    facts,
    forms,
    held,
    key_in,
    trail,
    typed,
)


def test_a_paper_form_is_kept_with_who_keyed_it_and_its_blanks(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    assert 'name="GP1"' in nurse.get(f"/staff/patients/{NUMBER}/visits/V1/key-in").text
    answer = key_in(nurse, world, GP1="", GS7="", Q1="1")
    page = nurse.get(answer.location).text
    assert "The form is kept." in page
    assert "2 lines are blank." in page
    kept = held(world)
    assert (kept.mode, kept.entered_by, kept.assistance) == (
        Mode.PAPER,
        "staff:lina",
        Assistance.ALONE,
    )
    assert kept.handed_in.answers["GP1"] == "SKIPPED"
    assert kept.handed_in.answers["GS7"] == "PREFER_NOT"
    assert kept.wording_sha256 is not None
    assert facts(world) == [("V1", "2026-03-01", 35)]
    [record] = trail(world, "form.received")
    assert (record.actor, record.subject, record.visit) == ("staff:lina", NUMBER, "V1")


def test_what_can_not_be_taken_comes_back_as_it_was_typed(world: Flask, cast: Cast) -> None:
    answer = key_in(cast.nurse_of_lishui(), world, GP1="7", GP2="4", answered_on="2026-03-06")
    assert answer.status_code == 422
    assert "Only the numbers of the form" in answer.text
    assert "This day has not come yet." in answer.text
    assert 'name="GP2" inputmode="numeric" maxlength="1" pattern="[0-4]"' in answer.text
    assert 'value="7" aria-invalid="true"' in answer.text
    assert forms(world) == []


@pytest.mark.parametrize("mode", ["interview_site", "interview_phone"])
def test_an_interview_without_a_reason_is_refused(world: Flask, cast: Cast, mode: str) -> None:
    nurse = cast.nurse_of_lishui()
    refused = key_in(nurse, world, mode=mode, assistance="READ_ALOUD")
    assert refused.status_code == 422
    assert "Say why the patient did not fill it in." in refused.text
    said = key_in(
        nurse, world, mode=mode, assistance="READ_ALOUD", why_not_self="does not see well"
    )
    assert said.status_code == 302
    assert (held(world).mode, held(world).why_not_self) == (mode, "does not see well")


@pytest.mark.parametrize(
    ("event", "on", "answered_on", "said"),
    [
        (None, None, "2026-01-20", "Answered outside the window"),
        ("withdrawal_questionnaires", date(2026, 2, 20), "2026-03-01", "until the site decides"),
        ("death", date(2026, 2, 20), "2026-03-01", "after the recorded day of the death"),
    ],
)
def test_no_form_is_refused_for_its_day(
    world: Flask, cast: Cast, event: str | None, on: date, answered_on: str, said: str
) -> None:
    if event:
        with world.app_context():
            factories.add_event(patient_id_of(NUMBER), EventKind(event), on)
    nurse = cast.nurse_of_lishui()
    answer = key_in(nurse, world, answered_on=answered_on)
    assert said in nurse.get(answer.location).text
    assert facts(world) == [("V1", answered_on, 37)]


def test_a_page_that_is_sent_twice_is_one_form(world: Flask, cast: Cast) -> None:
    nurse, fields = cast.nurse_of_lishui(), typed(world)
    path = f"/staff/patients/{NUMBER}/visits/V1/key-in"
    assert nurse.post(path, data=fields).location == nurse.post(path, data=fields).location
    assert len(forms(world)) == 1


def test_what_somebody_else_answered_is_kept_apart(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    answer = key_in(nurse, world, assistance="PROXY", why_not_self="unconscious")
    assert "it is kept apart" in nurse.get(answer.location).text
    assert facts(world) == []


def test_only_another_person_keys_a_form_again(world: Flask, cast: Cast) -> None:
    first, second = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    key_in(first, world)
    assert NUMBER in second.get("/staff/forms/to-check").text
    refused = first.post("/staff/forms/1/key-again", data=typed(world))
    page = first.get(refused.location).text
    assert "You keyed this form in yourself." in page
    empty = second.get("/staff/forms/1/key-again").text
    assert 'value="2"' not in empty
    second.post("/staff/forms/1/key-again", data=typed(world))
    assert "with the same result" in second.get("/staff/forms/1").text
    again = second.post("/staff/forms/1/key-again", data=typed(world))
    page = second.get(again.location).text
    assert "keyed a second time already" in page


def test_each_difference_is_settled_by_reading_the_paper_again(world: Flask, cast: Cast) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    key_in(nurse, world)
    second = typed(world, GP1="3", GP2="", GP3="0")
    investigator.post("/staff/forms/1/key-again", data=second)
    assert "3 differences are open" in nurse.get("/staff/forms/1").text
    assert "3 differences" in nurse.get("/staff/forms/to-check").text

    nurse.post("/staff/forms/1/settle", data={"right.GP1": "first"})
    wordless = nurse.post("/staff/forms/1/settle", data={"right.GP2": "second"})
    page = nurse.get(wordless.location).text
    assert "Write in a few words why" in page
    choices = {"right.GP2": "second", "right.GP3": "second", "why": "blank, and a nought"}
    nurse.post("/staff/forms/1/settle", data=choices)
    assert "0 differences are open" in nurse.get("/staff/forms/1").text
    assert facts(world) == [("V1", "2026-03-01", 37)]

    [opened] = trail(world, "correction.opened")
    assert opened.changes == {"GP2": [2, "SKIPPED"], "GP3": [2, 0]}
    assert "2 fields" in investigator.get("/staff/forms/to-check").text


def test_a_difference_is_settled_against_what_stands_by_then(world: Flask, cast: Cast) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    key_in(nurse, world)
    investigator.post("/staff/forms/1/key-again", data=typed(world, GP1="3", GP2="4"))
    asked = {"asked_by": "PATIENT", "source": "CALL_NOTE", "why": "the patient rang"}
    corrected = {"answered_on": "2026-03-01", "GP1": "3", "GP2": "0"}
    nurse.post("/staff/forms/1/correct", data=asked | corrected)
    investigator.post("/staff/corrections/1/sign", data={"password": PASSWORD})
    choices = {"right.GP1": "second", "right.GP2": "second", "why": "as the paper says"}
    nurse.post("/staff/forms/1/settle", data=choices)
    assert trail(world, "correction.opened")[-1].changes == {"GP2": [0, 4]}
    assert "0 differences are open" in nurse.get("/staff/forms/1").text


def test_a_form_of_another_site_does_not_exist(world: Flask, cast: Cast) -> None:
    key_in(cast.nurse_of_lishui(), world)
    outsider = cast.nurse_of_jiaxing()
    for path in ("", "/key-again", "/correct"):
        assert outsider.get(f"/staff/forms/1{path}").status_code == 404
    for path in ("key-again", "correct", "settle", "decide"):
        answer = outsider.post(f"/staff/forms/1/{path}", data=typed(world))
        assert answer.status_code == 404, path
    assert NUMBER not in outsider.get("/staff/forms/to-check").text
