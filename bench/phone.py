"""What a form costs a phone: bytes, requests and time until its first line can be answered.

    python -m bench.phone [--rounds 7] [--lighthouse] [--json FILE]

Real Chromium, 360 × 640, before gunicorn as in production. Each load has a browser of its
own and takes turns with the others: the form cold; again in the same browser; the same with
the service worker after a visit to the home page; and a plain page with the same text and
its style in it. `before` is all that was asked for and had come when the first line could
be answered, `in all` once nothing more came; bytes are those on the line, heads included.
Loads are timed on 1.6 Mbit/s with 150 ms a round trip and a processor slowed down fourfold.
`blocked` is the total blocking time. --lighthouse fetches Lighthouse from npm.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench import chromium, lighthouse
from bench.ground import application, databases
from bench.network import FAST, SLOW, Network, network
from bench.report import arguments, in_turns, median, ratio, show
from bench.serving import Server, serve
from pro_app.clock import utc_now
from pro_app.core.schedule import add_months
from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.settings import Settings
from tests.cast import Cast
from tests.factories import add_patient

_NUMBER, _OTHER = "LISHUI-001", "LISHUI-002"
_SLOWER = 4
_QUIET_S = 1.5
#: When a line of the form first stands on the screen, in ms since 1970, and what blocked it.
_WATCH = """
(() => {
  const seen = { usable: 0, tasks: [] };
  self.seen = seen;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.tasks.push([task.startTime, task.duration]);
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const option = document.querySelector("#answers label.option");
    const found = option && option.getBoundingClientRect().height > 0;
    if (!found) return requestAnimationFrame(look);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { seen.usable = performance.timeOrigin + performance.now(); };
    port2.postMessage(0);
  };
  requestAnimationFrame(look);
})();
"""
#: Total blocking time: what tasks took over 50 ms each once something was painted.
_FOUND = """
() => {
  const [painted] = performance.getEntriesByName("first-contentful-paint");
  const after = seen.tasks.filter(([at]) => painted && at >= painted.startTime);
  const blocked = after.reduce((sum, [, taken]) => sum + taken - 50, 0);
  return [seen.usable, performance.timeOrigin, blocked];
}
"""


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient with a form begun on another phone: its address, their link and their cookie."""

    form: str
    link: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Load:
    """What one load took."""

    kb_before: float
    kb_in_all: float
    before: list[str]
    in_all: list[str]
    seconds: float
    blocked_ms: float


def _patient(settings: Settings) -> Patient:
    with application(settings, utc_now) as app:
        parts = deployment()
        visit = parts.study.visits[1]
        randomised_on = add_months(parts.today(), -visit.month)
        asked_on = randomised_on - timedelta(7)
        for number in (_NUMBER, _OTHER):
            add_patient(
                number,
                screened_on=asked_on,
                pro_consent_on=asked_on,
                randomised_on=randomised_on,
            )
        cast = Cast(app)
        browser = cast.patient(_NUMBER)
        begun = {
            "submission_id": secrets.new_submission_id(),
            "base": 0,
            "started_at": parts.now().isoformat(),
            "device_at": parts.now().isoformat(),
            "answers": {},
            "item_languages": {},
            "item_times": {},
            "language": "zh",
        }
        assert browser.put(f"/api/drafts/{visit.code}", json=begun).status_code == 200
        cookie = browser.get_cookie("session")
        assert cookie
        return Patient(f"/my/form/{visit.code}/1", f"/p/{cast.link_of(_OTHER)}", cookie.value)


class Phone:
    """A browser on a network of its own, with nothing in it."""

    def __init__(self, browser: Browser, way: Network, cookie: str) -> None:
        self._way = way
        self._context = browser.new_context(viewport=chromium.SCREEN, locale="zh-CN")
        if cookie:
            self._context.add_cookies([{"name": "session", "value": cookie, "url": way.address}])
        self._context.add_init_script(_WATCH)

    def load(self, path: str) -> Load:
        """Open a page in a tab of its own, until nothing more comes."""
        page = self._context.new_page()
        session = self._context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        self._way.forget()
        page.goto(self._way.address + path)
        page.wait_for_function("() => self.seen.usable > 0")
        self._settle(page)
        usable, begun, blocked = page.evaluate(_FOUND)
        load = Load(
            self._way.received(usable) / 1000,
            self._way.received() / 1000,
            self._way.requests(usable),
            self._way.requests(),
            (usable - begun) / 1000,
            blocked,
        )
        page.close()
        return load

    def get_ready(self, path: str) -> None:
        """Visit the home page, after which the phone can do without a network, and the form."""
        speed, self._way.speed = self._way.speed, FAST
        page = self._context.new_page()
        page.goto(f"{self._way.address}/my/home")
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        self._settle(page)
        self._way.forget()
        page.goto(f"{self._way.address}{path}")
        self._settle(page)
        page.close()
        self._way.speed = speed

    def close(self) -> None:
        self._context.close()

    def _settle(self, page: Page) -> None:
        while self._way.quiet_for() < _QUIET_S:
            page.wait_for_timeout(100)


def measure(rounds: int, lighthouse_too: bool) -> Iterator[dict[str, Any]]:
    """A row for each kind of load, and one for each page that Lighthouse looked at."""
    with ExitStack() as stack:
        settings = stack.enter_context(databases("sqlite"))("phone")
        patient = _patient(settings)
        product = stack.enter_context(_serve(settings, "wsgi:app", "pro_app.server"))
        plain = stack.enter_context(
            _serve(settings, "bench.plain_page:create_app()", "bench.plain_page")
        )
        # Before Playwright, which holds this thread's loop.
        way = stack.enter_context(network(product.port, SLOW))
        plain_way = stack.enter_context(network(plain.port, SLOW))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.FLAGS)
            yield from _loads(rounds, browser, patient, way, plain_way)
            browser.close()
        if lighthouse_too:
            for page, path, cookie in (
                ("sign-in", patient.link, ""),
                ("home", "/my/home", f"session={patient.cookie}"),
                ("form", patient.form, f"session={patient.cookie}"),
            ):
                points = lighthouse.scores(f"http://127.0.0.1:{product.port}{path}", cookie)
                yield {"page": page} | points


def _loads(
    rounds: int, browser: Browser, patient: Patient, way: Network, plain_way: Network
) -> Iterator[dict[str, Any]]:
    loads: dict[str, list[Load]] = {name: [] for name in ("plain", "cold", "again", "worker")}

    def of_plain() -> float:
        phone = Phone(browser, plain_way, "")
        loads["plain"].append(phone.load("/"))
        phone.close()
        return 0.0

    def of_form() -> float:
        phone = Phone(browser, way, patient.cookie)
        loads["cold"].append(phone.load(patient.form))
        loads["again"].append(phone.load(patient.form))
        phone.close()
        return 0.0

    def of_worker() -> float:
        phone = Phone(browser, way, patient.cookie)
        phone.get_ready(patient.form)
        loads["worker"].append(phone.load(patient.form))
        phone.close()
        return 0.0

    in_turns(rounds, of_plain, of_form, of_worker)
    for name, taken in loads.items():
        yield {
            "page": name,
            "kB before": median(each.kb_before for each in taken),
            "requests before": median(len(each.before) for each in taken),
            "kB in all": median(each.kb_in_all for each in taken),
            "requests in all": median(len(each.in_all) for each in taken),
            "s": median(each.seconds for each in taken),
            "x plain": ratio(
                [each.seconds for each in taken], [each.seconds for each in loads["plain"]]
            ),
            "blocked ms": median(each.blocked_ms for each in taken),
        }


def _serve(settings: Settings, app: str, config: str) -> AbstractContextManager[Server]:
    return serve(settings, app, config, answers_at="/")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--lighthouse", action="store_true")
    asked = parser.parse_args()
    show(list(measure(asked.rounds, asked.lighthouse)), asked.json)


if __name__ == "__main__":
    main()
