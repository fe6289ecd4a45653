"""A patient's way through a real, small browser with JavaScript off, one line a page."""

import re
from collections.abc import Iterable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from pro_app.security.setup import limiter
from tests import factories
from tests.browser.conftest import Site
from tests.rooms.patient.steps import drafts, forms

_NUMBER = "LISHUI-001"
_PIN = "480273"
_LAST = 37
_PRIVATE = 14  # the page of the item before which the box stands


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


def _choose(page: Page, value: int = 2) -> None:
    # A finger meets the row, not the control that lies over it.
    page.locator(f"label:has([type=radio][value='{value}'])").click()


def _next(page: Page) -> None:
    _press(page, ".next")


def _fill(page: Page, numbers: Iterable[int], value: int = 2) -> None:
    for number in numbers:
        assert page.url.endswith(f"/my/form/V1/{number}")
        _choose(page, value)
        _next(page)


def test_from_the_link_to_the_receipt_on_an_old_phone(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _fill(page, range(1, 6))
    _next(page)
    assert page.url.endswith("/my/form/V1/6/blanks")  # one question, and no
    _press(page, "main form button")
    _fill(page, range(7, _PRIVATE))
    page.locator("label:has([name='box:Q1'])").click()
    _next(page)
    _fill(page, range(15, 20))

    # The language changes at line 20: answer and place stay.
    _choose(page, 1)
    _press(page, "button[value='language:en']")
    assert page.url.endswith("/my/form/V1/20")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("input:checked")).to_have_count(1)
    _next(page)
    _fill(page, range(21, _LAST + 1), 0)

    assert page.url.endswith("/my/form/V1/review")
    expect(page.locator(".is-blank")).to_have_count(2)
    _press(page, "a[href*='/V1/1?']")
    _choose(page, 4)
    _next(page)
    assert page.url.endswith("/my/form/V1/review")
    _next(page)
    _press(page, "button[value=READ_ALOUD]")
    receipt = page.locator(".receipt-number").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", receipt)
    page.goto("/my/home")
    expect(page.locator("body")).to_contain_text(receipt)

    with site.app.app_context():
        [form] = forms()
        assert drafts() == []
    assert (form.language, form.items_answered, form.assistance) == ("en", 35, "READ_ALOUD")
    assert (form.answers["GP1"], form.answers["GP6"]) == (4, "SKIPPED")
    assert form.answers["GS7"] == "PREFER_NOT"
    assert form.item_languages["GE1"] == "zh"
    assert "GF1" not in form.item_languages
    assert form.answered_on == date(2026, 4, 1)


def test_going_back_and_forth_with_the_browser_loses_nothing(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _fill(page, range(1, 4), 3)
    _press(page, "button.back")
    expect(page.locator("input:checked")).to_have_value("3")
    page.go_back()
    page.reload()
    page.goto("/my/form/V1")
    assert page.url.endswith("/my/form/V1/4")


def test_the_whole_page_works_by_keyboard_and_enter_goes_on(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    # Space chooses the row in focus, arrows go on from there.
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input:checked")).to_have_value("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/my/form/V1/2")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans-CN")


def test_help_opens_and_is_asked_for_without_a_script(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _choose(page)
    page.locator(".help summary").click()
    expect(page.locator(".help .phone")).to_have_attribute("href", "tel:0578-000-0000")
    _press(page, "[data-action=help]")
    assert page.url.endswith("/my/form/V1/1")
    expect(page.locator("input:checked")).to_have_count(1)
    page.locator(".help summary").click()
    expect(page.locator("[data-help=ASKED]")).to_be_visible()


def test_a_chosen_row_shows_it_and_a_box_puts_its_line_back(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _begin(page)
    _fill(page, range(1, _PRIVATE))
    row = page.locator("label:has([value='2'][type=radio]) .option-face")
    before = row.evaluate("e => getComputedStyle(e).backgroundColor")
    _choose(page)
    assert row.evaluate("e => getComputedStyle(e).backgroundColor") != before
    expect(row).to_be_visible()
    page.locator("label:has([name='box:Q1'])").click()
    expect(row).to_be_hidden()


def test_practice_is_walked_and_leaves_no_draft(plain_phone: Page, site: Site) -> None:
    page = plain_phone
    _enter(page, site)
    _press(page, "a[href='/my/practice']")
    _press(page, ".buttons .button:first-child")
    _choose(page)
    _next(page)
    _next(page)
    _press(page, "main form button")  # left blank
    _choose(page, 0)
    _next(page)
    expect(page.locator(".is-blank")).to_have_count(1)
    _next(page)
    expect(page.locator(".done-sign")).to_be_visible()
    with site.app.app_context():
        assert drafts() == []
