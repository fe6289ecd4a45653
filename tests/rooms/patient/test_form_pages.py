"""The form page by page: every state of an answer, every way to leave and to come back."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import (
    NUMBER,
    drafts,
    fields,
    fill_in,
    forms,
    scores,
    section_of,
    submit,
    trail,
)


def test_a_form_is_begun_filled_in_reviewed_and_received(app: Flask, her: FlaskClient) -> None:
    fill_in(her, "V1")
    assert submit(her, "V1").status_code == 302
    with app.app_context():
        [form] = forms()
        assert (form.visit, form.standing, form.answered_on) == ("V1", True, date(2026, 4, 1))
        assert (form.mode, form.language, form.items_answered) == ("phone_self", "en", 37)
        assert form.wording_sha256
        assert len(scores()) == 1
        assert drafts() == []
        assert [row.action for row in trail("draft.")] == ["draft.begun"] + ["draft.saved"] * 5
        [received] = trail("form.")
    assert (received.action, received.subject, received.visit) == ("form.received", NUMBER, "V1")


def test_nothing_is_chosen_beforehand(her: FlaskClient) -> None:
    her.post("/my/form/V1")
    assert " checked" not in her.get("/my/form/V1/1").text


def test_every_page_shows_recall_notice_and_progress(her: FlaskClient) -> None:
    fill_in(her, "V1", last=1)
    text = her.get("/my/form/V1/2").text
    assert "Look back over the week" in text
    assert "Demonstration wording, not the licensed FACT-B" in text
    assert "7 of 37" in text
    for path in ("/my/form/V1/2/blanks", "/my/form/V1/1"):
        assert "not the licensed FACT-B" in her.get(path).text


def test_a_blank_line_is_asked_about_once_and_then_kept_as_skipped(
    app: Flask, her: FlaskClient
) -> None:
    her.post("/my/form/V1")
    first = section_of(app, 1)
    asked = her.post("/my/form/V1/1", data=fields(first[2:]))
    assert asked.headers["Location"].endswith("/my/form/V1/1/blanks")
    assert "2 lines are blank" in her.get("/my/form/V1/1/blanks").text
    onward = her.post("/my/form/V1/1/blanks")
    assert onward.headers["Location"].endswith("/my/form/V1/2")
    # Not asked again, when she comes by once more and leaves it as it is.
    again = her.post("/my/form/V1/1", data=fields(first[2:]))
    assert again.headers["Location"].endswith("/my/form/V1/2")
    with app.app_context():
        [draft] = drafts()
        assert draft.answers == dict.fromkeys(first[:2], "SKIPPED") | dict.fromkeys(first[2:], 2)
        [question] = trail("draft.asked")
        assert question.changes == {"blank": [None, list(first[:2])]}
        saved = trail("draft.saved")[-1]
        assert saved.changes == {code: [None, "SKIPPED"] for code in first[:2]}


def test_a_skipped_line_may_be_answered_after_all(app: Flask, her: FlaskClient) -> None:
    her.post("/my/form/V1")
    first = section_of(app, 1)
    her.post("/my/form/V1/1", data={})
    her.post("/my/form/V1/1/blanks")
    her.post("/my/form/V1/1", data=fields(first[:1], 4))
    with app.app_context():
        assert drafts()[0].answers[first[0]] == 4
        assert trail("draft.saved")[-1].changes == {first[0]: ["SKIPPED", 4]}


def test_a_ticked_box_leaves_its_line_out_and_unticked_asks_again(
    app: Flask, her: FlaskClient
) -> None:
    fill_in(her, "V1", last=1)
    second = section_of(app, 2)
    sheet = fields(second) | {"box:Q1": "1"}
    assert her.post("/my/form/V1/2", data=sheet).headers["Location"].endswith("/my/form/V1/3")
    with app.app_context():
        assert drafts()[0].answers["GS7"] == "PREFER_NOT"
    shown = her.get("/my/form/V1/2").text
    assert re.search(r'name="box:Q1" value="1" checked', shown)
    unticked = her.post("/my/form/V1/2", data=fields(second[:-1]))
    assert unticked.headers["Location"].endswith("/my/form/V1/2/blanks")
    with app.app_context():
        assert "GS7" not in drafts()[0].answers


def test_the_kinds_of_blank_are_kept_apart_in_the_form(app: Flask, her: FlaskClient) -> None:
    fill_in(her, "V1")
    her.post("/my/form/V1/2", data={"box:Q1": "1"})
    with app.app_context():
        factories_answers = drafts()[0].answers
    assert factories_answers["GS7"] == "PREFER_NOT"
    text = her.get("/my/form/V1/review").text
    assert "Preferred not to answer" in text
    submit(her, "V1")
    with app.app_context():
        [form] = forms()
    assert form.answers["GS7"] == "PREFER_NOT"
    assert form.items_answered == 36


def test_back_keeps_what_was_answered_and_asks_nothing(app: Flask, her: FlaskClient) -> None:
    fill_in(her, "V1", last=1)
    some = section_of(app, 2)[:3]
    back = her.post("/my/form/V1/2", data=fields(some) | {"go": "back"})
    assert back.headers["Location"].endswith("/my/form/V1/1")
    with app.app_context():
        assert set(some) <= set(drafts()[0].answers)
        assert trail("draft.asked") == []


def test_the_language_changes_in_the_middle_with_answers_and_place_kept(
    app: Flask, her: FlaskClient
) -> None:
    fill_in(her, "V1", last=2)
    third = section_of(app, 3)
    her.post("/my/form/V1/3", data=fields(third[:2], 1) | {"go": "language:zh", "language": "en"})
    shown = her.get("/my/form/V1/3").text
    assert 'lang="zh-Hans-CN"' in shown
    assert len(re.findall(r" checked", shown)) == 2
    her.post("/my/form/V1/3", data=fields(third, 1) | {"language": "zh"})
    for page in (4, 5):
        her.post(f"/my/form/V1/{page}", data=fields(section_of(app, page)) | {"language": "zh"})
    submit(her, "V1")
    with app.app_context():
        [form] = forms()
        english = {*section_of(app, 1), *section_of(app, 2), *third[:2]}
    assert form.language == "zh"
    assert form.item_languages == dict.fromkeys(english, "en")


def test_a_language_that_the_study_has_not_is_ignored(app: Flask, her: FlaskClient) -> None:
    her.post("/my/form/V1")
    her.post("/my/form/V1/1", data={"go": "language:xx", "language": "xx"})
    assert 'lang="en"' in her.get("/my/form/V1/1").text


def test_what_no_page_offers_is_no_answer(app: Flask, her: FlaskClient) -> None:
    her.post("/my/form/V1")
    first = section_of(app, 1)
    odd = {f"item:{first[0]}": "5", f"item:{first[1]}": "x", "item:NOPE": "1", "box:NOPE": "1"}
    her.post("/my/form/V1/1", data=odd)
    with app.app_context():
        assert drafts()[0].answers == {}


def test_an_answer_is_changed_from_the_review_and_leads_back_there(
    app: Flask, her: FlaskClient
) -> None:
    fill_in(her, "V1")
    assert "/my/form/V1/2?to=review#line-8" in her.get("/my/form/V1/review").text
    changed = her.post("/my/form/V1/2?to=review", data=fields(section_of(app, 2)[:1], 0))
    assert changed.headers["Location"].endswith("/my/form/V1/review")
    with app.app_context():
        assert trail("draft.saved")[-1].changes == {section_of(app, 2)[0]: [2, 0]}


def test_nobody_gets_ahead_of_a_page_with_open_lines(her: FlaskClient) -> None:
    fill_in(her, "V1", last=1)
    for path in ("/my/form/V1", "/my/form/V1/4", "/my/form/V1/review"):
        assert her.get(path).headers["Location"].endswith("/my/form/V1/2")
    assert her.get("/my/form/V1/9").headers["Location"].endswith("/my/form/V1")


@pytest.mark.parametrize(("visit", "words"), [
    ("V0", "The time for this questionnaire is over"),
    ("V2", "This questionnaire is not open yet"),
    ("V99", "There is no such questionnaire"),
])  # fmt: skip
def test_closed_future_and_unknown_visits_do_not_open(
    app: Flask, her: FlaskClient, visit: str, words: str
) -> None:
    for path in (f"/my/form/{visit}", f"/my/form/{visit}/1", f"/my/form/{visit}/review"):
        answer = her.get(path)
        assert answer.status_code == 404
        assert words in answer.text
    her.post(f"/my/form/{visit}")
    her.post(f"/my/form/{visit}/1", data={"item:GP1": "1"})
    her.post(f"/my/form/{visit}/1/blanks")
    her.post(f"/my/form/{visit}/review", data={"submission_id": "x"})
    with app.app_context():
        assert (drafts(), forms(), trail("draft.")) == ([], [], [])


def test_what_was_received_is_not_opened_again(her: FlaskClient) -> None:
    fill_in(her, "V1")
    submit(her, "V1")
    answer = her.get("/my/form/V1")
    assert answer.status_code == 404
    assert "We already have this questionnaire" in answer.text


def test_submit_pressed_twice_gives_one_form_and_the_same_receipt(
    app: Flask, her: FlaskClient
) -> None:
    fill_in(her, "V1")
    text = her.get("/my/form/V1/review").text
    [submission_id] = re.findall(r'name="submission_id" value="([^"]+)"', text)
    places = {
        her.post("/my/form/V1/review", data={"submission_id": submission_id}).headers["Location"]
        for _ in range(3)
    }
    assert len(places) == 1
    with app.app_context():
        assert len(forms()) == 1


def test_the_tiny_study_has_its_own_pages(new_database, clock: HandClock, tmp_path) -> None:
    from pro_app import create_app
    from tests.conftest import settings_for

    app = create_app(
        settings_for(new_database("sqlite"), tmp_path, study="tests/tiny_study/study.json"),
        clock=clock,
    )
    with app.app_context():
        factories.add_patient("TEA-1", "HARBOUR", randomised_on=date(2026, 2, 5), language="en")
    her = Cast(app).patient("TEA-1")
    her.post("/my/form/MIDDLE")
    text = her.get("/my/form/MIDDLE/1").text
    assert "How much scent it had" in text
    assert len(re.findall(r'type="radio"', text)) == 9
    her.post("/my/form/MIDDLE/1", data={"item:TEA1": "2", "item:TEA2": "0", "box:NO3": "1"})
    assert submit(her, "MIDDLE").status_code == 302
    with app.app_context():
        [form] = forms()
    assert form.answers == {"TEA1": 2, "TEA2": 0, "TEA3": "PREFER_NOT"}
