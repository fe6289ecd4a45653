"""What a form is measured against: bare Flask, and Flask with one committed INSERT.

Plain drivers, a connection for each thread, nothing between the request and the
table: no session, no guard, no answer looked at. Served as the product is.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
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

TABLE = "CREATE TABLE note (id TEXT PRIMARY KEY, body TEXT NOT NULL)"


def create_app() -> Flask:
    """GET /hello, and PUT /notes/<id> with 201 once the body is kept for good."""
    app = Flask(__name__)
    keep = _keeper(os.environ["PRO_DATABASE_URL"])

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.put("/notes/<note_id>")
    def put_note(note_id: str) -> tuple[dict[str, str], int]:
        keep(note_id, request.get_data(as_text=True))
        return {"id": note_id}, 201

    return app


def _keeper(url: str) -> Callable[[str, str], None]:
    mine = threading.local()
    writing = threading.Lock()

    def connection(make: Callable[[], Any]) -> Any:
        if not hasattr(mine, "connection"):
            mine.connection = make()
        return mine.connection

    def open_sqlite() -> sqlite3.Connection:
        made = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=20)
        made.execute("PRAGMA synchronous=FULL")
        return made

    def keep_sqlite(note_id: str, body: str) -> None:
        with writing:
            connection(open_sqlite).execute("INSERT INTO note VALUES (?, ?)", (note_id, body))

    def open_postgresql() -> psycopg.Connection[Any]:
        return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def keep_postgresql(note_id: str, body: str) -> None:
        connection(open_postgresql).execute("INSERT INTO note VALUES (%s, %s)", (note_id, body))

    return keep_sqlite if url.startswith("sqlite") else keep_postgresql
