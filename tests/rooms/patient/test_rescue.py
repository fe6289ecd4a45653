"""An unsent form is read from its code on the phone's screen, and is the same form."""

import base64
import io
import json
from datetime import date
from typing import Any

import pytest
import segno
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.deployment import deployment
from pro_app.security import patients, secrets
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER, drafts, forms, message, put, trail

ID = "8c5f1d9e-30a4-4a44-9a53-6f1d0e7a4b11"
SIGNS = "01234SN" + "2" * 6 + "P" + "2" * 23
ENGLISH = {"Accept-Language": "en"}


def packed(**changes: Any) -> dict[str, Any]:
    return {
        "v": "V1",
        "l": "zh",
        "a": SIGNS,
        "h": "ALONE",
        "w": None,
        "s": "2026-03-31T12:00:00+00:00",
        "f": "2026-03-31T12:10:00+00:00",
        "z": 480,
        "t": "," + ",".join(["1.2"] * 36),
    } | changes


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def code(app: Flask, patient_id: int, content: Any, submission_id: str = ID) -> str:
    """The code as the phone makes it."""
    with app.app_context():
        found = patients.phone_key(patient_id, pepper=app.config["SECRET_KEY"])
    assert found is not None
    owner, key = found
    bound = f"PRO1.{owner}.{submission_id}"
    iv = bytes(range(12))
    secret = base64.urlsafe_b64decode(key + "=")
    sealed = AESGCM(secret).encrypt(iv, json.dumps(content).encode(), bound.encode())
    return f"{bound}.{base64url(iv + sealed)}"


def parts(text: str, count: int) -> list[str]:
    size = -(-len(text) // count)
    return [
        f"PRO1/{n + 1}/{count}/{ID[:8]}/{text[n * size : (n + 1) * size]}" for n in range(count)
    ]


def photograph(text: str) -> tuple[io.BytesIO, str]:
    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind="png", scale=5)
    picture.seek(0)
    return picture, "code.png"


def bring(nurse: FlaskClient, text: str = "", *pictures: tuple[io.BytesIO, str]) -> TestResponse:
    return nurse.post(
        "/staff/rescue",
        data={"code": text, "picture": list(pictures)},
        content_type="multipart/form-data",
        headers=ENGLISH,
        follow_redirects=True,
    )


@pytest.fixture
def signed_in(browser: FlaskClient, patient_id: int) -> int:
    """The patient's id, once signed in on a phone."""
    return patient_id


@pytest.fixture
def nurse(cast: Cast, signed_in: int) -> FlaskClient:
    return cast.nurse_of_lishui()


def test_a_pasted_code_lands_as_the_form_that_it_is(
    app: Flask, nurse: FlaskClient, signed_in: int
) -> None:
    answer = bring(nurse, code(app, signed_in, packed(o="1" + "0" * 36)))
    assert answer.status_code == 200
    assert NUMBER in answer.text
    assert secrets.receipt_of(ID) in answer.text
    with app.app_context():
        [form] = forms()
        assert (form.submission_id, form.mode, form.received_from) == (
            ID, "phone_self", "staff:lina",
        )  # fmt: skip
        given = list(form.answers.values())
        assert given[:8] == [0, 1, 2, 3, 4, "SKIPPED", "NOT_SHOWN", 2]
        assert given[13] == form.answers["GS7"] == "PREFER_NOT"
        assert form.item_languages == {next(iter(form.answers)): "en"}
        assert (form.assistance, form.answered_on) == ("ALONE", date(2026, 3, 31))
        assert form.device_at is None
        assert form.device_offset_minutes == 480
        assert len(form.item_times) == 36
        [event] = trail("form.received")
        assert (event.reason, event.actor) == ("rescue", "staff:lina")


def test_it_is_had_once_on_whatever_way_it_comes(
    app: Flask, nurse: FlaskClient, browser: FlaskClient, signed_in: int
) -> None:
    blanks = {"S": "SKIPPED", "P": "PREFER_NOT", "N": "NOT_SHOWN"}
    with app.app_context():
        codes = deployment().instrument.item_codes
        signs = zip(codes, SIGNS, strict=True)
        answers = {item: blanks[sign] if sign in blanks else int(sign) for item, sign in signs}
        body = message(answers=answers)
    text = code(app, signed_in, packed())
    assert put(browser, body, ID).status_code == 201
    for _ in range(2):
        assert secrets.receipt_of(ID) in bring(nurse, text).text
    with app.app_context():
        assert len(forms()) == 1


def test_photographs_of_its_parts_are_put_together_in_any_order(
    app: Flask, nurse: FlaskClient, signed_in: int
) -> None:
    first, second, third = parts(code(app, signed_in, packed()), 3)
    alone = bring(nurse, "", photograph(second))
    assert alone.status_code == 422
    assert "several codes" in alone.text
    answer = bring(nurse, first, photograph(third), photograph(second))
    assert answer.status_code == 200, answer.text
    with app.app_context():
        assert len(forms()) == 1


def test_a_photograph_may_be_large(app: Flask, nurse: FlaskClient, signed_in: int) -> None:
    picture, name = photograph(code(app, signed_in, packed(t=None)))
    heavy = io.BytesIO(picture.getvalue() + b"\0" * 3_000_000)  # cameras append what they like
    assert bring(nurse, "", (heavy, name)).status_code == 200


def test_more_than_a_photograph_is_refused(nurse: FlaskClient) -> None:
    assert bring(nurse, "", (io.BytesIO(b"\0" * 13_000_000), "x.png")).status_code == 413


@pytest.mark.parametrize("finished", ["2026-04-04T12:00:00Z", "2025-04-04T12:00:00Z", None])
def test_a_day_that_can_not_be_is_today(
    app: Flask, nurse: FlaskClient, signed_in: int, finished: str | None
) -> None:
    assert bring(nurse, code(app, signed_in, packed(f=finished))).status_code == 200
    with app.app_context():
        assert forms()[0].answered_on == date(2026, 4, 1)


def test_a_patient_of_another_site_is_unknown_here(app: Flask, cast: Cast, signed_in: int) -> None:
    answer = bring(cast.nurse_of_jiaxing(), code(app, signed_in, packed()))
    assert answer.status_code == 422
    assert "no patient of your hospital" in answer.text
    assert NUMBER not in answer.text


def test_what_is_wrong_with_a_code_is_said_and_nothing_is_lost(
    app: Flask, nurse: FlaskClient, signed_in: int
) -> None:
    good = code(app, signed_in, packed())
    other = code(app, signed_in, packed(), secrets.new_submission_id())
    spoilt = good[:-8] + ("A" if good[-8] != "A" else "B") + good[-7:]
    moved = good.replace(ID, secrets.new_submission_id())
    for text, said in (
        ("", "There is no code"),
        ("hello", "There is no code"),
        (spoilt, "not complete or was changed"),
        (moved, "not complete or was changed"),
        (f"{good}\n{other}", "more than one form"),
        (code(app, signed_in, []), "is not a form"),
        (code(app, signed_in, packed(a="22")), "is not a form"),
        (code(app, signed_in, packed(a="9" * 36 + "x")), "is not a form"),
        (code(app, signed_in, packed(l="xx")), "is not a form"),
        (code(app, signed_in, packed(t=[1])), "is not a form"),
        (code(app, signed_in, packed(o="9" * 37)), "is not a form"),
    ):
        answer = bring(nurse, text)
        assert answer.status_code == 422, text
        assert said in answer.text, text
        assert "Nothing is lost" in answer.text
    with app.app_context():
        assert forms() == []


def test_a_form_that_the_rules_refuse_says_why(
    app: Flask, nurse: FlaskClient, signed_in: int
) -> None:
    for changes, said in (
        ({"v": "V2"}, "not open yet"),
        ({"a": "9" * 37}, "could not be understood"),
    ):
        answer = bring(nurse, code(app, signed_in, packed(**changes)))
        assert answer.status_code == 409
        assert said in answer.text


def test_what_is_no_picture_is_named(nurse: FlaskClient) -> None:
    answer = bring(nurse, "", (io.BytesIO(b"%PDF-1.4"), "form.pdf"))
    assert (answer.status_code, "form.pdf is not a picture" in answer.text) == (422, True)


def test_no_answer_is_shown_to_the_nurse(app: Flask, nurse: FlaskClient, signed_in: int) -> None:
    page = bring(nurse, code(app, signed_in, packed())).text
    assert SIGNS not in page
    assert "GP1" not in page


def test_the_draft_goes_with_the_form(
    app: Flask, nurse: FlaskClient, browser: FlaskClient, signed_in: int, april: HandClock
) -> None:
    browser.post("/my/form/V1")
    with app.app_context():
        made = drafts()[0].submission_id
    assert bring(nurse, code(app, signed_in, packed(), made)).status_code == 200
    with app.app_context():
        assert drafts() == []


def test_nobody_but_a_nurse_may_and_the_page_s_token_is_asked_for(
    app: Flask, nurse: FlaskClient, cast: Cast
) -> None:
    assert nurse.get("/staff/rescue").status_code == 200
    assert cast.data_manager().get("/staff/rescue").status_code == 403
    app.config["WTF_CSRF_ENABLED"] = True
    assert nurse.post("/staff/rescue", data={"code": "x"}).status_code == 400
