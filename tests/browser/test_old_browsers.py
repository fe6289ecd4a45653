"""Browsers that were new five years ago: what they lack must not stop a page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import phones
from tests.browser.conftest import Site
from tests.rooms.patient.steps import forms

#: Chrome before 86 has no replaceChildren; on iOS before 16 a voice is no target of events.
_OLD = """
delete Element.prototype.replaceChildren;
const voices = { speaking: false, getVoices: () => [], cancel() {}, speak() {} };
Object.defineProperty(window, "speechSynthesis", { value: voices });
"""


pytestmark = pytest.mark.usefixtures("window_open")


def test_an_old_phone_fills_in_a_form_without_a_network(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.add_init_script(_OLD)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    phones.sign_in(page, site)
    phones.get_ready(page)
    page.context.set_offline(True)
    phones.begin(page)
    phones.fill_in(page)
    phones.send(page)
    phones.is_saved(page)
    page.context.set_offline(False)
    phones.retry(page)
    phones.is_received(page)
    with site.app.app_context():
        [form] = forms()
    assert form.items_answered == phones.LAST
    assert faults == []
