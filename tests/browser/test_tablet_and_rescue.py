"""The hospital's tablet in a patient's hands; and a form that only the nurse can fetch."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import phones
from tests.browser.conftest import DESK, Site
from tests.rooms.patient.steps import forms

pytestmark = pytest.mark.usefixtures("window_open")


@pytest.fixture
def nurse(site: Site, new_page: Callable[..., Page]) -> Page:
    page = new_page(viewport=DESK, locale="en-GB")
    client = site.cast.nurse_of_lishui()
    site.app.config["WTF_CSRF_ENABLED"] = True
    client.get("/staff/today")
    cookie = client.get_cookie("session")
    assert cookie
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": site.address}])
    return page


def hand_over(nurse: Page) -> Page:
    nurse.goto(f"/staff/patients/{phones.NUMBER}")
    nurse.locator(f"form[action$='/{phones.NUMBER}/tablet'] button").click()
    expect(nurse).to_have_url(re.compile("/my/home"))
    return nurse


def rows_kept(page: Page) -> int:
    return sum(phones.kept(page).values())


def test_the_tablet_takes_one_form_and_forgets_it(nurse: Page, site: Site) -> None:
    tablet = hand_over(nurse)
    phones.begin(tablet)
    phones.fill_in(tablet)
    phones.send(tablet)
    expect(tablet.locator(".receipt-number")).to_be_visible()
    with site.app.app_context():
        [form] = forms()
    assert (form.mode, form.items_answered) == ("site_tablet", phones.LAST)
    assert rows_kept(tablet) == 0
    registrations = "async () => (await navigator.serviceWorker.getRegistrations()).length"
    assert tablet.evaluate(registrations) == 0
    tablet.go_back()
    expect(tablet.locator("body")).not_to_contain_text(phones.NUMBER)
    tablet.goto("/staff/today")
    expect(tablet).to_have_url(re.compile("/staff/sign-in"))


def test_a_tablet_that_is_left_lying_locks_itself(nurse: Page, site: Site) -> None:
    nurse.clock.install()
    tablet = hand_over(nurse)
    phones.begin(tablet)
    phones.choose(tablet)
    tablet.locator("body[data-ready]").wait_for()
    tablet.clock.fast_forward("05:01")
    expect(tablet).to_have_url(re.compile("/signed-out"), timeout=15000)
    assert rows_kept(tablet) == 0
    tablet.goto("/my/home")
    expect(tablet).to_have_url(re.compile("/signed-out"))


def test_the_nurse_fetches_an_unsent_form_as_a_code(
    nurse: Page, site: Site, new_page: Callable[..., Page], full: Callable[[], None]
) -> None:
    phone = new_page(device_scale_factor=2)
    phones.sign_in(phone, site)
    phones.get_ready(phone)
    phones.begin(phone)
    phones.fill_in(phone, value=3)
    phones.send(phone, "READ_ALOUD")
    phones.is_saved(phone)
    phone.locator("[data-action=rescue]").first.click()
    picture = phone.locator("[data-screen=rescue] svg")
    expect(picture).to_be_visible()
    [read] = zxingcpp.read_barcodes(Image.open(BytesIO(picture.screenshot())))
    assert read.text == phone.locator("textarea").input_value()

    nurse.goto("/staff/rescue")
    nurse.locator("textarea").fill(read.text)
    nurse.locator("main form button").last.click()
    expect(nurse.locator("main")).to_contain_text(phones.NUMBER)
    with site.app.app_context():
        [form] = forms()
    assert set(form.answers.values()) == {3}
    assert (form.assistance, form.mode) == ("READ_ALOUD", "phone_self")
    assert form.item_times["GP1"][1] is not None

    # The phone learns of it when it sends the same form: the same receipt, no second row.
    full()
    phone.goto("/my/home")
    phones.until(phone, lambda: "sent" not in phones.kept(phone))
    expect(phone.locator("main")).to_contain_text("回执")
    with site.app.app_context():
        assert len(forms()) == 1
