"""A paper form typed in at the desk: one key for a line, hands never off the keyboard."""

from collections.abc import Callable
from datetime import date

from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DESK, PHONE, Site
from tests.rooms.papers.drawn import photograph


def _signed_in(page: Page, name: str) -> Page:
    page.goto("/staff/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", "correct horse battery staple")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/today")
    return page


def test_a_paper_form_is_typed_in_with_one_key_for_a_line(
    site: Site, new_page: Callable[..., Page]
) -> None:
    with site.app.app_context():
        factories.add_patient(randomised_on=date(2025, 12, 1))
    site.cast.nurse_of_lishui()
    site.app.config["WTF_CSRF_ENABLED"] = True
    page = _signed_in(new_page(viewport=DESK, locale="en-GB"), "lina")
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


def test_a_photograph_from_a_phone_is_seen_beside_the_second_keying(
    site: Site, new_page: Callable[..., Page]
) -> None:
    with site.app.app_context():
        patient_id = factories.add_patient(randomised_on=date(2025, 12, 1))
        factories.add_form(patient_id, "V1", date(2026, 3, 1))
    site.cast.nurse_of_lishui()
    site.cast.investigator_of_lishui()
    site.app.config["WTF_CSRF_ENABLED"] = True
    page = _signed_in(new_page(viewport=PHONE, has_touch=True, locale="en-GB"), "lina")
    page.goto("/staff/forms/1")
    camera, album = page.locator("[capture]"), page.locator("[multiple]")
    expect(camera).to_be_visible()
    one = {"name": "1.jpg", "mimeType": "image/jpeg", "buffer": photograph()}
    camera.set_input_files(one)
    album.set_input_files([one] * 4)
    expect(page.get_by_text("Choose at most 4 photographs.")).to_be_visible()
    page.click("text=Keep the photographs")  # nothing is sent
    album.set_input_files([])
    page.click("text=Keep the photographs")
    expect(page.locator("[role=status]")).to_contain_text("Photographs kept: 1.")
    desk = _signed_in(new_page(viewport=DESK, locale="en-GB"), "gaofeng")
    desk.goto("/staff/forms/1/key-again")
    expect(desk.locator(".scan img")).to_have_js_property("naturalWidth", 320)
