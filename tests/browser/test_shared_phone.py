"""What stays on a phone, for whom, and what takes it away again."""

import dataclasses
import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests import factories
from tests.browser import phones
from tests.browser.conftest import Site, launch
from tests.cast import PIN
from tests.rooms.patient.steps import forms

OTHER = "LISHUI-002"


pytestmark = pytest.mark.usefixtures("window_open")


@pytest.fixture(autouse=True)
def _another(site: Site, window_open: None) -> None:
    with site.app.app_context():
        factories.add_patient(OTHER)


@pytest.fixture
def phone(site: Site, new_page: Callable[..., Page]) -> Page:
    page = new_page()
    phones.sign_in(page, site)
    phones.get_ready(page)
    return page


def handed_in(page: Page, value: int = 2) -> None:
    phones.begin(page)
    phones.fill_in(page, value=value)
    phones.send(page)
    phones.is_saved(page)


def sign_out(page: Page) -> None:
    page.goto("/my/home")
    page.locator("form[data-sign-out] button").click()
    expect(page).to_have_url(re.compile("/signed-out$"))


def test_signing_out_wipes_a_draft_and_keeps_what_was_handed_in(
    phone: Page, full: Callable[[], None]
) -> None:
    handed_in(phone)
    sign_out(phone)
    assert phones.kept(phone) == {"sent": 1}
    assert phone.evaluate("() => self.pro.unlocked()") is None
    expect(phone.locator("[data-waiting]")).to_be_visible()
    phone.go_back()
    expect(phone.locator("body")).not_to_contain_text(phones.NUMBER)


def test_a_late_word_of_the_server_brings_no_draft_back_that_was_handed_in(
    phone: Page, site: Site, full: Callable[[], None]
) -> None:
    views = site.app.view_functions
    keeping = views["patient.phone.put_draft"]
    late = threading.Event()

    def slow(visit: str) -> object:
        answer = keeping(visit)
        late.wait(10)
        return answer

    phones.begin(phone)
    phones.fill_in(phone, last=phones.LAST - 1)
    views["patient.phone.put_draft"] = slow
    phones.fill_in(phone, first=phones.LAST)
    with phone.expect_request("**/api/drafts/**"):
        pass
    phones.send(phone)
    phones.is_saved(phone)
    with phone.expect_response("**/api/drafts/**"):
        late.set()
    phone.wait_for_timeout(500)
    assert "draft" not in phones.kept(phone)


def test_another_patient_on_the_phone_sees_and_sends_nothing_of_the_first(
    phone: Page, site: Site, full: Callable[[], None]
) -> None:
    handed_in(phone, value=4)
    sign_out(phone)
    full()
    phones.sign_in(phone, site, OTHER)
    phones.get_ready(phone)
    phone.wait_for_timeout(500)
    with site.app.app_context():
        assert forms() == []
    phone.goto(phones.FORM)
    phone.locator("[data-action=begin]").click()
    phones.at_item(phone, 1)
    expect(phone.locator("input:checked")).to_have_count(0)
    readable = phone.evaluate(
        """async () => {
          const [row] = await self.pro.waiting();
          const vault = await self.pro.unlocked();
          return self.pro.get(vault, "sent", row.id);
        }"""
    )
    assert readable is None

    # Its owner comes back: now it is sent, and gone from the phone.
    sign_out(phone)
    phones.sign_in(phone, site)
    phone.goto("/my/home")
    expect(phone.locator("[data-waiting]")).to_be_hidden()
    phones.until(phone, lambda: "sent" not in phones.kept(phone))
    with site.app.app_context():
        [form] = forms()
    assert form.received_from == f"patient:{phones.NUMBER}"
    assert set(form.answers.values()) == {4}


def test_a_page_left_open_in_another_tab_goes_when_the_patient_signs_out(phone: Page) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=3)
    sign_out(phone.context.new_page())
    phone.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(phone).to_have_url(re.compile("/signed-out$"))


def test_a_draft_of_another_patient_is_wiped(phone: Page, site: Site) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=3)
    assert phones.kept(phone)["draft"] == 1
    phones.sign_in(phone, site, OTHER)
    phones.get_ready(phone)
    phones.until(phone, lambda: "draft" not in phones.kept(phone))


def test_who_signs_in_on_a_bad_network_is_not_shown_the_last_patient_s_forms(
    phone: Page, site: Site
) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=3)
    card = site.cast.card_of(OTHER)
    home = site.app.view_functions["patient.home"]
    site.app.view_functions["patient.home"] = lambda: time.sleep(6) or home()
    phone.goto(f"/p/{card.token}")
    phone.locator("[name=code]").fill(card.code)
    phone.locator("[name=pin]").fill(PIN)
    phone.locator("[name=pin_again]").fill(PIN)
    phone.locator("main form button").last.click()
    # The server is slow, so the shell says what is on this phone: nothing of the patient.
    expect(phone.locator("[data-screen=home]")).to_be_visible(timeout=15000)
    expect(phone.locator("[data-list=forms] a")).to_have_count(0)
    assert phone.evaluate("() => self.pro.unlocked()") is None


def test_nothing_personal_lies_in_caches_addresses_or_open_rows(
    phone: Page, full: Callable[[], None]
) -> None:
    handed_in(phone, value=3)
    texts = phone.evaluate(
        """async () => {
          const texts = [location.href, document.cookie];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              texts.push(request.url, await (await cache.match(request)).text());
            }
          }
          const open = await new Promise((resolve) => {
            const opening = indexedDB.open("pro", 1);
            opening.onsuccess = () => {
              const all = opening.result.transaction("kept").objectStore("kept").getAll();
              all.onsuccess = () => resolve(all.result);
            };
          });
          for (const row of open) texts.push(JSON.stringify({ ...row, iv: 0, data: 0 }));
          for (let i = 0; i < localStorage.length; i++) texts.push(localStorage.key(i));
          return texts;
        }"""
    )
    whole = "\n".join(texts)
    for secret in (phones.NUMBER, "GP1", PIN):
        assert secret not in whole


def test_a_session_that_ended_keeps_the_form_and_asks_for_the_pin(
    phone: Page, site: Site, full: Callable[[], None]
) -> None:
    handed_in(phone)
    phone.context.clear_cookies()
    phones.retry(phone)
    expect(phone.locator("[data-state=signed_out]").first).to_be_visible()
    assert phones.kept(phone)["sent"] == 1
    full()  # only now: a request on its way might still carry the session
    phones.sign_in(phone, site)
    phone.goto("/my/home")
    phones.until(phone, lambda: len(phones.stored(site)) == 1)


def test_a_form_that_is_refused_stays_for_the_nurse_to_fetch(phone: Page, site: Site) -> None:
    refused = ({"error": "CLOSED", "problems": []}, 409)
    site.app.view_functions["patient.json.put_form"] = lambda submission_id: refused
    handed_in(phone)
    expect(phone.locator("[data-screen=saved] [data-state=refused]")).to_be_visible()
    assert phones.kept(phone)["sent"] == 1
    phone.goto("/my/home")
    expect(phone.locator("[data-waiting] [data-state=refused]")).to_be_visible()
    phone.locator("[data-action=rescue]").click()
    expect(phone.locator("[data-screen=rescue] svg")).to_be_visible()


def test_a_draft_is_put_aside_after_a_day_and_the_patient_is_told(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.clock.install(time=site.clock())
    phones.sign_in(page, site)
    page.goto("/my/home")
    page.wait_for_function("() => self.pro && self.pro.unlocked()")
    phones.begin(page)
    phones.fill_in(page, last=5)
    page.context.set_offline(True)
    page.clock.fast_forward("25:00:00")
    page.locator("[data-action=back]").click()
    expect(page.locator("[data-screen=intro] .notice.warn")).to_be_visible()
    page.locator("[data-action=begin]").click()
    phones.at_item(page, 1)
    expect(page.locator("input:checked")).to_have_count(0)


def test_a_browser_closed_with_an_unsent_form_has_it_when_it_opens_again(
    site: Site, playwright_driver: Playwright, tmp_path: Path
) -> None:
    context = launch(playwright_driver, tmp_path / "profile", site)
    page = context.new_page()
    phones.sign_in(page, site)
    phones.get_ready(page)
    context.set_offline(True)
    phones.begin(page)
    phones.fill_in(page)
    phones.send(page)
    phones.is_saved(page)
    context.close()

    context = launch(playwright_driver, tmp_path / "profile", site)
    page = context.new_page()
    phones.sign_in(page, site)
    page.goto("/my/home")
    phones.until(page, lambda: bool(phones.stored(site)))
    [form] = phones.stored(site)
    assert form.items_answered == phones.LAST
    expect(page.locator(".rows")).to_contain_text("回执")
    context.close()


def test_the_pages_can_be_installed(
    site: Site, playwright_driver: Playwright, tmp_path: Path
) -> None:
    context = launch(playwright_driver, tmp_path / "profile", site)
    page = context.new_page()
    phones.sign_in(page, site)
    phones.get_ready(page)
    client = context.new_cdp_session(page)
    assert client.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = json.loads(client.send("Page.getAppManifest")["data"])
    assert (manifest["scope"], manifest["display"]) == ("/my/", "standalone")
    context.close()


def test_the_kill_switch_takes_the_worker_off_every_phone(phone: Page, site: Site) -> None:
    parts = site.app.extensions["deployment"]
    settings = dataclasses.replace(parts.settings, offline=False)
    site.app.extensions["deployment"] = dataclasses.replace(parts, settings=settings)
    phone.goto("/my/home")
    left = "async () => (await navigator.serviceWorker.getRegistrations()).length"
    phones.until(phone, lambda: phone.evaluate(left) == 0)
    phone.goto(phones.FORM)
    expect(phone.locator("main form button").first).to_be_visible()
    assert phone.evaluate("() => navigator.serviceWorker.controller") is None


def test_a_new_version_of_the_files_replaces_the_old_ones(phone: Page, site: Site) -> None:
    phone.evaluate("async () => { await caches.open('pro-old'); }")
    script = site.app.view_functions["patient.shell.worker"]
    site.app.view_functions["patient.shell.worker"] = lambda: _renamed(script())
    phone.evaluate("async () => (await navigator.serviceWorker.getRegistration('/my/')).update()")
    phones.until(phone, lambda: phone.evaluate("() => caches.keys()") == ["pro-newer"])


def _renamed(response):
    text = response.get_data(as_text=True)
    start = text.index('"version": "') + len('"version": "')
    response.set_data(text[:start] + "newer" + text[text.index('"', start) :])
    return response


@pytest.mark.parametrize("offline", [True, False])
def test_a_form_that_waits_here_is_not_begun_again(
    phone: Page, site: Site, full: Callable[[], None], offline: bool
) -> None:
    handed_in(phone)
    phone.context.set_offline(offline)
    phone.goto(phones.FORM)
    phones.is_saved(phone)
    phone.locator("[data-action='language:en']").first.click()
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    phones.is_saved(phone)
    phone.context.set_offline(False)
    full()
    phones.retry(phone)
    phones.is_received(phone)
    assert len(phones.stored(site)) == 1


def test_back_from_the_saved_form_begins_no_other(phone: Page, full: Callable[[], None]) -> None:
    handed_in(phone)
    phone.go_back()
    phones.is_saved(phone)


def test_a_second_phone_is_led_to_the_receipt_of_the_first(
    phone: Page, site: Site, new_page: Callable[..., Page]
) -> None:
    other = new_page()
    other.context.add_cookies(phone.context.cookies())
    phones.get_ready(other)
    other.context.set_offline(True)
    phones.begin(other)
    phones.fill_in(other, last=3)
    phones.begin(phone)
    phones.fill_in(phone)
    phones.send(phone)
    number = phones.is_received(phone)
    other.context.set_offline(False)
    other.reload()
    assert phones.is_received(other) == number
    phones.until(other, lambda: "draft" not in phones.kept(other))


def test_a_draft_of_another_week_leaves_the_phone(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.clock.install(time=site.clock())
    phones.sign_in(page, site)
    page.goto("/my/home")
    page.wait_for_function("() => self.pro && self.pro.unlocked()")
    phones.begin(page)
    phones.fill_in(page, last=2)
    page.goto("/my/home")
    phones.until(page, lambda: phones.kept(page).get("draft") == 1)
    page.clock.fast_forward("25:00:00")
    page.reload()
    phones.until(page, lambda: "draft" not in phones.kept(page))
