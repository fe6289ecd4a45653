"""A real server in a thread and a real Chromium: what a person has, and nothing less."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from werkzeug.serving import make_server

from pro_app import create_app
from pro_app.security.setup import limiter
from pro_app.store.engine.database import db
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock, settings_for

# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1280, "height": 800}

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """A running copy: its address, the application behind it and the people in it."""

    address: str
    app: Flask
    clock: HandClock
    cast: Cast


@pytest.fixture
def site(new_database: Callable[[str], str], clock: HandClock, tmp_path: Path) -> Iterator[Site]:
    """A server on SQLite at an address of its own; forgery tokens are asked for, as in life."""
    app = create_app(settings_for(new_database("sqlite"), tmp_path), clock=clock)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", app, clock, Cast(app))
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    browser = playwright_driver.chromium.launch(
        executable_path="/usr/bin/chromium", args=_FLAGS, headless=True
    )
    yield browser
    browser.close()


def launch(driver: Playwright, profile: Path, site: Site) -> BrowserContext:
    """A browser with a profile on disk, which outlives it as on a phone."""
    return driver.chromium.launch_persistent_context(
        profile,
        executable_path="/usr/bin/chromium",
        args=_FLAGS,
        headless=True,
        viewport=PHONE,
        locale="zh-CN",
        base_url=site.address,
    )


@pytest.fixture
def new_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open a browser of its own; options as in Playwright's `new_context`."""
    opened = []

    def open_one(**options: object) -> Page:
        defaults = {"viewport": PHONE, "locale": "zh-CN", "base_url": site.address}
        context = chromium.new_context(**(defaults | options))
        opened.append(context)
        return context.new_page()

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def plain_phone(new_page: Callable[..., Page]) -> Page:
    """An old phone's browser: small, Chinese, with JavaScript off."""
    return new_page(java_script_enabled=False)


@pytest.fixture
def window_open(site: Site) -> None:
    """A day on which a patient's first form after baseline is due."""
    limiter.reset()
    site.clock.set("2026-04-01T08:00+08:00")
    with site.app.app_context():
        factories.add_patient("LISHUI-001")


@pytest.fixture
def full(site: Site) -> Iterator[Callable[[], None]]:
    """The hospital takes in nothing until this is called."""
    views = site.app.view_functions
    taking = views["patient.json.put_form"]

    def again() -> None:
        views["patient.json.put_form"] = taking

    views["patient.json.put_form"] = lambda submission_id: ("", 503)
    yield again
    again()
