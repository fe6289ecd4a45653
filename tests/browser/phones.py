"""What the tests do with a patient's phone."""

import re
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Error, Page, TimeoutError, expect

from tests.browser.conftest import Site
from tests.rooms.patient.steps import forms

NUMBER = "LISHUI-001"
FORM = "/my/form/V1"
LAST = 37


def sign_in(page: Page, site: Site, number: str = NUMBER) -> None:
    """Be signed in as after link and PIN."""
    client = site.cast.patient(number)
    site.app.config["WTF_CSRF_ENABLED"] = True  # as in life
    client.get("/my/home")
    cookie = client.get_cookie("session")
    assert cookie
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": site.address}])


def get_ready(page: Page) -> None:
    """One visit with a network: from now on the phone can do without."""
    page.goto("/my/home")
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.wait_for_function(
        "() => self.pro.unlocked().then((v) => v && self.pro.get(v, 'wording', 'en'))"
    )
    page.wait_for_function(
        "() => self.pro.unlocked().then((v) => v && self.pro.get(v, 'phone', 'now'))"
    )


def kept(page: Page) -> dict[str, int]:
    """Kind → how many of it lie in the phone's store."""
    return page.evaluate(
        """() => new Promise((resolve) => {
          const opening = indexedDB.open("pro", 1);
          opening.onsuccess = () => {
            const all = opening.result.transaction("kept").objectStore("kept").getAll();
            all.onsuccess = () => {
              const kinds = {};
              for (const row of all.result) kinds[row.kind] = (kinds[row.kind] || 0) + 1;
              opening.result.close();
              resolve(kinds);
            };
          };
        })"""
    )


def until(page: Page, done: Callable[[], bool]) -> None:
    """Wait for what no element tells; a page that is just reloading is asked again."""
    for _ in range(60):
        try:
            if done():
                return
        except Error:
            pass
        page.wait_for_timeout(250)
    raise AssertionError("it did not come about")


def stored(site: Site) -> list:
    """The forms that the hospital has."""
    with site.app.app_context():
        return forms()


def begin(page: Page) -> None:
    page.goto(FORM)
    page.locator("[data-action=begin]").click()
    at_item(page, 1)


def at_item(page: Page, number: int) -> None:
    expect(page).to_have_url(re.compile(rf"{FORM}/{number}(\?|$)"))


def choose(page: Page, value: int = 2) -> None:
    page.locator(f"label:has(input[type=radio][value='{value}'])").first.click()


def step(page: Page) -> None:
    page.locator("[data-action=next]").last.click()


def fill_in(page: Page, first: int = 1, last: int = LAST, value: int = 2) -> None:
    """Answer line by line, as fast as the page draws them."""
    at_item(page, first)
    # The shell may show the beginning until it has heard from the hospital.
    page.locator("body[data-ready] #answers input[type=radio]").first.wait_for(state="attached")
    page.evaluate(
        """([count, value]) => {
          for (let i = 0; i < count; i++) {
            document.querySelector(`input[type=radio][value="${value}"]`).click();
            document.querySelector("#answers [data-action=next]").click();
          }
        }""",
        [last - first + 1, value],
    )


def send(page: Page, assistance: str = "ALONE") -> None:
    """From the review to the end."""
    expect(page).to_have_url(re.compile(f"{FORM}/review"))
    step(page)
    page.locator(f"[data-action=submit][value={assistance}]").click()


def is_saved(page: Page) -> None:
    expect(page.locator("[data-screen=saved]")).to_be_visible()


def is_received(page: Page) -> str:
    """The receipt's number, once the hospital has the form."""
    number = page.locator(".receipt-number")
    expect(number).to_be_visible(timeout=15000)
    return number.inner_text()


def retry(page: Page) -> None:
    button = page.locator("[data-action=retry]").first
    with suppress(TimeoutError):  # it may just have been sent by itself
        button.dispatch_event("click", timeout=3000)
