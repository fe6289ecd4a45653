"""The size of the type and the elder view: remembered by the browser, about nobody."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from pro_app.patient.look import Look, read_look

_WECHAT = "Mozilla/5.0 (Linux; Android 9) Mobile Safari/537.36 MicroMessenger/8.0.44"


def test_what_is_chosen_is_remembered_and_shown(browser: FlaskClient) -> None:
    assert 'class="size-1"' in browser.get("/my/home").text
    chosen = browser.post("/look", data={"look": "3e", "next": "/my/home"})
    assert chosen.headers["Location"] == "/my/home"
    cookie = chosen.headers["Set-Cookie"]
    assert cookie.startswith("look=3e;")
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" not in cookie  # the page's script reads it
    assert 'class="size-3 elder"' in browser.get("/my/home").text


def test_whoever_is_not_signed_in_may_choose_too(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    stranger = app.test_client()
    stranger.post("/look", data={"look": "2", "next": "/"})
    assert 'class="size-2"' in stranger.get("/").text


@pytest.mark.parametrize(
    "elsewhere",
    # A browser leaves out what is between the strokes.
    ["https://a.example/", "//a.example", "/\\a.example", "/\t/a.example", "/\n/a.example"],
)
def test_choosing_leads_to_our_own_pages_alone(browser: FlaskClient, elsewhere: str) -> None:
    for path in ("/look", "/language"):
        chosen = browser.post(path, data={"look": "2", "next": elsewhere})
        assert chosen.headers["Location"] == "/"


@given(st.text(max_size=6))
def test_any_text_is_read_as_some_look(text: str) -> None:
    look = read_look(text)
    assert read_look(look.text) == look


def test_a_look_names_itself() -> None:
    assert Look("2", elder=True).text == "2e"
    assert Look("2", elder=True, aloud=True).text == "2ea"
    assert Look("1").toggled().sized("3") == Look("3", elder=True)


@pytest.mark.parametrize("path", ["/signed-out", "/my/home", "/my/form/V1", "/my/practice"])
def test_language_size_and_help_stand_on_every_page_in_one_order(
    browser: FlaskClient, path: str
) -> None:
    text = browser.get(path).text
    places = [
        text.index(mark) for mark in ('language:zh"', 'data-size="1"', 'class="help"', "tel:")
    ]
    assert places == sorted(places)


def test_inside_wechat_home_says_how_to_open_a_browser(browser: FlaskClient) -> None:
    words = "You are reading this inside WeChat"
    assert words not in browser.get("/my/home").text
    assert words in browser.get("/my/home", headers={"User-Agent": _WECHAT}).text
