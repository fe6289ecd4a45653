"""What every test stands on: two real databases, a clock of one's own, a cast."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from pro_app import create_app
from pro_app.security import secrets
from pro_app.settings import Settings
from pro_app.store.engine.database import db
from tests import postgres
from tests.cast import Cast

_numbers = itertools.count(1)

# A busy machine is slow, not wrong.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

#: As the product hashes passwords and PINs.
STRONG = secrets._HASHER


@pytest.fixture(scope="session", autouse=True)
def _light_hashes() -> None:
    """The same hash with little memory and one pass: thousands of sign-ins are tested."""
    secrets._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Templates and routes are the same in thousands of applications: compiled for the first."""
    folder = tmp_path_factory.mktemp("templates")
    Flask.jinja_options = Flask.jinja_options | {
        "bytecode_cache": FileSystemBytecodeCache(str(folder))
    }
    build, built = Rule._compile_builder, {}

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        what = (tuple(rule._trace), repr(rule.defaults), append_unknown)
        if what not in built:
            built[what] = build(rule, append_unknown)
        return built[what]

    Rule._compile_builder = once


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def __call__(self) -> datetime:
        return self.instant

    def set(self, text: str) -> None:
        """Set by an ISO instant with its zone, such as 2026-03-05T08:00+08:00."""
        self.instant = datetime.fromisoformat(text).astimezone(UTC)

    def advance(self, **lasting: float) -> None:
        self.instant += timedelta(**lasting)


def settings_for(database_url: str, instance: Path, **changes: object) -> Settings:
    values = {
        "database_url": database_url,
        "env": "demo",
        "secret_key": "a key for tests that is long enough",
        "listen": "127.0.0.1:5000",
        "base_url": "http://localhost",
        "study": "nct04158843",
        "trusted_proxies": 0,
        "offline": True,
        "contact_keys": ("a key of the contact book for tests, long enough",),
        "instance": instance,
        "cli_language": "en",
    }
    return Settings(**(values | changes))


def _migrate(url: str, folder: Path) -> None:
    app = create_app(settings_for(url, folder))
    with app.app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A running server with a migrated database to copy."""
    with postgres.server() as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE migrated")
        yield address


@pytest.fixture(scope="session")
def postgres_migrated(postgres_address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = postgres_address.replace("postgresql://", "postgresql+psycopg://")
    _migrate(f"{url}/migrated", tmp_path_factory.mktemp("instance"))
    return postgres_address


@pytest.fixture(scope="session")
def sqlite_migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "pro.db"
    _migrate(f"sqlite:///{file}", file.parent)
    return file


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make migrated databases by kind, `sqlite` or `postgresql`; they go with the test."""
    made: list[tuple[str, str]] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            file = tmp_path / f"pro-{next(_numbers)}.db"
            shutil.copy(request.getfixturevalue("sqlite_migrated"), file)
            return f"sqlite:///{file}"
        address = request.getfixturevalue("postgres_migrated")
        name = f"test_{next(_numbers)}"
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            # Six times as fast as through the log, which these have no need of.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY FILE_COPY")
        made.append((address, name))
        return f"{address.replace('postgresql:', 'postgresql+psycopg:')}/{name}"

    yield make
    for address, name in made:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """A migrated, empty database; every test that asks for one runs on both kinds."""
    return new_database(request.param)


@pytest.fixture
def clock() -> HandClock:
    """Thursday 5 March 2026, 08:00 in Shanghai."""
    return HandClock(datetime(2026, 3, 5, 0, 0, tzinfo=UTC))


class ClosingClient(FlaskClient):
    """Closes what it sent: the test client spools a large upload into a file and leaves it open."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        for each in (answer, *answer.history):
            each.request.environ["wsgi.input"].close()
        return answer


@pytest.fixture
def app(database_url: str, clock: HandClock, tmp_path: Path) -> Iterator[Flask]:
    """The application on that database. No context is pushed: a request has its own."""
    made = create_app(settings_for(database_url, tmp_path), clock=clock)
    made.config["TESTING"] = True
    made.test_client_class = ClosingClient
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """The application with its context pushed, for tests of store and services."""
    with app.app_context():
        yield app


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The named people of the tests; each comes into being when first asked for."""
    return Cast(app)
