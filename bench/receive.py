"""One form handed in over HTTP, against one committed INSERT, six statements and bare Flask.

    python -m bench.receive [--forms 1e5] [--burst 600] [--rounds 5] [--kinds …] [--json FILE]

A form is what the phone sends: signed in, 37 answers; it is validated, scored, kept with
its record in the trail, and answered once it would survive a power cut. gunicorn serves
the product as in production, and the yardsticks in the same way, on the same PostgreSQL
or on a SQLite file beside. All take turns within each round. `few` and `many` are two
databases that differ in how many forms they hold already; shares are of the INSERT's rate.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import create_engine, text

from bench import clients, cohort, yardsticks
from bench.ground import KINDS, analyse, application, databases
from bench.hanging_up import connections, hang_up
from bench.population import Habits, fill
from bench.report import arguments, in_turns, median, number, ratio, show
from bench.serving import Server, serve
from pro_app.clock import utc_now
from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.settings import Settings

_FEW = 1000
#: What a patient has handed in on average, of the eleven that are planned.
_FORMS_EACH = 4.6
_HABITS = Habits(handed_in=0.9, explained=0.5)
_CLIENTS = (1, 4, 16)
_HANGING_UP = 16


@dataclass
class Measured:
    """A server, what it is asked, and what that cost so far."""

    server: Server
    requests: Iterator[bytes]
    cpu_ms: list[float] = field(default_factory=list)
    slowest: list[float] = field(default_factory=list)

    def burst(self, count: int, at_once: int) -> float:
        """The rate of so many requests from so many clients."""
        asked = [next(self.requests) for _ in range(count)]
        before = self.server.cpu_ms()
        done = clients.send(self.server.port, asked, at_once)
        self.cpu_ms.append((self.server.cpu_ms() - before) / count)
        self.slowest.append(done.slowest(0.99) * 1000)
        # A connection that was closed while idle may carry a form over twice.
        assert set(done.statuses) <= {"200", "201"}, done.statuses
        return done.rate


@dataclass(frozen=True)
class Product:
    """A filled database, and the requests of the patients who wait to hand in."""

    settings: Settings
    forms: int
    requests: Iterator[bytes]
    statements: int
    transactions: int


def prepare(settings: Settings, forms: int, waiting: int) -> Product:
    with application(settings, utc_now) as app:
        sites = [site.code for site in deployment().study.sites]
        fill(round(forms / _FORMS_EACH), sites, _HABITS)
        requests = iter(cohort.waiting(app, waiting + 1, sites[0]))
        analyse()
        counted = cohort.statements(app, next(requests))
        return Product(settings, cohort.forms_kept(), requests, *counted)


def measure(kind: str, forms: int, burst: int, rounds: int) -> dict[str, Any]:
    """All figures of one kind of database."""
    waiting = (rounds + 1) * burst * len(_CLIENTS) + 10 * _HANGING_UP
    with databases(kind) as new, ExitStack() as servers:
        few = prepare(new("few"), min(_FEW, forms), waiting)
        many = prepare(new("many"), forms, waiting)
        product = [Measured(servers.enter_context(_serve(p)), p.requests) for p in (few, many)]
        plain = servers.enter_context(_serve_yardsticks(new("plain")))
        insert = Measured(plain, _notes(many.settings, "notes"))
        six = Measured(plain, _notes(many.settings, "six"))
        hello = Measured(plain, _hellos())
        rows = [
            _compare(at_once, few, many, [*product, insert, six, hello], burst, rounds)
            for at_once in _CLIENTS
        ]
        return {"rates": rows, "hanging up": _hang_up(few, product[0])}


def _compare(
    at_once: int, few: Product, many: Product, measured: list[Measured], burst: int, rounds: int
) -> dict[str, Any]:
    for product in (few, many):
        with application(product.settings, utc_now):
            cohort.seen_just_now()
    for each in measured:
        each.burst(burst, at_once)  # the first one fills caches and pools
        each.cpu_ms.clear()
        each.slowest.clear()
    of_few, of_many, of_insert, of_six, of_hello = in_turns(
        rounds, *(lambda each=each: each.burst(burst, at_once) for each in measured)
    )
    return {
        "clients": at_once,
        "few": few.forms,
        "many": many.forms,
        "few/s": median(of_few),
        "many/s": median(of_many),
        "INSERT/s": median(of_insert),
        "six/s": median(of_six),
        "hello/s": median(of_hello),
        "few/INSERT": ratio(of_few, of_insert),
        "many/INSERT": ratio(of_many, of_insert),
        "six/INSERT": ratio(of_six, of_insert),
        "many/few": ratio(of_many, of_few),
        "CPU ms": median(measured[0].cpu_ms + measured[1].cpu_ms),
        "INSERT CPU ms": median(measured[2].cpu_ms),
        "six CPU ms": median(measured[3].cpu_ms),
        "hello CPU ms": median(measured[4].cpu_ms),
        "99 % ms": median(measured[0].slowest + measured[1].slowest),
        "statements": few.statements,
        "transactions": few.transactions,
    }


@contextmanager
def _serve(product: Product) -> Iterator[Server]:
    with serve(product.settings, "wsgi:app", "pro_app.server", answers_at="/") as server:
        yield server


@contextmanager
def _serve_yardsticks(settings: Settings) -> Iterator[Server]:
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        for table in yardsticks.TABLES:
            connection.execute(text(table))
    engine.dispose()
    with serve(
        settings, "bench.yardsticks:create_app()", "bench.yardsticks", answers_at="/hello"
    ) as server:
        yield server


def _notes(settings: Settings, route: str) -> Iterator[bytes]:
    """The yardstick gets bodies as long as a form's."""
    with application(settings, utc_now):
        codes = deployment().instrument.item_codes
    body = str(dict.fromkeys(codes, 2) | dict.fromkeys(("a", "b", "c"), "2026-03-05T00:00:00"))
    while True:
        yield clients.request("PUT", f"/{route}/{secrets.new_submission_id()}", body=body.encode())


def _hellos() -> Iterator[bytes]:
    while True:
        yield clients.request("GET", "/hello")


def _hang_up(product: Product, measured: Measured) -> dict[str, Any]:
    def requests() -> list[bytes]:
        return [next(measured.requests) for _ in range(_HANGING_UP)]

    embedded = product.settings.embedded
    before = {} if embedded else connections(product.settings.database_url)
    done = [hang_up(measured.server, requests(), requests()) for _ in range(4)]
    after = {} if embedded else connections(product.settings.database_url)
    return {"connections before": before, "connections after": after, "rounds": done}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--forms", type=number, default=100_000)
    parser.add_argument("--burst", type=number, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    asked = parser.parse_args()
    found = {k: measure(k, asked.forms, asked.burst, asked.rounds) for k in asked.kinds}
    show(_flat(found.items()), asked.json)
    for kind, figures in found.items():
        print(kind, figures["hanging up"])


def _flat(found: Iterable[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [{"database": kind} | row for kind, figures in found for row in figures["rates"]]


if __name__ == "__main__":
    main()
