"""A patient's way through a real, small browser with JavaScript off."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from pro_app.security.setup import limiter
from tests import factories
from tests.browser.conftest import Site
from tests.rooms.patient.steps import drafts, forms

_NUMBER = "LISHUI-001"
_PIN = "4802"
#: The least height of a main target in the elder view, in CSS pixels.
_TARGET = 60


@pytest.fixture(autouse=True)
def _window_open(site: Site) -> None:
    limiter.reset()
    site.clock.set("2026-04-01T08:00+08:00")
    with site.app.app_context():
        factories.add_patient(_NUMBER)


def _press(page: Page, button: str) -> None:
    """Press what leads to another page, and be there."""
    with page.expect_navigation():
        page.locator(button).click()


def _enter(page: Page, site: Site) -> None:
    card = site.cast.card_of(_NUMBER)
    page.goto(f"/p/{card.token}")
    page.locator("[name=code]").fill(card.code.lower().replace("-", " "))
    page.locator("[name=pin]").fill(_PIN)
    page.locator("[name=pin_again]").fill(_PIN)
    _press(page, "main button")


def _begin(page: Page) -> None:
    _press(page, "a[href='/my/form/V1']")
    _press(page, "main form button")


def _answer(page: Page, codes: list[str], value: int = 2) -> None:
    for code in codes:
        # A finger meets the row, not the control that lies over it.
        page.locator(f"label:has([name='item:{code}'][value='{value}'])").click()


def _next(page: Page) -> None:
    _press(page, "button.next")


def _codes(prefix: str, last: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(1, last + 1)]


def test_from_the_link_to_the_receipt_on_an_old_phone(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _answer(page, _codes("GP", 5))
    _next(page)
    assert page.url.endswith("/my/form/V1/1/blanks")  # one question, and no
    _press(page, "main form button")
    _answer(page, _codes("GS", 6))
    page.locator("label:has([name='box:Q1'])").click()
    _next(page)

    # The language changes in the middle of page 3: answers and place stay.
    _answer(page, _codes("GE", 3), 1)
    _press(page, "button[value='language:en']")
    assert page.url.endswith("/my/form/V1/3")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("input:checked")).to_have_count(3)
    _answer(page, ["GE4", "GE5", "GE6"], 1)
    _next(page)
    _answer(page, _codes("GF", 7))
    _next(page)
    _answer(page, [*_codes("B", 9), "P2"], 0)
    _next(page)

    assert page.url.endswith("/my/form/V1/review")
    expect(page.locator(".is-blank")).to_have_count(3)
    _press(page, "a[href$='line-1']")
    _answer(page, ["GP1"], 4)
    _next(page)
    assert page.url.endswith("/my/form/V1/review")
    _next(page)
    receipt = page.locator(".receipt-number").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", receipt)
    page.goto("/my/home")
    expect(page.locator("body")).to_contain_text(receipt)

    with site.app.app_context():
        [form] = forms()
        assert drafts() == []
    assert (form.language, form.items_answered) == ("en", 34)
    assert form.answers["GP1"] == 4
    assert (form.answers["GP6"], form.answers["GP7"]) == ("SKIPPED", "SKIPPED")
    assert form.answers["GS7"] == "PREFER_NOT"
    assert form.item_languages["GE1"] == "zh"
    assert "GE4" not in form.item_languages
    assert form.answered_on == date(2026, 4, 1)


def test_going_back_and_forth_with_the_browser_loses_nothing(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _answer(page, _codes("GP", 7), 3)
    _next(page)
    _press(page, "button.back")
    expect(page.locator("input:checked")).to_have_count(7)
    page.go_back()
    page.reload()
    page.goto("/my/form/V1")
    assert page.url.endswith("/my/form/V1/2")


def test_enter_on_the_keyboard_goes_on_and_does_not_switch_the_language(
    plain_phone: Page, site: Site
) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _answer(page, _codes("GP", 7))
    with page.expect_navigation():
        page.locator("[name='item:GP7'][value='2']").press("Enter")
    assert page.url.endswith("/my/form/V1/2")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans-CN")


def test_a_chosen_row_shows_it_and_a_box_puts_its_line_back(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _answer(page, _codes("GP", 7))
    _next(page)
    row = page.locator("label:has([name='item:GS1'][value='2']) .option-face")
    before = row.evaluate("e => getComputedStyle(e).backgroundColor")
    _answer(page, ["GS1"])
    assert row.evaluate("e => getComputedStyle(e).backgroundColor") != before
    hidden = page.locator("label:has([name='item:GS7'][value='2'])")
    expect(hidden).to_be_visible()
    page.locator("label:has([name='box:Q1'])").click()
    expect(hidden).to_be_hidden()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_no_page_scrolls_sideways_at_320_and_every_target_is_large(
    new_page: Callable[..., Page], site: Site, locale: str
) -> None:
    page = new_page(viewport={"width": 320, "height": 568}, locale=locale)
    chosen = f"/p/{site.cast.link_of(_NUMBER)}"
    for path in ("/", "/signed-out", "/p/unknown", chosen):
        page.goto(path)
        _fits(page)
    _enter(page, site)
    switch = f"[name=language][value={locale[:2]}]"
    if page.locator(switch).count():
        _press(page, switch)
    _fits(page)
    page.goto("/my/form/V1")
    _fits(page)
    _press(page, "main form button")
    for number in range(1, 6):
        assert page.url.endswith(f"/my/form/V1/{number}")
        _fits(page)
        _next(page)
        _fits(page)
        _press(page, "main form button")
    _fits(page)
    _next(page)
    _fits(page)
    for path in ("/my/home", "/my/form/V1", "/my/form/V2", "/my/form/V0", "/nowhere"):
        page.goto(path)
        _fits(page)


def _fits(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, page.url
    low = page.evaluate(
        """least => [...document.querySelectorAll('.button:not(.visually-hidden), .option')]
            .filter(e => e.offsetHeight && e.offsetHeight < least).map(e => e.outerHTML)""",
        _TARGET,
    )
    assert low == [], page.url
