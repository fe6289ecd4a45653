"""Accounts in a real browser: the administrator's pages, an authenticator, a passkey."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pyotp
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Site
from tests.cast import PASSWORD

PAGES = (
    "/staff/people",
    "/staff/people/new",
    "/staff/people/account/lina",
    "/staff/people/review",
    "/staff/people?on=2026-03-05",
    "/staff/account",
)


def _is_fine(page: Page) -> None:
    """No finding of axe on the page as it stands, and nothing wider than the screen."""
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], page.url
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(wide), page.url


def _sign_in(page: Page, name: str) -> None:
    page.goto("/staff/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")


def test_the_administrator_s_pages_are_fine_on_a_phone_and_at_the_desk(
    site: Site, new_page: Callable[..., Page]
) -> None:
    site.cast.nurse_of_lishui()
    site.cast.administrator()
    site.app.config["WTF_CSRF_ENABLED"] = True
    page = new_page(viewport=PHONE)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    _sign_in(page, "heyun")
    page.wait_for_url("**/staff/people")
    for path in PAGES:
        page.set_viewport_size(PHONE)
        page.goto(path)
        _is_fine(page)
        page.set_viewport_size(DESK)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
    assert said == []


def test_an_authenticator_is_set_up_from_the_picture_and_asked_for_from_then_on(
    site: Site, new_page: Callable[..., Page]
) -> None:
    site.cast.nurse_of_lishui()
    site.app.config["WTF_CSRF_ENABLED"] = True
    page = new_page(viewport=PHONE, java_script_enabled=False, locale="en-GB")
    _sign_in(page, "lina")
    page.wait_for_url("**/staff/today")
    page.goto("/staff/account/authenticator")
    page.click("text=Show me the picture")
    [read] = zxingcpp.read_barcodes(Image.open(BytesIO(page.locator(".qr").screenshot())))
    codes = pyotp.TOTP(parse_qs(urlsplit(read.text).query)["secret"][0])
    page.fill("[name=code]", codes.at(site.clock()))
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    paper = page.locator(".codes li").first.inner_text()
    page.click("text=Menu")
    page.get_by_role("button", name="Sign out").click()
    _sign_in(page, "lina")
    page.wait_for_url("**/staff/code")
    page.fill("[name=code]", codes.at(site.clock()))  # was used to set it up
    page.keyboard.press("Enter")
    expect(page.locator(".notice.error")).to_be_visible()
    page.fill("[name=code]", paper.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/today")


def _with_authenticator(page: Page) -> None:
    """Give the browser what a phone has inside: an authenticator that knows its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_opens_the_door_in_place_of_a_code(
    site: Site, new_page: Callable[..., Page]
) -> None:
    site.cast.nurse_of_lishui()
    site.app.config["WTF_CSRF_ENABLED"] = True
    named = site.address.replace("127.0.0.1", "localhost")
    parts = site.app.extensions["deployment"]
    settings = replace(parts.settings, base_url=named)
    site.app.extensions["deployment"] = replace(parts, settings=settings)
    page = new_page(viewport=PHONE, locale="en-GB", base_url=named)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    _with_authenticator(page)
    _sign_in(page, "lina")
    page.wait_for_url("**/staff/today")
    page.goto("/staff/account")
    page.click("text=Add a passkey")
    page.fill("[action$='/passkeys'] [name=password]", PASSWORD)
    page.click("text=Go on")
    _is_fine(page)
    site.clock.advance(seconds=20)
    page.fill("[name=name]", "My phone")
    page.click("text=Make the passkey")
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto("/staff/account")
    expect(page.locator(".keys strong")).to_have_text("My phone")
    _is_fine(page)
    page.set_viewport_size(DESK)
    page.locator("button:visible", has_text="Sign out").click()
    page.wait_for_url("**/staff/sign-in")
    site.clock.advance(minutes=1)
    _sign_in(page, "lina")
    page.wait_for_url("**/staff/code")
    _is_fine(page)
    site.clock.advance(seconds=1)
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/staff/today")
    page.goto("/staff/account")
    page.click("text=Remove My phone")
    site.clock.advance(seconds=1)
    page.fill("[action$='/remove'] [name=password]", PASSWORD)
    page.click("text=Remove it, by passkey")
    expect(page.locator(".keys")).to_have_count(0)
    assert said == []
