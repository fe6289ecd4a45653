"""The patient's door in each state on a small phone: wrong, a wait that counts down, used up."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pro_app.security import patients
from pro_app.security.setup import limiter
from tests import factories
from tests.browser.conftest import Site

NUMBER = "LISHUI-001"
SAID = {
    "en": ("This PIN is not correct.", "Please wait one minute", "You need a new card"),
    "zh": ("密码不对。", "请等一分钟", "您需要一张新卡片"),
}
MINUTES = {"en": "Please wait {} minutes", "zh": "请等 {} 分钟"}
OVER = {"en": "You can try again now.", "zh": "现在可以再试了。"}


def _types(page: Page, pin: str) -> None:
    limiter.reset()
    page.locator("[name=pin]").fill(pin)
    with page.expect_navigation():
        page.locator("main form button").click()


def _link(site: Site) -> str:
    with site.app.app_context():
        factories.add_patient(NUMBER)
    return site.cast.link_of(NUMBER)


def _guess(site: Site, token: str, times: int) -> None:
    """What others try meanwhile."""
    with site.app.app_context():
        for _ in range(times):
            site.clock.advance(minutes=16)
            pepper = site.app.extensions["deployment"].settings.secret_key
            patients.sign_in_patient(token, "000000", pepper=pepper, now=site.clock())


def _picture(page: Page, name: str) -> None:
    """Where somebody wants to look at it: in the folder of PRO_PICTURES."""
    folder = os.environ.get("PRO_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"]  # type: ignore[index]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_state_of_the_door_fits_a_small_phone_and_a_wait_counts_down(
    site: Site, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(locale={"en": "en-GB", "zh": "zh-CN"}[language])
    token = _link(site)
    wrong, minute, used_up = SAID[language]
    page.clock.install()
    page.goto(f"/p/{token}")
    _types(page, "000000")
    expect(page.locator("[role=alert]")).to_contain_text(wrong)
    _fits(page)
    _picture(page, f"wrong-{language}")
    for _ in range(5):
        _types(page, "000000")
        site.clock.advance(minutes=1)
    site.clock.advance(minutes=1)
    _types(page, "000000")
    _types(page, "000000")  # in the wait: not looked at
    line = page.locator("[data-wait]")
    expect(line).to_contain_text(MINUTES[language].format(4))
    expect(page.locator("[role=alert]")).not_to_contain_text(wrong)
    _fits(page)
    _picture(page, f"wait-{language}")
    page.clock.fast_forward(61_000)
    expect(line).to_contain_text(MINUTES[language].format(3))
    page.clock.fast_forward(130_000)
    expect(line).to_contain_text(minute)
    page.clock.fast_forward(60_000)
    expect(line).to_have_text(OVER[language])
    _guess(site, token, 100)
    page.goto(f"/p/{token}")
    expect(page.locator("h1")).to_have_text(used_up)
    expect(page.locator("main")).to_contain_text("0578-000-0000")
    _fits(page)
    _picture(page, f"used-up-{language}")
