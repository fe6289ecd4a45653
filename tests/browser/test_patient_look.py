"""What an eye and a thumb find on the patient's pages, measured in a real browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pro_app.security.setup import limiter
from tests import factories
from tests.browser.conftest import PHONE, Site
from tests.browser.test_main_job import accessible
from tests.rooms.patient.steps import begin, fill_in

_BEGUN, _DONE = "LISHUI-001", "LISHUI-002"
_LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
_BOXES = """() => {
  const box = (name) => [...document.querySelectorAll(name)]
    .map(e => e.getBoundingClientRect()).filter(r => r.height)
    .map(r => ({left: r.left, top: r.top, bottom: r.bottom, width: r.width, height: r.height}));
  return {options: box(".line .option"), next: box("button.next")[0],
          about: box(".about")[0], progress: box(".progress")[0]};
}"""


@pytest.fixture(autouse=True)
def _window_open(site: Site) -> None:
    """Two patients: one begins, one has answered every line."""
    limiter.reset()
    site.clock.set("2026-04-01T08:00+08:00")
    with site.app.app_context():
        for number in (_BEGUN, _DONE):
            factories.add_patient(number)


@pytest.fixture
def open_as(site: Site, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """A browser in which one of them is signed in already."""

    def open_one(number: str, language: str, look: str = "1", **options: Any) -> Page:
        client = site.cast.patient(number)
        with client.session_transaction() as session:
            session["language"] = language
        (begin if number == _BEGUN else fill_in)(client, "V1")
        page = new_page(**({"java_script_enabled": False} | options))
        cookie = client.get_cookie("session")
        assert cookie
        page.context.add_cookies([
            {"name": "session", "value": cookie.value, "url": site.address},
            {"name": "look", "value": look, "url": site.address},
        ])  # fmt: skip
        return page

    return open_one


@_LANGUAGES
def test_all_five_options_and_next_are_seen_together(
    open_as: Callable[..., Page], language: str
) -> None:
    page = open_as(_DONE, language)
    places = set()
    for number in range(1, 38):
        page.goto(f"/my/form/V1/{number}")
        seen = page.evaluate(_BOXES)
        assert len(seen["options"]) == 5
        assert seen["progress"]["top"] >= 0
        assert seen["about"]["top"] >= 0
        assert seen["options"][-1]["bottom"] <= PHONE["height"], number
        # The longest English lines push Next a little; enough of it to be pressed stays.
        assert seen["next"]["top"] + 40 <= PHONE["height"], number
        places.add(seen["next"]["top"])
    if language == "zh":
        assert len(places) == 1


def test_options_are_alike_large_and_all_before_next(open_as: Callable[..., Page]) -> None:
    page = open_as(_DONE, "zh")
    address = page.context.cookies()[0]["domain"]
    for look in ("1", "2", "3", "1e", "3e"):
        page.context.add_cookies([{"name": "look", "value": look, "domain": address, "path": "/"}])
        page.goto("/my/form/V1/14")
        seen = page.evaluate(_BOXES)
        sizes = {(each["left"], each["width"], each["height"]) for each in seen["options"]}
        assert len(sizes) == 1
        assert seen["options"][0]["height"] >= (60 if "e" in look else 52)
        assert seen["next"]["top"] >= seen["options"][-1]["bottom"]
        body = page.evaluate("getComputedStyle(document.body).fontSize")
        assert body == {"1": "20px", "2": "24px", "3": "30px"}[look[0]]


@pytest.mark.parametrize(
    ("language", "look", "size"),
    [
        ("zh", "1", (320, 568)),
        ("en", "3e", (320, 568)),
        ("zh", "3", (320, 568)),
        ("en", "2e", (568, 320)),
    ],
)
def test_no_page_scrolls_sideways_and_every_target_is_large(
    open_as: Callable[..., Page], language: str, look: str, size: tuple[int, int]
) -> None:
    least = 60 if "e" in look else 44
    for page in _every_page(open_as, language, look, {"width": size[0], "height": size[1]}):
        page.wait_for_load_state()  # styles are there
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, page.url
        low = page.evaluate(
            """least => [...document.querySelectorAll(
                   '.button:not(.visually-hidden), .option, .phone, .answers a, .home-link')]
                .filter(e => e.checkVisibility())
                .map(e => [e, e.getBoundingClientRect()])
                .filter(([e, r]) => (r.height < least || r.width < least))
                .map(([e, r]) => e.outerHTML.slice(0, 90) + r.width + 'x' + r.height)""",
            least,
        )
        assert low == [], page.url


@pytest.mark.parametrize(
    ("language", "look", "scheme"),
    [("zh", "1", "dark"), ("en", "3e", "dark"), ("zh", "2", "light")],
)
def test_contrast_and_names_hold_in_light_and_dark(
    open_as: Callable[..., Page], language: str, look: str, scheme: str
) -> None:
    # Axe is a script of its own, so the pages' scripts are kept out.
    options = {"java_script_enabled": True, "color_scheme": scheme}
    for page in _every_page(open_as, language, look, PHONE, **options):
        accessible(page)


def _every_page(
    open_as: Callable[..., Page],
    language: str,
    look: str,
    viewport: dict[str, int],
    **options: Any,
) -> Iterator[Page]:
    options |= {"viewport": viewport, "locale": {"zh": "zh-CN", "en": "en-GB"}[language]}
    begun = open_as(_BEGUN, language, look, **options)
    _without_scripts(begun)
    for path in (
        "/signed-out", "/p/unknown", "/my/home", "/my/form/V1/1", "/my/form/V1/1/blanks",
        "/my/form/V2", "/my/practice", "/my/practice?at=1", "/my/data", "/nowhere",
    ):  # fmt: skip
        begun.goto(path)
        yield begun
    done = open_as(_DONE, language, look, **options)
    _without_scripts(done)
    for summary in (0, 1):
        done.goto("/my/form/V1/5")
        done.locator(".switches summary").nth(summary).click()
        yield done
    for path in ("/my/form/V1/14", "/my/form/V1/review", "/my/form/V1/send"):
        done.goto(path)
        yield done
    done.locator("button[value=ALONE]").click()
    done.locator(".receipt-number").wait_for()
    yield done


def _without_scripts(page: Page) -> None:
    page.context.route("**/*.js", lambda route: route.abort())


def test_the_size_changes_without_a_reload_and_is_remembered(open_as: Callable[..., Page]) -> None:
    page = open_as(_DONE, "en", java_script_enabled=True)
    page.goto("/my/home")
    page.evaluate("window.sameDocument = true")
    page.locator(".switches summary").first.click()
    page.locator("[data-size='3']").click()
    page.locator("[data-elder]").click()
    expect(page.locator("html.size-3.elder")).to_have_count(1)
    expect(page.locator("[data-size='3']")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.sameDocument")
    page.keyboard.press("Escape")
    expect(page.locator(".switches .panel").first).to_be_hidden()
    page.goto("/my/practice")
    expect(page.locator("html.size-3.elder")).to_have_count(1)


def test_help_is_asked_for_without_leaving_the_page(open_as: Callable[..., Page]) -> None:
    page = open_as(_DONE, "en", java_script_enabled=True)
    page.goto("/my/home")
    page.locator(".help summary").click()
    page.locator("[data-action=help]").click()
    expect(page.locator("[data-help=ASKED]")).to_be_visible()
    expect(page.locator("[data-action=help]")).to_be_hidden()


def test_nothing_is_read_aloud_where_the_phone_has_no_voice(open_as: Callable[..., Page]) -> None:
    page = open_as(_DONE, "zh", look="1a", java_script_enabled=True)
    page.goto("/my/form/V1/1")
    expect(page.locator("[data-aloud]")).to_be_hidden()
    expect(page.locator("[data-aloud-switch]")).to_be_hidden()
