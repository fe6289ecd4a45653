"""A migrated database of either kind, and the application on it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from pro_app import create_app
from pro_app.clock import Clock
from pro_app.settings import Settings
from pro_app.store.engine.database import db
from tests import postgres
from tests.conftest import settings_for

KINDS = ("sqlite", "postgresql")

#: Thursday 5 March 2026, 08:00 in Shanghai: the day of every measurement.
NOW = datetime(2026, 3, 5, tzinfo=UTC)


@contextmanager
def databases(kind: str, **server: str) -> Iterator[Callable[[str], Settings]]:
    """What makes a migrated database by its name, and gives the settings for it.

    `server` are settings of PostgreSQL. Either kind keeps what it promises over a
    power cut, as in production, unless these say otherwise. All goes with the block.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pro-bench-", ignore_cleanup_errors=True) as folder,
        _addresses(kind, Path(folder), server) as address_of,
    ):

        def make(name: str) -> Settings:
            settings = settings_for(address_of(name), Path(folder))
            with application(settings):
                upgrade()
            return settings

        yield make


@contextmanager
def _addresses(kind: str, folder: Path, server: dict[str, str]) -> Iterator[Callable[[str], str]]:
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{folder}/{name}.db"
        return
    with postgres.server(**{"fsync": "on"} | server) as address:

        def create(name: str) -> str:
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return f"{address.replace('postgresql:', 'postgresql+psycopg:')}/{name}"

        yield create


@contextmanager
def application(settings: Settings, clock: Clock = lambda: NOW) -> Iterator[Flask]:
    """The application at the instant of the measurements, its context pushed."""
    app = create_app(settings, clock=clock)
    with app.app_context():
        yield app
        db.engine.dispose()


def analyse() -> None:
    """Let the database count what it holds, as PostgreSQL's autovacuum does by itself."""
    with db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
