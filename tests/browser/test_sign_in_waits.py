"""The patient's door in each state on a small phone: wrong, a wait that counts down, used up."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pro_app.security.setup import limiter
from tests import factories
from tests.browser.conftest import Site

NUMBER = "LISHUI-001"
SAID = {
    "en": ("This PIN does not fit.", "Please wait one minute", "You need a new card"),
    "zh": ("密码不对。", "请等一分钟", "您需要一张新卡片"),
}
MINUTES = {"en": "Please wait {} minutes", "zh": "请等 {} 分钟"}
OVER = {"en": "You can try again now.", "zh": "现在可以再试了。"}


def _types(page: Page, pin: str) -> None:
    limiter.reset()
    page.locator("[name=pin]").fill(pin)
    with page.expect_navigation():
        page.locator("main form button").click()


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
    site: Site, page: Page, language: str
) -> None:
    with site.app.app_context():
        factories.add_patient(NUMBER)
    wrong, minute, used_up = SAID[language]
    page.set_extra_http_headers({"Accept-Language": language})
    page.clock.install()
    page.goto(f"/p/{site.cast.link_of(NUMBER)}")
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
    for _ in range(93):
        site.clock.advance(minutes=15)
        _types(page, "000000")
    site.clock.advance(minutes=15)
    page.reload()
    expect(page.locator("h1")).to_have_text(used_up)
    expect(page.locator("main")).to_contain_text("0578-000-0000")
    _fits(page)
    _picture(page, f"used-up-{language}")
