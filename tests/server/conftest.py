"""The server as production runs it: gunicorn, its processes, real sockets, the real clock."""

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pro_app import create_app
from pro_app.clock import utc_now
from pro_app.deployment import deployment
from pro_app.settings import ROOT
from pro_app.store.engine.database import db
from tests import factories
from tests.cast import Cast
from tests.conftest import settings_for
from tests.postgres import free_port

#: In which anybody else has to have an answer, whatever is done to the server.
PATIENCE = 10


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Phone:
    """A patient's browser: a session, a forgery token, and a form to hand in."""

    port: int
    cookie: str
    csrf: str = ""
    form_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 60) -> Answer:
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.csrf}
        if body is not None:
            headers["Content-Type"] = "application/json"
        begun = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request(method, path, body=json.dumps(body) if body else None, headers=headers)
            answer = line.getresponse()
            taken = answer.read()
            for given in answer.headers.get_all("Set-Cookie", []):
                if given.startswith("session="):
                    self.cookie = given.partition(";")[0]
        finally:
            line.close()
        seconds = time.monotonic() - begun
        return Answer(answer.status, dict(answer.headers.items()), taken, seconds)

    def get(self, path: str = "/my/home", timeout: float = 60) -> Answer:
        return self.ask("GET", path, timeout=timeout)

    def get_ready(self) -> None:
        self.csrf = self.get("/api/phone").json["csrf"]

    def hand_in(self, body: dict[str, Any]) -> Answer:
        return self.ask("PUT", f"/api/forms/{self.form_id}", body)


@dataclass
class Served:
    """A running server, and the application on the same database to look into it."""

    app: Flask
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def phone(self, number: str) -> Phone:
        """The phone of a new patient of Lishui, three months after randomisation."""
        with self.app.app_context():
            on = deployment().today() - timedelta(91)
            factories.add_patient(number, randomised_on=on, screened_on=on, pro_consent_on=on)
        client = Cast(self.app).patient(number)
        cookie = client.get_cookie("session")
        assert cookie
        phone = Phone(self.port, f"session={cookie.value}")
        phone.get_ready()
        return phone

    def filled_in(self) -> dict[str, Any]:
        """What a phone sends of a form that was filled in just now."""
        with self.app.app_context():
            parts = deployment()
            now = utc_now().isoformat()
            return {
                "visit": "V1",
                "language": "zh",
                "answers": dict.fromkeys(parts.instrument.item_codes, 2),
                "assistance": "ALONE",
                "started_at": now,
                "device_at": now,
                "device_offset_minutes": -480,
            }


@contextmanager
def served(url: str, folder: Path) -> Iterator[Served]:
    """Errors: AssertionError when the server does not come up."""
    settings = settings_for(url, folder)
    port, log = free_port(), folder / "server.log"
    environment = os.environ | {
        "PRO_DATABASE_URL": url.replace("postgresql+psycopg:", "postgresql:"),
        "PRO_SECRET_KEY": settings.secret_key,
        "PRO_LISTEN": f"127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:pro_app.server", "wsgi:app"]
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
    app = create_app(settings)
    up = Served(app, port, process, log)
    try:
        _wait_for(up)
        yield up
    finally:
        process.terminate()
        process.wait(30)
        with app.app_context():
            db.engine.dispose()


def _wait_for(up: Served) -> None:
    for _ in range(300):
        try:
            if Phone(up.port, "").get("/", timeout=5).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(up.log.read_text())


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """On both kinds of database."""
    with served(database_url, tmp_path) as up:
        yield up


def until(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.2)
