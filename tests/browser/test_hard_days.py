"""A phone whose store, clock or session gives way while a form is filled in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import phones
from tests.browser.conftest import Site
from tests.rooms.patient.steps import forms

pytestmark = pytest.mark.usefixtures("window_open")


@pytest.fixture
def phone(site: Site, new_page: Callable[..., Page]) -> Page:
    page = new_page()
    phones.sign_in(page, site)
    phones.get_ready(page)
    return page


def answers(site: Site) -> list[int]:
    with site.app.app_context():
        return [form.items_answered for form in forms()]


def test_a_store_that_never_answers_stops_neither_the_form_nor_signing_out(phone: Page) -> None:
    holder = phone.context.new_page()
    holder.goto("/signed-out")
    holder.evaluate(
        """() => new Promise((resolve) => {
          const opening = indexedDB.open("pro", 1);
          opening.onsuccess = () => {
            self.held = opening.result;
            indexedDB.deleteDatabase("pro").onblocked = resolve;
          };
        })"""
    )
    phone.goto(phones.FORM)
    button = phone.locator("main form button").first
    expect(button).to_be_visible(timeout=15000)
    button.click()
    phones.at_item(phone, 1)
    phones.choose(phone)
    phones.step(phone)
    phones.at_item(phone, 2)
    phone.goto("/my/home")
    phone.locator("form[data-sign-out] button").click()
    phone.wait_for_url("**/signed-out", timeout=15000)


def test_a_full_phone_sends_the_form_at_once(phone: Page, site: Site) -> None:
    phones.begin(phone)
    phones.fill_in(phone)
    client = phone.context.new_cdp_session(phone)
    client.send("Storage.overrideQuotaForOrigin", {"origin": site.address, "quotaSize": 1})
    phones.send(phone)
    phones.is_received(phone)
    assert answers(site) == [phones.LAST]


def test_where_nothing_is_kept_a_new_sign_in_in_another_tab_lets_the_form_go(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page(service_workers="block")
    page.context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    phones.sign_in(page, site)
    phones.begin(page)
    phones.fill_in(page)
    page.context.clear_cookies()
    phones.send(page)
    expect(page.locator("[data-screen=unsent]")).to_be_visible()
    phones.sign_in(page, site)
    page.locator("[data-action=again]").click()
    page.locator("[data-action=submit][value=ALONE]").click()
    phones.is_received(page)
    assert answers(site) == [phones.LAST]


def test_a_form_left_at_its_last_question_for_a_day_is_begun_anew(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page(service_workers="block")
    page.clock.install(time=site.clock())
    phones.sign_in(page, site)
    phones.begin(page)
    phones.fill_in(page)
    phones.step(page)
    expect(page.locator("[data-screen=who]")).to_be_visible()
    page.clock.fast_forward("25:00:00")
    page.locator("[data-action=submit][value=ALONE]").click()
    expect(page.locator("[data-screen=intro] .notice.warn")).to_be_visible()
    assert answers(site) == []
