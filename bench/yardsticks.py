"""What a form is measured against: bare Flask, Flask with one committed INSERT, and with six.

Plain drivers, a connection for each thread, nothing between the request and the
table: no session, no guard, no answer looked at. Served as the product is. `six` are as
many statements as a form takes, of the simplest kind and in the same two transactions:
a question, then a locked row, a question and three INSERTs. A form has its own work beside.
"""

import os
import sqlite3
import threading
import uuid
from typing import Any

import psycopg
from flask import Flask, request

from pro_app import server

# The product's own way of serving, without its hooks.
bind = os.environ.get("PRO_LISTEN", "")
worker_class = server.worker_class
workers = server.workers
threads = server.threads
timeout = server.timeout
keepalive = server.keepalive
control_socket_disable = server.control_socket_disable
accesslog = server.accesslog
errorlog = server.errorlog
loglevel = server.loglevel

TABLES = [
    f"CREATE TABLE {name} (id TEXT PRIMARY KEY, body TEXT NOT NULL)"
    for name in ("note", "score", "trail", "seat")
]
_ONE = "INSERT INTO note VALUES ({0}, {0})"
_SIX = (
    "SELECT body FROM seat WHERE id = {0}",
    "SELECT id FROM seat WHERE id = {0} FOR UPDATE",
    "SELECT body FROM seat WHERE id = {0}",
    _ONE,
    "INSERT INTO score VALUES ({0}, {0})",
    "INSERT INTO trail VALUES ({0}, {0})",
)


def create_app() -> Flask:
    """GET /hello; PUT /notes/<id> and /six/<id> with 201 once the body is kept for good."""
    app = Flask(__name__)
    url = os.environ["PRO_DATABASE_URL"]
    database = _Sqlite(url) if url.startswith("sqlite") else _Postgresql(url)

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.put("/notes/<note_id>")
    def put_note(note_id: str) -> tuple[dict[str, str], int]:
        database.keep_one(note_id, request.get_data(as_text=True))
        return {"id": note_id}, 201

    @app.put("/six/<note_id>")
    def put_six(note_id: str) -> tuple[dict[str, str], int]:
        database.keep_with_six(note_id, request.get_data(as_text=True))
        return {"id": note_id}, 201

    return app


class _Sqlite:
    def __init__(self, url: str) -> None:
        self._file = url.removeprefix("sqlite:///")
        self._mine = threading.local()
        self._writing = threading.Lock()
        self._one = _ONE.format("?")
        # It has no lock of a row: a writer is alone.
        self._six = [text.format("?").removesuffix(" FOR UPDATE") for text in _SIX]

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._mine, "connection"):
            made = sqlite3.connect(self._file, isolation_level=None, timeout=20)
            made.execute("PRAGMA synchronous=FULL")
            self._mine.connection = made
        connection: sqlite3.Connection = self._mine.connection
        return connection

    def keep_one(self, note_id: str, body: str) -> None:
        connection = self._connection()
        with self._writing:
            connection.execute(self._one, (note_id, body))

    def keep_with_six(self, note_id: str, body: str) -> None:
        connection = self._connection()
        ask, hold, look, *inserts = self._six
        connection.execute(ask, (note_id,)).fetchall()
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(hold, (note_id,)).fetchall()
            connection.execute(look, (note_id,)).fetchall()
            for insert in inserts:
                connection.execute(insert, (note_id, body))
            connection.execute("COMMIT")


class _Postgresql:
    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "")
        self._mine = threading.local()
        self._one = _ONE.format("%s")
        self._six = [text.format("%s") for text in _SIX]

    def _connection(self) -> psycopg.Connection[Any]:
        """This thread's, with a row in `seat` that nobody else holds."""
        if not hasattr(self._mine, "connection"):
            made = psycopg.connect(self._url, autocommit=True)
            self._mine.seat = str(uuid.uuid4())
            made.execute("INSERT INTO seat VALUES (%s, %s)", (self._mine.seat, "mine"))
            self._mine.connection = made
        connection: psycopg.Connection[Any] = self._mine.connection
        return connection

    def keep_one(self, note_id: str, body: str) -> None:
        self._connection().execute(self._one, (note_id, body))

    def keep_with_six(self, note_id: str, body: str) -> None:
        connection = self._connection()
        ask, hold, look, *inserts = self._six
        seat = (self._mine.seat,)
        connection.execute(ask, seat).fetchall()
        with connection.transaction():
            with connection.pipeline():
                held = connection.execute(hold, seat)
                found = connection.execute(look, seat)
            held.fetchall()
            found.fetchall()
            with connection.pipeline():
                for insert in inserts:
                    connection.execute(insert, (note_id, body))
