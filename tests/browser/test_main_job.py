"""The main job in one story: link, form, receipt, ledger, data set. All in real browsers."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from pro_app.deployment import deployment
from pro_app.security import accounts
from pro_app.security.roles import Role
from tests import factories
from tests.browser.conftest import DESK, Site
from tests.cast import PASSWORD, PIN

NUMBER = "LISHUI-001"


@pytest.fixture
def study(site: Site) -> Site:
    """One patient whose month-3 window is open, a nurse and a data manager."""
    with site.app.app_context():
        now = deployment().now()
        patient_id = factories.add_patient(NUMBER, "LISHUI", randomised_on=date(2025, 12, 1))
        factories.add_form(patient_id, "V0", date(2025, 12, 1))
        for name, role, at in (
            ("lina", Role.NURSE, ("LISHUI",)),
            ("zhoumin", Role.DATA_MANAGER, ()),
        ):
            accounts.add_staff(name, role, at, PASSWORD, actor=factories.ACTOR, now=now)
    return site


def sign_in(page: Page, name: str) -> Page:
    page.goto("/staff/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def accessible(page: Page) -> None:
    """No serious or critical finding of axe on the page as it stands."""
    found = Axe().run(page).response["violations"]
    grave = [
        (each["id"], [node["html"] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert grave == [], page.url


def fill_in(page: Page, choice: int) -> None:
    """Answer every line alike, by touching the row, as a patient would."""
    last = 37
    for number in range(1, last + 1):
        page.wait_for_url(f"**/{number}")
        if number in (1, last):
            accessible(page)
        page.locator("fieldset label").nth(choice).click()
        page.locator("button.next").click()
    page.wait_for_url("**/review")


def test_a_form_comes_from_a_phone_to_the_data_set(
    study: Site, new_page: Callable[..., Page]
) -> None:
    nurse = sign_in(new_page(viewport=DESK, locale="en-GB"), "lina")
    accessible(nurse)
    nurse.goto(f"/staff/patients/{NUMBER}")
    accessible(nurse)
    nurse.get_by_role("button", name="New card").click()
    accessible(nurse)
    link = nurse.locator(".address").inner_text().strip()
    code = nurse.locator("strong.code").inner_text()

    phone = new_page()
    phone.goto("/p/" + link.rsplit("/", 1)[1])
    accessible(phone)
    phone.locator("[name=code]").fill(code)
    for box in phone.locator("input[type=password]").all():
        box.fill(PIN)
    phone.locator("main button").first.click()
    accessible(phone)
    phone.locator(".due a.button").click()
    accessible(phone)
    phone.locator("main form button.button").first.click()
    fill_in(phone, 3)
    accessible(phone)
    phone.locator(".next").click()
    phone.wait_for_url("**/send")
    accessible(phone)
    phone.locator("button[value=ALONE]").click()
    phone.locator(".receipt-number").wait_for()
    accessible(phone)
    receipt = phone.locator(".receipt-number").inner_text()
    assert len(receipt) == 9

    nurse.goto("/staff/today")
    accessible(nurse)
    assert nurse.get_by_text(NUMBER).count()
    nurse.goto("/staff/ledger")
    accessible(nurse)
    assert nurse.locator(".status-VALID, .cell-VALID, [class*=VALID]").count() >= 2
    nurse.goto("/staff/compliance")
    accessible(nurse)

    manager = sign_in(new_page(viewport=DESK, locale="en-GB"), "zhoumin")
    accessible(manager)
    with manager.expect_download() as waiting:
        manager.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        [name] = [each for each in archive.namelist() if each.endswith("scores.csv")]
        rows = list(csv.DictReader(io.StringIO(archive.read(name).decode())))
    scores = {row["scale"]: float(row["value"]) for row in rows if row["visit"] == "V1"}
    # Threes throughout: reversed items score 1, the others 3.
    assert scores == {
        "PWB": 7, "SWB": 21, "EWB": 8, "FWB": 21, "BCS": 14,
        "FACT_G": 57, "TOI": 42, "FACT_B": 71,
    }  # fmt: skip
