"""The engine: one way to SQLite and PostgreSQL, with the settings each needs."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.orm import DeclarativeBase

from pro_app.settings import Settings
from pro_app.store.tables import metadata

_BUSY_SECONDS = 20
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # a receipt is given only for what survives a power cut
    "foreign_keys=ON",
    "recursive_triggers=ON",  # else REPLACE deletes without asking the triggers
)
_WRITE_LOCKS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()


class Base(DeclarativeBase):
    metadata = metadata


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()


def connect_app(app: Flask, settings: Settings) -> None:
    """Bind the application to its database; nothing is opened before first use."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    if settings.embedded:
        file = Path(settings.database_url.removeprefix("sqlite:///"))
        file.parent.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(app.root_path).parent / "migrations"))
    with app.app_context():
        if settings.embedded:
            _prepare_sqlite(db.engine)


def _engine_options(settings: Settings) -> dict[str, Any]:
    # What a failed statement was given may be an answer; it stays out of the logs.
    quiet = {"hide_parameters": True}
    if settings.embedded:
        wait = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
        return quiet | {"connect_args": wait}
    # Last in, first out: the connection used just now is still in the processor's caches.
    pool = {"pool_size": 8, "max_overflow": 4, "pool_recycle": 1800, "pool_use_lifo": True}
    # A connection that says nothing may only read: a single question has no BEGIN that could
    # say READ ONLY. Whoever begins a transaction says that it will write, or not.
    asked = make_url(settings.database_url).query.get("options", "")
    read_only = f"{asked} -c default_transaction_read_only=on".strip()
    return (
        quiet
        | pool
        | {
            "connect_args": {"options": read_only},
            "execution_options": {"postgresql_readonly": False},
        }
    )


def _prepare_sqlite(engine: Engine) -> None:
    _WRITE_LOCKS[engine] = threading.Lock()

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def to_write(engine: Engine) -> Connection:
    """A connection whose transaction is to write: SQLite wants to know as it begins."""
    connection = engine.connect()
    return connection.execution_options(writes=True) if engine.name == "sqlite" else connection


@contextmanager
def autocommit(connection: Connection) -> Iterator[None]:
    """No transaction on PostgreSQL in this block.

    Asked of the driver itself: to change the isolation level through SQLAlchemy and
    back takes longer than a question.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


def write_lock(engine: Engine) -> AbstractContextManager[Any]:
    """What a writer holds from BEGIN to COMMIT: on SQLite one writer at a time.

    Threads of one process queue here, in order, rather than on SQLite's busy
    timer, which sleeps and starves some of them.
    """
    return _WRITE_LOCKS.get(engine) or nullcontext()
