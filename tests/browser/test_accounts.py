"""Accounts in a real browser: the administrator's pages, and a second factor from its picture."""

from collections.abc import Callable
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
