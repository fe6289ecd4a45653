"""The form, one item a page: every state of an answer, every way to leave and to come back."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rooms.patient.steps import (
    NUMBER,
    answer,
    begin,
    drafts,
    fields,
    fill_in,
    forms,
    number_of,
    page_of,
    pages,
    scores,
    section_of,
    submit,
    trail,
)


def test_a_form_is_begun_filled_in_reviewed_and_received(app: Flask, browser: FlaskClient) -> None:
    fill_in(browser, "V1")
    assert submit(browser, "V1").status_code == 302
    with app.app_context():
        [form] = forms()
        assert (form.visit, form.standing, form.answered_on) == ("V1", True, date(2026, 4, 1))
        assert (form.mode, form.language, form.items_answered) == ("phone_self", "en", 37)
        assert form.assistance == "ALONE"
        assert form.wording_sha256
        assert len(scores()) == 1
        assert drafts() == []
        assert [row.action for row in trail("draft.")] == ["draft.begun"] + ["draft.saved"] * 37
        [received] = trail("form.")
    assert (received.action, received.subject, received.visit) == ("form.received", NUMBER, "V1")


def test_each_page_holds_one_item_and_says_which_of_how_many(
    app: Flask, browser: FlaskClient
) -> None:
    fill_in(browser, "V1", last=11)
    assert len(pages(app)) == 37
    text = browser.get("/my/form/V1/12").text
    assert text.count("<fieldset") == 1
    assert text.count('type="radio"') == 5
    assert "12 of 37" in text
    assert "The people around" in text


def test_nothing_is_chosen_beforehand(browser: FlaskClient) -> None:
    begin(browser, "V1")
    assert " checked" not in browser.get("/my/form/V1/1").text


def test_every_page_shows_heading_recall_notice_and_progress(browser: FlaskClient) -> None:
    fill_in(browser, "V1", last=7)
    text = browser.get("/my/form/V1/8").text
    for words in (
        "The people around",
        "These lines are about relatives",
        "Look back over the week",
    ):
        assert words in text
    assert "8 of 37" in text
    for path in ("", "/8", "/8/blanks"):
        assert (
            "not the licensed FACT-B"
            in browser.get(f"/my/form/V1{path}", follow_redirects=True).text
        )


def test_the_page_tells_a_script_which_form_it_is(app: Flask, browser: FlaskClient) -> None:
    fill_in(browser, "V1", last=1)
    with app.app_context():
        [draft] = drafts()
    shown = browser.get("/my/form/V1/2").text
    for said in (
        'data-visit="V1"',
        f'data-submission-id="{draft.submission_id}"',
        'data-revision="1"',
        'data-page="2"',
    ):
        assert said in shown


def test_a_blank_line_is_asked_about_once_and_then_kept_as_skipped(
    app: Flask, browser: FlaskClient
) -> None:
    begin(browser, "V1")
    [first] = pages(app)[0]
    asked = browser.post("/my/form/V1/1", data={})
    assert asked.headers["Location"].endswith("/my/form/V1/1/blanks")
    assert "This line is blank" in browser.get("/my/form/V1/1/blanks").text
    onward = browser.post("/my/form/V1/1/blanks")
    assert onward.headers["Location"].endswith("/my/form/V1/2")
    # Not asked again, when one comes by once more and leaves it as it is.
    again = browser.post("/my/form/V1/1", data={})
    assert again.headers["Location"].endswith("/my/form/V1/2")
    with app.app_context():
        [draft] = drafts()
        assert draft.answers == {first: "SKIPPED"}
        [question] = trail("draft.asked")
        assert question.changes == {"blank": [None, [first]]}
        assert trail("draft.saved")[-1].changes == {first: [None, "SKIPPED"]}


def test_a_skipped_line_may_be_answered_after_all(app: Flask, browser: FlaskClient) -> None:
    begin(browser, "V1")
    [first] = pages(app)[0]
    browser.post("/my/form/V1/1", data={})
    browser.post("/my/form/V1/1/blanks")
    browser.post("/my/form/V1/1", data=fields([first], 4))
    with app.app_context():
        assert drafts()[0].answers[first] == 4
        assert trail("draft.saved")[-1].changes == {first: ["SKIPPED", 4]}


def test_a_ticked_box_leaves_its_line_out_and_unticked_asks_again(
    app: Flask, browser: FlaskClient
) -> None:
    private = page_of(app, "GS7")
    fill_in(browser, "V1", last=private - 1)
    here = f"/my/form/V1/{private}"
    assert 'name="box:Q1"' in browser.get(here).text
    sent = browser.post(here, data=fields(["GS7"]) | {"box:Q1": "1"})
    assert sent.headers["Location"].endswith(f"/my/form/V1/{private + 1}")
    with app.app_context():
        assert drafts()[0].answers["GS7"] == "PREFER_NOT"
    assert re.search(r'name="box:Q1" value="1" checked', browser.get(here).text)
    unticked = browser.post(here, data={})
    assert unticked.headers["Location"].endswith(f"{here}/blanks")
    with app.app_context():
        assert "GS7" not in drafts()[0].answers


def test_the_box_stands_on_no_other_page(app: Flask, browser: FlaskClient) -> None:
    fill_in(browser, "V1")
    boxed = [n for n in range(1, 38) if "box:" in browser.get(f"/my/form/V1/{n}").text]
    assert boxed == [page_of(app, "GS7")]


def test_the_kinds_of_blank_are_kept_apart_in_the_form(app: Flask, browser: FlaskClient) -> None:
    fill_in(browser, "V1")
    browser.post(f"/my/form/V1/{page_of(app, 'GS7')}", data={"box:Q1": "1"})
    text = browser.get("/my/form/V1/review").text
    assert "Preferred not to answer" in text
    assert "Lines without an answer: 1" in text
    submit(browser, "V1")
    with app.app_context():
        [form] = forms()
    assert form.answers["GS7"] == "PREFER_NOT"
    assert form.items_answered == 36


def test_back_keeps_what_was_answered_and_asks_nothing(app: Flask, browser: FlaskClient) -> None:
    fill_in(browser, "V1", last=7)
    [eighth] = pages(app)[7]
    back = browser.post("/my/form/V1/8", data=fields([eighth]) | {"go": "back"})
    assert back.headers["Location"].endswith("/my/form/V1/7")
    blank = browser.post("/my/form/V1/9", data={"go": "back"})
    assert blank.headers["Location"].endswith("/my/form/V1/8")
    with app.app_context():
        assert eighth in drafts()[0].answers
        assert trail("draft.asked") == []


def test_the_language_changes_in_the_middle_with_answers_and_place_kept(
    app: Flask, browser: FlaskClient
) -> None:
    fill_in(browser, "V1", last=19)
    [there] = pages(app)[19]
    switch = fields([there], 1) | {"go": "language:zh", "language": "en"}
    assert (
        browser.post("/my/form/V1/20", data=switch).headers["Location"].endswith("/my/form/V1/20")
    )
    shown = browser.get("/my/form/V1/20").text
    assert 'lang="zh-Hans-CN"' in shown
    assert len(re.findall(r" checked", shown)) == 1
    for page, codes in list(enumerate(pages(app), 1))[19:]:
        browser.post(f"/my/form/V1/{page}", data=fields(codes, 1) | {"language": "zh"})
    submit(browser, "V1")
    with app.app_context():
        [form] = forms()
    assert form.language == "zh"
    english = {code for codes in pages(app)[:20] for code in codes}
    assert form.item_languages == dict.fromkeys(english, "en")


def test_a_language_that_the_study_has_not_is_ignored(app: Flask, browser: FlaskClient) -> None:
    begin(browser, "V1")
    browser.post("/my/form/V1/1", data={"go": "language:xx", "language": "xx"})
    assert 'lang="en"' in browser.get("/my/form/V1/1").text


def test_a_larger_type_sends_the_answer_along_and_keeps_the_place(
    app: Flask, browser: FlaskClient
) -> None:
    begin(browser, "V1")
    [first] = pages(app)[0]
    sent = browser.post("/my/form/V1/1", data=fields([first]) | {"go": "look:2e"})
    assert sent.headers["Location"].endswith("/my/form/V1/1")
    shown = browser.get("/my/form/V1/1").text
    assert 'class="size-2 elder"' in shown
    assert " checked" in shown


def test_what_no_page_offers_is_no_answer(app: Flask, browser: FlaskClient) -> None:
    begin(browser, "V1")
    [first], [second] = pages(app)[:2]
    odd = {f"item:{first}": "5", f"item:{second}": "1", "item:NOPE": "1", "box:NOPE": "1"}
    browser.post("/my/form/V1/1", data=odd)
    with app.app_context():
        assert drafts()[0].answers == {}


def test_an_answer_is_changed_from_the_review_and_leads_back_there(
    app: Flask, browser: FlaskClient
) -> None:
    fill_in(browser, "V1")
    [eighth] = pages(app)[7]
    assert 'href="/my/form/V1/8?to=review"' in browser.get("/my/form/V1/review").text
    changed = browser.post("/my/form/V1/8?to=review", data=fields([eighth], 0))
    assert changed.headers["Location"].endswith("/my/form/V1/review")
    with app.app_context():
        assert trail("draft.saved")[-1].changes == {eighth: [2, 0]}


def test_nobody_gets_ahead_of_a_page_with_open_lines(browser: FlaskClient) -> None:
    fill_in(browser, "V1", last=7)
    for path in ("/my/form/V1", "/my/form/V1/9", "/my/form/V1/review", "/my/form/V1/send"):
        assert browser.get(path).headers["Location"].endswith("/my/form/V1/8")
    assert browser.get("/my/form/V1/38").headers["Location"].endswith("/my/form/V1")


@pytest.mark.parametrize("assistance", ["ALONE", "READ_ALOUD", "PROXY"])
def test_one_tap_at_the_end_says_who_held_the_phone_and_sends(
    app: Flask, browser: FlaskClient, assistance: str
) -> None:
    fill_in(browser, "V1")
    assert f'value="{assistance}"' in browser.get("/my/form/V1/send").text
    receipt = submit(browser, "V1", assistance)
    assert "/my/received/" in receipt.headers["Location"]
    with app.app_context():
        assert forms()[0].assistance == assistance


def test_without_that_tap_nothing_is_sent(app: Flask, browser: FlaskClient) -> None:
    fill_in(browser, "V1")
    for said in ({}, {"assistance": "SOMEHOW"}):
        form = {"submission_id": number_of(browser, "V1")} | said
        again = browser.post("/my/form/V1/send", data=form)
        assert again.headers["Location"].endswith("/my/form/V1/send")
    with app.app_context():
        assert forms() == []


@pytest.mark.parametrize(("visit", "words"), [
    ("V0", "The time for this questionnaire is over"),
    ("V2", "This questionnaire is not open yet"),
    ("V99", "There is no such questionnaire"),
])  # fmt: skip
def test_closed_future_and_unknown_visits_do_not_open(
    app: Flask, browser: FlaskClient, visit: str, words: str
) -> None:
    for path in ("", "/1", "/review", "/send"):
        shown = browser.get(f"/my/form/{visit}{path}")
        assert shown.status_code == 404
        assert words in shown.text
    begin(browser, visit)
    browser.post(f"/my/form/{visit}/1", data=fields(section_of(app, 1)))
    browser.post(f"/my/form/{visit}/1/blanks")
    browser.post(f"/my/form/{visit}/send", data={"submission_id": "x", "assistance": "ALONE"})
    with app.app_context():
        assert (drafts(), forms(), trail("draft.")) == ([], [], [])


def test_what_was_received_is_not_opened_again(browser: FlaskClient) -> None:
    fill_in(browser, "V1")
    submit(browser, "V1")
    shown = browser.get("/my/form/V1")
    assert shown.status_code == 404
    assert "We already have this questionnaire" in shown.text


def test_submit_pressed_twice_gives_one_form_and_the_same_receipt(
    app: Flask, browser: FlaskClient
) -> None:
    fill_in(browser, "V1")
    said = {"submission_id": number_of(browser, "V1"), "assistance": "ALONE"}
    places = {browser.post("/my/form/V1/send", data=said).headers["Location"] for _ in range(3)}
    assert len(places) == 1
    with app.app_context():
        assert len(forms()) == 1


def test_answers_may_come_in_any_order(app: Flask, browser: FlaskClient) -> None:
    begin(browser, "V1")
    answer(browser, "V1", section_of(app, 3), 1)
    with app.app_context():
        assert drafts()[0].answers == dict.fromkeys(section_of(app, 3), 1)


def test_a_call_for_help_sends_the_answer_along_and_shows_its_state(
    app: Flask, browser: FlaskClient
) -> None:
    begin(browser, "V1")
    [first] = pages(app)[0]
    sent = browser.post("/my/form/V1/1", data=fields([first]) | {"go": "help"})
    assert sent.headers["Location"].endswith("/my/form/V1/1")
    shown = browser.get("/my/form/V1/1").text
    assert " checked" in shown
    assert "Your nurse has been asked to call you back" in shown
    assert "You asked to be called back" in browser.get("/my/home").text
    with app.app_context():
        assert [row.action for row in trail("help.")] == ["help.asked"]


def test_a_page_that_is_older_than_the_answer_tells_so(app: Flask, browser: FlaskClient) -> None:
    begin(browser, "V1")
    [first] = pages(app)[0]
    shown = browser.get("/my/form/V1/1").text
    assert 'name="revision" value="0"' in shown
    browser.post("/my/form/V1/1", data=fields([first], 1) | {"revision": "0"})
    late = browser.post("/my/form/V1/1", data=fields([first], 3) | {"revision": "0"})
    told = browser.get(late.headers["Location"]).text
    assert "Answered differently on another phone or page meanwhile: line 1." in told
    with app.app_context():
        assert drafts()[0].answers[first] == 3
