"""The engine: one way to SQLite and PostgreSQL, with the settings each needs."""

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase

from pro_app.settings import Settings
from pro_app.store.engine.patience import (
    LOCK_SECONDS,
    SILENCE_SECONDS,
    Reachable,
    Unavailable,
    limit_seconds,
)
from pro_app.store.tables import metadata

#: A command waits so long for its turn to write into a SQLite file.
_BUSY_SECONDS = 20
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # a receipt is given only for what survives a power cut
    "foreign_keys=ON",
    "recursive_triggers=ON",  # else REPLACE deletes without asking the triggers
)
#: A network that is cut is noticed after about so many seconds; connecting takes no longer than 3.
_NETWORK: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
#: A page's transaction is cut off by the server when its process says nothing for so long.
_IDLE_SECONDS = 60
_WRITE_LOCKS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_REACHABLE: WeakKeyDictionary[Engine, Reachable] = WeakKeyDictionary()


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
        _prepare_sqlite(db.engine) if settings.embedded else _prepare_postgresql(db.engine)


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
            "connect_args": _NETWORK | {"options": read_only},
            "execution_options": {"postgresql_readonly": False},
        }
    )


def _prepare_sqlite(engine: Engine) -> None:
    _WRITE_LOCKS[engine] = threading.Lock()
    file = Path(engine.url.database or "")

    @event.listens_for(engine, "do_connect")
    def keep_to_oneself(*_: Any) -> None:
        # SQLite would make a file that everybody on the machine can read.
        if not file.exists():
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Of the driver itself: it waits for nobody, and goes before each question.
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN").close()


class _Line(psycopg.Connection[Any]):
    """A connection that is given up when the server no longer answers."""

    given_up: Callable[[], None]

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """What the server answers. Errors: OperationalError after the limit of this caller."""
        # The server cuts a statement off at the limit; this is for one that can't.
        longest = (limit_seconds() or SILENCE_SECONDS) + 1
        try:
            return super().wait(gen, interval, longest if timeout is None else timeout)
        except psycopg.OperationalError:
            if not self.closed and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # An answer that comes after all would be taken for that to the next question.
                self.close()
                self.given_up()
            raise


def _prepare_postgresql(engine: Engine) -> None:
    _REACHABLE[engine] = reachable = Reachable()

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, places: Any, words: Any) -> Any:
        try:
            line = _Line.connect(*places, **words)
        except psycopg.OperationalError:
            reachable.failed()
            raise
        line.given_up = reachable.failed
        reachable.answered()
        return line

    @event.listens_for(engine, "checkout")
    def look(line: Any, _record: Any, _proxy: Any) -> None:
        # Nobody has asked anything on it, so whatever came says that it has ended.
        poll = select.poll()
        poll.register(line.pgconn.socket, select.POLLIN)
        if poll.poll(0):
            raise DisconnectionError("the server has ended this connection")


def connect(engine: Engine) -> Connection:
    """A connection on which everything takes at most as long as this caller may wait.

    Errors: Unavailable when the database could not be reached a moment ago.
    """
    if engine in _REACHABLE:
        _REACHABLE[engine].ask()
    connection = engine.connect()
    if connection.info.get("limit") != limit_seconds():
        try:
            _limit(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _limit(connection: Connection) -> None:
    """Tell the database once; the connection's next user most often has the same limit."""
    seconds = limit_seconds()
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        waits = _BUSY_SECONDS if seconds is None else LOCK_SECONDS
        told = f"PRAGMA busy_timeout={waits * 1000:.0f}"
        driver.execute(told).close()
    else:
        limits = (0, 0, 0) if seconds is None else (seconds, LOCK_SECONDS, _IDLE_SECONDS)
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        told = "; ".join(f"SET {n} = {s * 1000:.0f}" for n, s in zip(names, limits, strict=True))
        with autocommit(connection):
            driver.execute(told)
    connection.info["limit"] = seconds


def to_write(engine: Engine) -> Connection:
    """A connection whose transaction is to write: SQLite wants to know as it begins."""
    connection = connect(engine)
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


@contextmanager
def write_lock(engine: Engine) -> Iterator[None]:
    """What a writer holds from BEGIN to COMMIT: on SQLite one writer at a time.

    Threads of one process queue here, in order, rather than on SQLite's busy
    timer, which sleeps and starves some of them.
    Errors: Unavailable when another one holds it for longer than this caller may wait.
    """
    lock = _WRITE_LOCKS.get(engine)
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=-1 if limit_seconds() is None else LOCK_SECONDS):
        raise Unavailable("another writer holds the file")
    try:
        yield
    finally:
        lock.release()
