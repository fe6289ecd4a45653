"""A form without a network: begun, filled in, handed in, received; nothing lost on the way."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser import phones
from tests.browser.conftest import Site
from tests.rooms.patient import steps

pytestmark = pytest.mark.usefixtures("window_open")


@pytest.fixture
def phone(site: Site, new_page: Callable[..., Page]) -> Page:
    """A patient's browser that has been here once with a network."""
    page = new_page()
    phones.sign_in(page, site)
    phones.get_ready(page)
    return page


def test_from_an_offline_start_to_the_receipt(phone: Page, site: Site) -> None:
    phone.context.set_offline(True)
    phone.goto("/my/home")
    expect(phone.locator("[data-screen=home]")).to_be_visible()
    phone.locator("[data-list=forms] a").click()
    phone.locator("[data-action=begin]").click()
    phones.fill_in(phone)
    phones.send(phone)
    phones.is_saved(phone)
    assert phones.stored(site) == []
    phone.goto("/my/home")
    expect(phone.locator("[data-waiting] [data-fill=count]")).to_have_text("1")

    phone.context.set_offline(False)
    phones.retry(phone)
    expect(phone.locator("main")).to_contain_text("回执")  # the server's own page again
    [form] = phones.stored(site)
    assert form.items_answered == phones.LAST
    assert (form.assistance, form.mode) == ("ALONE", "phone_self")
    assert form.answered_on == date(2026, 4, 1)
    assert form.item_times["GP1"][1] is not None
    phones.until(phone, lambda: "sent" not in phones.kept(phone))


#: Where the network goes, from before the first page to after the last tap.
LOST_AT = ("begin", 2, 3, 9, 20, 36, 37, "review", "who", "sending")


@pytest.mark.parametrize("point", LOST_AT)
def test_the_network_is_lost_and_nothing_else(phone: Page, site: Site, point: str | int) -> None:
    def lose(at: str | int) -> None:
        if at == point:
            phone.context.set_offline(True)

    phone.goto(phones.FORM)
    expect(phone.locator("[data-action=begin]")).to_be_visible()
    lose("begin")
    phone.locator("[data-action=begin]").click()
    for first, last in pairwise((1, *(p for p in LOST_AT if isinstance(p, int)), phones.LAST + 1)):
        if last > first:
            phones.fill_in(phone, first, last - 1)
        lose(last)
    expect(phone.locator("[data-screen=review]")).to_be_visible()
    lose("review")
    phones.step(phone)
    lose("who")
    if point == "sending":
        phone.route("**/api/forms/**", lambda route: route.abort())
        phone.context.route("**/api/forms/**", lambda route: route.abort())
    phone.locator("[data-action=submit][value=ALONE]").click()
    if point != "sending":  # there the worker, which no route of the page holds up, may be quicker
        phones.is_saved(phone)
        assert phones.stored(site) == []
    phone.unroute_all()
    phone.context.unroute_all()
    phone.context.set_offline(False)
    phones.retry(phone)
    phones.is_received(phone)
    [form] = phones.stored(site)
    assert form.items_answered == phones.LAST


def test_a_reply_lost_after_the_hospital_has_the_form(phone: Page, site: Site) -> None:
    lost = []

    def swallow(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    phones.begin(phone)
    phones.fill_in(phone)
    phone.context.route("**/api/forms/**", swallow)
    phones.send(phone)
    phones.is_received(phone)  # it tried again by itself
    assert lost[0] in (200, 201)  # 200 where the worker was quicker than the page
    assert len(phones.stored(site)) == 1


def test_every_tap_is_kept_on_the_phone_and_at_the_hospital(phone: Page, site: Site) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=4)
    expect_draft(phone, site, 4)
    phone.context.set_offline(True)
    phones.fill_in(phone, first=5, last=9)
    phone.wait_for_timeout(500)
    phone.goto("/my/home")  # the page is left, and comes back from the phone alone
    phone.locator("[data-list=forms] a").click()
    phones.at_item(phone, 10)
    phone.context.set_offline(False)
    phone.reload()
    expect_draft(phone, site, 9)


def expect_draft(page: Page, site: Site, answers: int) -> None:
    def there() -> bool:
        with site.app.app_context():
            return [len(draft.answers) for draft in steps.drafts()] == [answers]

    phones.until(page, there)


def test_storage_that_was_wiped_loses_no_answer_that_was_online(phone: Page, site: Site) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=6)
    expect_draft(phone, site, 6)
    client = phone.context.new_cdp_session(phone)
    client.send(
        "Storage.clearDataForOrigin",
        {"origin": site.address, "storageTypes": "indexeddb,cache_storage,service_workers"},
    )
    phone.goto(phones.FORM)
    phones.at_item(phone, 7)
    phones.fill_in(phone, first=7)
    phones.send(phone)
    phones.is_received(phone)
    assert phones.stored(site)[0].items_answered == phones.LAST


def test_another_phone_goes_on_where_the_first_one_stopped(
    phone: Page, site: Site, new_page: Callable[..., Page]
) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=3, value=1)
    expect_draft(phone, site, 3)
    other = new_page()
    other.context.add_cookies(phone.context.cookies())
    phones.get_ready(other)
    other.goto(phones.FORM)
    phones.at_item(other, 4)


def test_two_tabs_lose_nothing_and_the_later_one_is_told(phone: Page, site: Site) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=2, value=1)
    expect_draft(phone, site, 2)
    other = phone.context.new_page()
    other.goto(f"{phones.FORM}/1")
    phones.choose(other, 4)
    phones.step(other)
    phone.locator("[data-action=back]").click()
    phone.locator("[data-action=back]").click()
    phones.at_item(phone, 1)
    phones.choose(phone, 0)
    phones.step(phone)
    phones.fill_in(phone, first=2, value=1)
    expect(phone.locator("[data-screen=told] [data-row]").first).to_be_visible()
    phones.send(phone)
    phones.is_received(phone)
    [form] = phones.stored(site)
    assert form.answers["GP1"] == 0
    assert form.items_answered == phones.LAST
    other.bring_to_front()
    other.reload()
    expect(other.locator("body")).to_contain_text("已经收到")


def test_a_clock_three_days_ahead_changes_no_day(site: Site, new_page: Callable[..., Page]) -> None:
    page = new_page()
    ahead = site.clock().replace(day=4)
    page.clock.install(time=ahead)
    phones.sign_in(page, site)
    page.goto("/my/home")
    page.wait_for_function("() => self.pro && self.pro.unlocked()")
    phones.begin(page)
    phones.fill_in(page)
    phones.send(page)
    phones.is_received(page)
    [form] = phones.stored(site)
    assert form.answered_on == date(2026, 4, 1)
    assert (form.device_at - form.received_at).days >= 2


def test_the_language_switched_at_line_20_keeps_place_and_answers(phone: Page, site: Site) -> None:
    phones.begin(phone)
    phones.fill_in(phone, last=19)
    phones.at_item(phone, 20)
    phone.locator("[data-action='language:en']").first.click()
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    phones.at_item(phone, 20)
    phones.fill_in(phone, first=20)
    phones.send(phone)
    phones.is_received(phone)
    [form] = phones.stored(site)
    assert (form.language, form.items_answered) == ("en", phones.LAST)
    codes = list(form.answers)
    assert form.item_languages == dict.fromkeys(codes[:19], "zh")


def test_the_language_chosen_on_the_home_page_is_the_form_s_too(phone: Page) -> None:
    phone.locator("[data-action='language:en']").first.click()
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    phones.get_ready(phone)
    phones.until(
        phone,
        lambda: phone.evaluate(
            """async () => {
              const phone = await self.pro.get(await self.pro.unlocked(), "phone", "now");
              return phone.language === "en";
            }"""
        ),
    )
    phone.context.set_offline(True)
    phone.goto(phones.FORM)
    expect(phone.locator("[data-action=begin]")).to_have_text("Begin")


def test_a_line_left_blank_and_one_opted_out_stay_so(phone: Page, site: Site) -> None:
    phones.begin(phone)
    phones.step(phone)
    expect(phone.locator("[data-screen=blanks]")).to_be_visible()
    phone.locator("[data-action=skip]").click()
    phones.fill_in(phone, first=2, last=13)
    phones.at_item(phone, 14)
    phone.locator("label:has([name='box:Q1'])").click()
    phones.step(phone)
    phones.fill_in(phone, first=15)
    expect(phone.locator(".is-blank")).to_have_count(2)
    phone.locator(".is-blank a").first.click()
    phones.at_item(phone, 1)
    phones.step(phone)
    phones.send(phone, "READ_ALOUD")
    phones.is_received(phone)
    [form] = phones.stored(site)
    assert form.answers["GP1"] == "SKIPPED"
    assert form.answers["GS7"] == "PREFER_NOT"
    assert (form.items_answered, form.assistance) == (35, "READ_ALOUD")


def test_without_a_service_worker_the_form_works_all_the_same(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page(service_workers="block")
    phones.sign_in(page, site)
    page.goto("/my/home")
    phones.begin(page)
    phones.fill_in(page)
    phones.send(page)
    phones.is_received(page)
    assert phones.stored(site)[0].items_answered == phones.LAST


def test_another_language_is_fetched_once_it_is_asked_for(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page(service_workers="block")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    phones.sign_in(page, site)
    phones.begin(page)
    phones.fill_in(page, last=2)
    assert [url for url in asked if url.endswith("/en")] == []
    page.locator("[data-action='language:en']").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    phones.fill_in(page, first=3)
    phones.send(page)
    phones.is_received(page)
    assert phones.stored(site)[0].language == "en"


def test_a_form_handed_in_after_its_window_is_kept_by_the_day_it_was_finished(
    phone: Page, site: Site
) -> None:
    phone.context.set_offline(True)
    phones.begin(phone)
    phones.fill_in(phone)
    phones.send(phone)
    phones.is_saved(phone)
    phone.context.set_offline(False)
    site.clock.set("2026-04-01T09:30+08:00")
    phones.retry(phone)
    phones.is_received(phone)
    assert phones.stored(site)[0].answered_on == date(2026, 4, 1)


def test_a_home_page_tells_of_a_form_that_came_while_it_was_on_its_way(
    phone: Page, site: Site
) -> None:
    def meanwhile(route: Route) -> None:
        if not phones.stored(site):
            with site.app.app_context():
                steps.receive(factories.patient_id_of(phones.NUMBER), steps.filled())
        route.continue_()

    phone.route("**/api/phone", meanwhile)
    phone.goto("/my/home")
    expect(phone.locator(".rows")).to_contain_text("回执")
