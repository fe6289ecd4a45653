"""Every screen that the script draws: read by axe, walked with the keyboard alone."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pro_app.security.setup import limiter
from tests import factories
from tests.browser import phones
from tests.browser.conftest import Site
from tests.rooms.patient.steps import forms

LANGUAGES = {"zh": "zh-Hans-CN", "en": "en"}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, site: Site) -> str:
    """Of a patient whose window is open."""
    limiter.reset()
    site.clock.set("2026-04-01T08:00+08:00")
    with site.app.app_context():
        factories.add_patient(phones.NUMBER, language=request.param)
    return str(request.param)


@pytest.fixture
def phone(site: Site, new_page: Callable[..., Page], language: str) -> Iterator[Page]:
    """A phone in this language, ready to do without a network; nothing may go wrong on it."""
    page = new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    phones.sign_in(page, site)
    phones.get_ready(page)
    yield page
    assert faults == []


def is_sound(page: Page, screen: str, language: str) -> None:
    """No finding of axe on this screen; its head has the focus, its language is said."""
    node = page.locator(f"[data-screen={screen}]")
    expect(node).to_be_visible(timeout=15000)
    expect(page.locator("html")).to_have_attribute("lang", LANGUAGES[language])
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("h1")).to_be_focused()
    assert page.title()
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], screen


def test_every_screen_is_sound(phone: Page, site: Site, language: str) -> None:
    phone.context.set_offline(True)
    phone.goto("/my/home")
    is_sound(phone, "home", language)
    phone.goto("/my/form/V9")
    is_sound(phone, "not-here", language)
    phone.goto(phones.FORM)
    is_sound(phone, "intro", language)
    phone.locator("[data-action=begin]").click()
    is_sound(phone, "item", language)
    phones.step(phone)
    is_sound(phone, "blanks", language)
    phone.locator("[data-action=skip]").click()
    phones.fill_in(phone, first=2, last=13)
    is_sound(phone, "item", language)  # the line with the box before it
    phones.fill_in(phone, first=14)
    is_sound(phone, "review", language)
    phones.step(phone)
    is_sound(phone, "who", language)
    phone.locator("[data-action=submit][value=ALONE]").click()
    is_sound(phone, "saved", language)
    phone.locator("[data-action=rescue]").first.click()
    is_sound(phone, "rescue", language)
    phone.goto("/my/home")
    expect(phone.locator("[data-waiting]")).to_be_visible()
    is_sound(phone, "home", language)

    phone.context.set_offline(False)
    phone.reload()
    phones.until(phone, lambda: phones.kept(phone).get("receipt", 0) == 1)
    with site.app.app_context():
        [form] = forms()
    # The page loads once more to show what was received: it must not overtake what is opened next.
    expect(phone.locator(f"[data-received~='{form.submission_id}']")).to_be_attached()
    phone.context.set_offline(True)
    phone.goto(f"/my/received/{form.submission_id}")
    is_sound(phone, "receipt", language)


def press_until(page: Page, selector: str) -> None:
    """Tab until this has the focus, as a person would who sees where the focus is."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab never came to {selector}")


def test_the_keyboard_alone_goes_from_the_start_to_the_receipt(
    phone: Page, site: Site, language: str
) -> None:
    phone.goto(phones.FORM)
    phone.locator("body[data-ready]").wait_for(state="attached")
    phone.wait_for_load_state("networkidle")  # by then it has met the server, and drawn again
    press_until(phone, "[data-action=begin]")
    phone.keyboard.press("Enter")
    phones.at_item(phone, 1)
    press_until(phone, "[data-action='next'].button:not(.visually-hidden)")
    phone.keyboard.press("Enter")
    expect(phone.locator("[data-screen=blanks]")).to_be_visible()
    press_until(phone, "[data-action=answer]")
    phone.keyboard.press("Enter")
    expect(phone.locator("[data-screen=item]")).to_be_visible()
    for number in range(1, phones.LAST + 1):
        phones.at_item(phone, number)
        press_until(phone, "input[type=radio]")
        phone.keyboard.press("Space")
        phone.keyboard.press("ArrowDown")
        phone.keyboard.press("Enter")  # in a form, Enter is Next
    expect(phone.locator("[data-screen=review]")).to_be_visible()
    press_until(phone, ".answers a")
    phone.keyboard.press("Enter")
    phones.at_item(phone, 1)
    press_until(phone, "input[type=radio]")
    phone.keyboard.press("ArrowDown")
    phone.keyboard.press("Enter")
    expect(phone.locator("[data-screen=review]")).to_be_visible()
    phone.locator(".answers a").last.focus()
    press_until(phone, ".next[data-action=next]")
    phone.keyboard.press("Enter")
    press_until(phone, "[data-action=submit][value=READ_ALOUD]")
    phone.keyboard.press("Enter")
    phones.is_received(phone)
    with site.app.app_context():
        [form] = forms()
    assert form.assistance == "READ_ALOUD"
    assert list(form.answers.values())[:2] == [2, 1]
