"""Staff pages at 183, 2,000 and 20,000 patients: the time of a page, its CPU, its statements.

    python -m bench.pages [--sizes 183 2e3 2e4] [--rounds 20] [--kinds sqlite postgresql]
        [--pages Today Ledger Patient Compliance]

Each size is a database of its own. A nurse's pages are asked for in turns through the
application itself, without a network: at one site that has all the patients, and at one
of four. In a study of any size, the nurse's site has the same busy day, which fills each list of
Today, so that pages with as many rows are compared. `x smallest` is the median of the
ratios to the smallest study, page by page; `rows` are what its lists and tables show.
"""

import re
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from bench.ground import KINDS, NOW, analyse, application, databases
from bench.population import Habits, fill
from bench.report import arguments, in_turns, median, number, ratio, seconds, show
from pro_app import create_app
from pro_app.acts.person import operator
from pro_app.deployment import deployment
from pro_app.followup.service import synchronise_flags
from pro_app.security import accounts, secrets, service
from pro_app.security.access import occasion_of
from pro_app.security.roles import Role
from pro_app.settings import Settings
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, WORKER

_HABITS = Habits(handed_in=0.8, explained=0.9)
_BUSY = 125
#: One of the busy day, whom every size and spread has.
_NUMBER = "LISHUI-B00000"
_ROW = re.compile(r"<tr|<li class=.row")
_PAGES = {
    "Today": "/staff/today",
    "Ledger": "/staff/ledger",
    "Patient": "/staff/patients/{number}",
    "Compliance": "/staff/compliance",
}


def measure(kind: str, sizes: list[int], rounds: int, pages: list[str]) -> Iterator[dict[str, Any]]:
    """One row per spread, page and size."""
    for spread, count in (("one site", 1), ("four sites", 4)):
        with databases(kind) as new:
            desks = [_desk(new(f"of{size}at{count}"), size, count) for size in sizes]
            for page in pages:
                path = _PAGES[page].format(number=_NUMBER)
                taken = in_turns(rounds, *(_timed(desk, path) for desk in desks))
                for place, size in enumerate(sizes):
                    yield {
                        "database": kind,
                        "spread": spread,
                        "page": page,
                        "patients": size,
                        "rows": len(_ROW.findall(desks[place].get(path).text)),
                        "statements": _statements(desks[place], path),
                        "ms": 1000 * median(taken[place]),
                        "CPU ms": _cpu_ms(desks[place], path, rounds),
                        "x smallest": ratio(taken[place], taken[0]),
                    }
            for desk in desks:
                with desk.application.app_context():
                    db.engine.dispose()


def _desk(settings: Settings, patients: int, count: int) -> FlaskClient:
    """The browser of a nurse who is signed in at the first of so many sites."""
    with application(settings):
        parts = deployment()
        sites = [site.code for site in parts.study.sites][:count]
        fill(patients, sites, _HABITS, min(_BUSY, patients))
        now = parts.now()
        synchronise_flags(at=occasion_of(parts, operator(WORKER)))
        password = secrets.new_password()
        accounts.add_staff("nurse", Role.NURSE, sites[:1], password, actor=CLI, now=now)
        token = service.sign_in_staff("nurse", password, now=now)
        analyse()
    client = create_app(settings, clock=lambda: NOW).test_client()
    with client.session_transaction() as session:
        session["_user_id"] = token
    return client


def _timed(desk: FlaskClient, path: str) -> Callable[[], float]:
    def ask() -> None:
        assert desk.get(path).status_code == 200, path

    ask()  # once, so that templates are compiled and the file is warm
    return lambda: seconds(ask)


def _cpu_ms(desk: FlaskClient, path: str, rounds: int) -> float:
    """What one page costs this process; the database's own work is not in it on PostgreSQL."""
    before = process_time()
    for _ in range(rounds):
        desk.get(path)
    return 1000 * (process_time() - before) / rounds


def _statements(desk: FlaskClient, path: str) -> int:
    seen: list[str] = []

    def executed(_connection, _cursor, text, *_rest):  # type: ignore[no-untyped-def]
        if not text.startswith("BEGIN"):
            seen.append(text)

    with desk.application.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", executed)
    desk.get(path)
    event.remove(engine, "before_cursor_execute", executed)
    return len(seen)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--sizes", nargs="+", type=number, default=[183, 2000, 20_000])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pages", nargs="+", choices=list(_PAGES), default=list(_PAGES))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    asked = parser.parse_args()
    figures = [
        row for kind in asked.kinds for row in measure(kind, asked.sizes, asked.rounds, asked.pages)
    ]
    show(figures, asked.json)


if __name__ == "__main__":
    main()
