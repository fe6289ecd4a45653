"""Requests that nobody means well: no answer may be an error, and nothing half-written.

    python -m bench.fuzz [--requests 1e4] [--seed 1] [--kinds sqlite postgresql] [--json FILE]

Seven people, a stranger among them, ask every route by every method, with fields that the
pages know and values that are right, odd or broken; forgery tokens are on and most requests
bring theirs. What is random follows from the seed: the same seed asks the same again.
`errors` are answers of 500 and above; each is printed with what was asked and what it met,
and the exit status is 1.
In the end trail and tables are held against each other: a row that no event tells of would
be half a deed. A quick password hash and no brakes per address let it ask much in little time.
"""

import json
import logging
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask, got_request_exception
from flask import session as of_request
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.routing import Rule

from bench.ground import KINDS, application, databases
from bench.population import Habits, fill
from bench.report import arguments, number, show
from pro_app.audit import service as audit
from pro_app.clock import utc_now
from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.security.setup import limiter
from pro_app.settings import ROOT, Settings
from tests import factories
from tests.cast import Cast

_PATIENTS = 40
_HABITS = Habits(handed_in=0.8, explained=0.5)
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
#: After so many requests everybody signs in anew: some of them end sessions and accounts.
_SHIFT = 500
_PEOPLE: dict[str, Callable[[Cast], FlaskClient]] = {
    "nurse": Cast.nurse_of_lishui,
    "investigator": Cast.investigator_of_lishui,
    "monitor": Cast.monitor,
    "data manager": Cast.data_manager,
    "administrator": Cast.administrator,
    "patient": lambda cast: cast.patient("LISHUI-900"),
    "stranger": lambda cast: cast._app.test_client(),
}
_ODD = (
    "", " ", "0", "-1", "1", "2147483647", "2147483648", "9" * 40, "1e9", "NaN", "٣", "true", "{}",
    "a\0b", "\ud7ff\ue000", "💊", "\u202e", "\x1b[0m", "'; DROP TABLE form;--", "{{7*7}}", "%s%n",
    "../../etc/passwd", "<script>", "a" * 5000, "\r\nSet-Cookie: a=b", "😀" * 300,
    "0001-01-01", "9999-12-31", "2026-02-30", "2026-03-05", "2026-03-05T08:00", "24:00", "08:30",
    "2026-03-05T08:00:00+24:00", "1900-01-01T00:00:00Z", "RETAIN", "yes", "on", "zh", "en",
)  # fmt: skip
_FIELD = re.compile(r"""name="([\w:.-]+)"|(?:args|form|files)(?:\.get\(|\[)"([\w:.-]+)\"""")


@dataclass
class Found:
    asked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


class Fuzzer:
    """Asks one application, as everybody in turns."""

    def __init__(self, app: Flask, seed: int) -> None:
        self._app = app
        self._chance = random.Random(seed)
        self._rules = [r for r in app.url_map.iter_rules() if r.endpoint != "assets.asset"]
        self._fields = sorted(_field_names())
        self._known = _known_values()
        self._met = ""
        got_request_exception.connect(self._note, app)

    def run(self, requests: int) -> Found:
        found = Found()
        while found.asked < requests:
            people = self._people(found.asked)
            for _ in range(min(_SHIFT, requests - found.asked)):
                self._ask(found, *self._chance.choice(people))
        return found

    def _people(self, shift: int) -> list[tuple[str, FlaskClient, str]]:
        """(who, browser, forgery token) of everybody, just signed in."""
        cast, found = Cast(self._app), []
        with self._app.app_context():
            factories.add_patient(f"LISHUI-{90000 + shift}")
        cast.staff = _renamed(cast.staff, shift)  # type: ignore[method-assign]
        for who, enters in _PEOPLE.items():
            client = cast.patient(f"LISHUI-{90000 + shift}") if who == "patient" else enters(cast)
            found.append((who, client, _token(self._app, client)))
        self._app.config["WTF_CSRF_ENABLED"] = True
        return found

    def _ask(self, found: Found, who: str, client: FlaskClient, token: str) -> None:
        rule, method = self._chance.choice(self._rules), self._method()
        path, given = self._path(rule), self._given(token)
        limiter.reset()
        self._met = ""
        answer = client.open(path, method=method, **given)
        found.asked += 1
        found.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            found.errors.append(f"{who} {method} {path!r} {str(given)[:300]} → {self._met}")
        answer.close()

    def _note(self, _app: Flask, exception: BaseException, **_rest: Any) -> None:
        self._met = f"{type(exception).__name__}: {str(exception)[:200]}"

    def _method(self) -> str:
        return self._chance.choice(_METHODS if self._chance.random() < 0.3 else ("GET", "POST"))

    def _path(self, rule: Rule) -> str:
        def fill_in(part: re.Match[str]) -> str:
            if "int:" in part[0] and self._chance.random() < 0.8:
                return str(self._chance.choice((1, 2, 3, 17, 2**31 - 1, 2**31)))
            return self._value().replace("/", "%2F").replace("\0", "%00") or "x"

        path = re.sub(r"<[^>]+>", fill_in, rule.rule)
        return (
            path.replace("\r", "%0D").replace("\n", "%0A").replace("?", "%3F").replace("#", "%23")
        )

    def _given(self, token: str) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self._chance.random() < 0.6:
            given["query_string"] = self._some()
        if self._chance.random() < 0.3:
            given["headers"] = {"X-CSRFToken": token, "Content-Type": "application/json"}
            given["data"] = self._message()
        else:
            given["data"] = self._some()
            if self._chance.random() < 0.9:
                given["data"]["csrf_token"] = token
            if self._chance.random() < 0.1:
                name = self._chance.choice(self._fields)
                given["data"][name] = (BytesIO(self._chance.randbytes(200)), self._value())
        return given

    def _some(self) -> dict[str, Any]:
        return {
            self._chance.choice(self._fields): self._value()
            for _ in range(self._chance.randrange(8))
        }

    def _value(self) -> str:
        return self._chance.choice(_ODD if self._chance.random() < 0.5 else self._known)

    def _message(self) -> bytes:
        """JSON of a form's kind with something changed, or hardly JSON at all."""
        whole: dict[str, Any] = {
            "visit": self._value(),
            "language": self._value(),
            "answers": {self._value(): self._any() for _ in range(3)},
            "started_at": self._value(),
            "device_at": self._value(),
            "device_offset_minutes": self._any(),
            self._chance.choice(self._fields): self._any(),
        }
        text = json.dumps(whole).encode()
        if self._chance.random() < 0.3:
            place = self._chance.randrange(len(text))
            text = text[:place] + self._chance.randbytes(2) + text[place + 1 :]
        return text

    def _any(self) -> Any:
        kinds: tuple[Callable[[], Any], ...] = (
            self._value, lambda: 2**70, lambda: -1.5, lambda: None, lambda: [1], dict, lambda: True,
            lambda: float("inf"), lambda: self._chance.randrange(5),
        )  # fmt: skip
        return self._chance.choice(kinds)()


def _renamed(staff: Callable[..., FlaskClient], shift: int) -> Callable[..., FlaskClient]:
    return lambda name, *rest: staff(f"{name}{shift}", *rest)


def _token(app: Flask, client: FlaskClient) -> str:
    """A forgery token of this browser's session."""
    with client.session_transaction() as session:
        kept = dict(session)
    with app.test_request_context():
        of_request.update(kept)
        token = str(generate_csrf())
        kept = dict(of_request)
    with client.session_transaction() as session:
        session.update(kept)
    return token


def _field_names() -> Iterator[str]:
    """Every field that a page or a view names."""
    for path in (ROOT / "pro_app").rglob("*"):
        if path.suffix in (".py", ".html"):
            for name, other in _FIELD.findall(Path(path).read_text(encoding="utf-8")):
                yield name or other


def _known_values() -> list[str]:
    parts = deployment()
    study = parts.study
    return [
        *(site.code for site in study.sites),
        *(visit.code for visit in study.all_visits),
        *parts.instrument.item_codes[:5],
        *("LISHUI-001", "LISHUI-B00000", "LISHUI-90000", "JIAXING-001"),
        *("death", "progression", "withdrawal_questionnaires", "transfer", "new", "save", "PHONE"),
        *("SKIPPED", "ALONE", "PROXY", "P_DECLINED_THIS", "OTHER", "REACHED", "nurse", "1", "2"),
        *("form", "event", "patient", "lock", "unlock", "sign", "2026-02-20", "2025-09-04"),
    ]


def measure(settings: Settings, requests: int, seed: int) -> dict[str, Any]:
    with application(settings, utc_now) as app:
        fill(_PATIENTS, [site.code for site in deployment().study.sites], _HABITS)
        fuzzer = Fuzzer(app, seed)
    found = fuzzer.run(requests)
    with app.app_context():
        verdict = audit.check(data=True)
    for error in found.errors:
        print(error)
    return {
        "database": "sqlite" if settings.embedded else "postgresql",
        "requests": found.asked,
        "errors": len(found.errors),
        "taken": sum(n for status, n in found.statuses.items() if status < 400),
        "refused": sum(n for status, n in found.statuses.items() if 400 <= status < 500),
        "rows told": verdict.data.rows if verdict.data else 0,
        "whole": bool(verdict.whole),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--requests", type=number, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    asked = parser.parse_args()
    logging.disable()
    secrets._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    figures = []
    for kind in asked.kinds:
        with databases(kind, fsync="off") as new, suppress(KeyboardInterrupt):
            figures.append(measure(new("fuzz"), asked.requests, asked.seed))
    show(figures, asked.json)
    if any(row["errors"] or not row["whole"] for row in figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
