"""A paper form typed in at the desk: one key for a line, hands never off the keyboard."""

from collections.abc import Callable
from datetime import date

from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DESK, Site


def test_a_paper_form_is_typed_in_with_one_key_for_a_line(
    site: Site, new_page: Callable[..., Page]
) -> None:
    with site.app.app_context():
        factories.add_patient(randomised_on=date(2025, 12, 1))
    site.cast.nurse_of_lishui()
    site.app.config["WTF_CSRF_ENABLED"] = True
    page = new_page(viewport=DESK, locale="en-GB")
    page.goto("/staff/sign-in")
    page.fill("[name=name]", "lina")
    page.fill("[name=password]", "correct horse battery staple")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/today")
    page.goto("/staff/patients/LISHUI-001/visits/V1/key-in")
    page.fill("[name=answered_on]", "2026-03-01")
    page.focus("[name=GP1]")
    page.keyboard.type("29")  # no such answer: the line waits for another
    expect(page.locator("[name=GP2]")).to_be_focused()
    expect(page.locator("[name=GP2]")).to_have_value("")
    page.keyboard.press("Enter")  # blank on the paper
    page.keyboard.type("3" * 12)
    expect(page.locator("[name=Q1]")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("1" * 23)
    expect(page.locator("main form .button:not(.quiet)")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("2 lines are blank.")
    expect(page.locator(".codes")).to_have_text("GP2 GS7")
