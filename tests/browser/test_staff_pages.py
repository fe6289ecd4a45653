"""The site staff's pages in a real browser: at the desk, on a phone, without scripts."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from pro_app.core.facts import EventKind
from pro_app.deployment import deployment
from pro_app.followup.service import synchronise_flags
from pro_app.store.desk.data_queries import open_query
from pro_app.store.engine.transaction import transaction
from tests import factories
from tests.browser.conftest import DESK, PHONE, Site

PAGES = (
    "/staff/today",
    "/staff/ledger",
    "/staff/patients/LISHUI-001",
    "/staff/patients/LISHUI-001/requests",
    "/staff/forms/1?look=yes",
    "/staff/compliance?gap=V1.E-V",
    "/staff/records",
    "/staff/records/LISHUI-001",
    "/staff/trail?number=LISHUI-001",
    "/staff/queries",
    "/staff/queries/1",
)
#: What the data manager has and no nurse.
COORDINATION = (
    "/staff/review?tick=all",
    "/staff/queries/form/1",
    "/staff/export",
    "/staff/records",
)


@pytest.fixture
def study(site: Site) -> Site:
    """One patient at Lishui with a missing month 3, and a nurse who has an account."""
    with site.app.app_context():
        patient_id = factories.add_patient(randomised_on=date(2025, 9, 4))
        factories.add_form(patient_id, "V0", date(2025, 9, 4))
        factories.add_event(patient_id, EventKind.PROGRESSION, date(2025, 11, 1))
        synchronise_flags(at=factories.at_server())
        with transaction(factories.ACTOR, deployment().now()) as tx:
            open_query(tx, patient_id, "V0", 1, "answered_on", "Which day stands on the paper?")
            tx.record("query.asked", "LISHUI-001")
    site.cast.nurse_of_lishui()
    site.app.config["WTF_CSRF_ENABLED"] = True
    return site


def _sign_in(page: Page, name: str = "lina", first: str = "today") -> Page:
    page.goto("/staff/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", "correct horse battery staple")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/{first}")
    return page


def test_a_nurse_gives_a_reason_from_the_list_without_scripts(
    study: Site, new_page: Callable[..., Page]
) -> None:
    page = _sign_in(new_page(viewport=DESK, java_script_enabled=False, locale="en-GB"))
    page.click("text=Give reason")
    page.select_option("[name=code]", "P_TOO_ILL")
    page.fill("[name=said_by]", "Family")
    page.click("text=Keep reason")
    expect(page.locator("[role=status]")).to_contain_text("LISHUI-001, V1")
    expect(page.locator(".give[data-key=r]")).to_have_count(0)
    page.goto("/staff/patients/LISHUI-001")
    expect(page.locator("#V1 .reason")).to_contain_text("Patient felt too ill")


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_no_page_is_wider_than_its_screen_or_breaks_a_rule_of_the_browser(
    study: Site, new_page: Callable[..., Page], viewport: dict[str, int], locale: str
) -> None:
    page = new_page(viewport=viewport, locale=locale)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    _sign_in(page)
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    assert said == []


def test_the_data_manager_approves_forms_on_a_phone_without_scripts(
    study: Site, new_page: Callable[..., Page]
) -> None:
    study.cast.data_manager()
    study.app.config["WTF_CSRF_ENABLED"] = True
    page = new_page(viewport=PHONE, java_script_enabled=False, locale="en-GB")
    _sign_in(page, "zhoumin", "export")
    for path in COORDINATION:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    page.goto("/staff/review")
    page.check("[name=form]")
    page.click("text=Approve those ticked")
    expect(page.locator("[role=status]")).to_contain_text("Forms approved: 1.")
    expect(page.locator("[name=form]")).to_have_count(0)


def test_the_head_of_the_page_is_one_line_on_a_phone_and_opens_without_scripts(
    study: Site, new_page: Callable[..., Page]
) -> None:
    page = _sign_in(new_page(viewport=PHONE, java_script_enabled=False, locale="en-GB"))
    box = page.locator(".bar").bounding_box()
    assert box
    assert box["height"] < 60
    page.click("text=Menu")
    page.get_by_role("link", name="Compliance").click()
    expect(page.locator("h1")).to_have_text("Compliance")


def test_a_nurse_reminds_from_the_list_by_keys_and_finds_the_words_copied(
    study: Site, new_page: Callable[..., Page]
) -> None:
    with study.app.app_context():
        factories.add_patient("LISHUI-002", randomised_on=date(2025, 12, 1), language="en")
    page = new_page(viewport=DESK, locale="en-GB")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _sign_in(page)
    page.locator("#LISHUI-002-V1 .who-link").focus()
    for key in ("m", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#LISHUI-002-V1 [data-copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Your hospital asks you")
    page.click("#LISHUI-002-V1 button[value=WECHAT]")
    expect(page.locator("#LISHUI-002-V1 .marks")).to_contain_text("reminded today")


def test_the_head_and_the_first_column_of_the_grid_stay_in_sight(
    study: Site, new_page: Callable[..., Page]
) -> None:
    with study.app.app_context():
        for number in range(2, 40):
            factories.add_patient(f"LISHUI-{number:03}")
    page = _sign_in(new_page(viewport=PHONE))
    page.goto("/staff/ledger")
    frame = page.locator(".grid-scroll")
    frame.evaluate("frame => frame.scrollTo(300, 300)")
    box = frame.bounding_box()
    corner = page.locator(".grid .corner").bounding_box()
    assert box
    assert corner
    assert (round(corner["x"] - box["x"]), round(corner["y"] - box["y"])) == (1, 1)


def test_the_card_with_the_link_shows_a_code_and_no_way_to_get_it_again(
    study: Site, new_page: Callable[..., Page]
) -> None:
    page = _sign_in(new_page(viewport=DESK, locale="en-GB"))
    page.goto("/staff/patients/LISHUI-001")
    page.get_by_role("button", name="New card").click()
    picture = page.locator(".qr svg").bounding_box()
    assert picture
    assert picture["width"] == picture["height"] > 200
    shown = [page.locator(place).inner_text() for place in (".address", "strong.code")]
    page.goto("/staff/patients/LISHUI-001")
    assert [text for text in shown if text in page.content()] == []
