"""A database that is busy, silent or gone: pages say so soon, and nothing is lost."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from pro_app import create_app
from pro_app.store.engine.transaction import reading
from tests import postgres
from tests.conftest import _migrate, settings_for
from tests.server.conftest import PATIENCE, Answer, Phone, Served, served, until


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL that this test may freeze and stop."""
    with postgres.cluster() as running:
        yield running


@pytest.fixture
def on_cluster(cluster: postgres.Cluster, tmp_path: Path) -> Iterator[Served]:
    url = cluster.address.replace("postgresql:", "postgresql+psycopg:") + "/postgres"
    _migrate(url, tmp_path)
    with served(url, tmp_path) as up:
        yield up


@contextmanager
def held_row(server: Served, number: str) -> Iterator[None]:
    """Somebody holds this patient's row, or SQLite's file, as long as the block lasts."""
    url = server.app.config["SQLALCHEMY_DATABASE_URI"]
    if url.startswith("sqlite"):
        holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
    else:
        holder = psycopg.connect(url.replace("+psycopg", ""))
        holder.execute("SET default_transaction_read_only = off")
        holder.execute("SELECT id FROM patient WHERE number = %s FOR UPDATE", [number])
    try:
        yield
    finally:
        holder.rollback() if isinstance(holder, psycopg.Connection) else holder.execute("ROLLBACK")
        holder.close()


def received(server: Served) -> int:
    with server.app.app_context(), reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM form")).scalar_one())


def says_when(answer: Answer) -> bool:
    """An answer, or a page that says to try again, in time."""
    assert answer.seconds < PATIENCE
    assert answer.status == 200 or (answer.status == 503 and int(answer.headers["Retry-After"]))
    return answer.status == 200


def hand_in_until_taken(phone: Phone, body: dict) -> Answer:
    """As a phone does: what was not taken is sent again, under the same number."""
    for _ in range(60):
        try:
            answer = phone.hand_in(body)
        except OSError:
            answer = None
        if answer and answer.status in (200, 201):
            return answer
        assert answer is None or answer.status == 503, answer
        time.sleep(0.5)
    raise AssertionError("never taken")


def test_a_locked_row_with_fifty_retries_stops_nobody_else(server: Served) -> None:
    held_up, other = server.phone("LISHUI-001"), server.phone("LISHUI-002")
    body = server.filled_in()
    with ThreadPoolExecutor(50) as many:
        with held_row(server, "LISHUI-001"):
            tries = [many.submit(held_up.hand_in, body) for _ in range(50)]
            time.sleep(1.5)
            answers = [other.get(timeout=PATIENCE + 1) for _ in range(10)]
            came = [says_when(answer) for answer in answers]
            statuses = {each.result().status for each in tries}
        assert statuses == {503}
        assert came.count(True) >= 5
    assert hand_in_until_taken(held_up, body).status in (200, 201)
    assert hand_in_until_taken(other, server.filled_in()).status == 201
    assert received(server) == 2


def test_a_silent_database_is_said_within_ten_seconds(
    cluster: postgres.Cluster, on_cluster: Served
) -> None:
    phones = [on_cluster.phone(f"LISHUI-{n:03}") for n in range(1, 21)]
    body = on_cluster.filled_in()
    assert all(phone.get().status == 200 for phone in phones)
    with ThreadPoolExecutor(40) as many:
        with cluster.frozen():
            end = time.monotonic() + 15
            while time.monotonic() < end:
                for answer in many.map(Phone.get, phones):
                    assert not says_when(answer)
                time.sleep(0.5)
            handed_in = [many.submit(hand_in_until_taken, phone, body) for phone in phones]
            time.sleep(1)
            assert Phone(on_cluster.port, "").get("/assets/none").seconds < 1
        assert {each.result().status for each in handed_in} <= {200, 201}
    assert received(on_cluster) == 20
    until(lambda: all(phone.get().status == 200 for phone in phones))


@contextmanager
def swallowing() -> Iterator[int]:
    """A port of which the system drops what knocks: its queue is full and nobody takes from it."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        first = [socket.socket() for _ in range(4)]
        for each in first:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for each in first:
                each.close()


def test_a_network_that_swallows_what_is_sent_is_said_in_time(tmp_path: Path) -> None:
    with swallowing() as port:
        url = f"postgresql+psycopg://pro@127.0.0.1:{port}/postgres"
        client = create_app(settings_for(url, tmp_path)).test_client()
        for most in (PATIENCE, 1):  # the next one does not try again, for a while
            begun = time.monotonic()
            answer = client.get("/p/" + "a" * 32)
            assert time.monotonic() - begun < most
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"])


def test_a_database_that_restarts_loses_nothing_and_fails_nobody_afterwards(
    cluster: postgres.Cluster, on_cluster: Served
) -> None:
    phones = [on_cluster.phone(f"LISHUI-{n:03}") for n in range(1, 41)]
    body = on_cluster.filled_in()
    with ThreadPoolExecutor(8) as many:
        handed_in = [many.submit(hand_in_until_taken, phone, body) for phone in phones]
        time.sleep(0.2)
        cluster.stop()
        assert says_when(phones[0].get()) is False
        cluster.start()
        assert {each.result().status for each in handed_in} <= {200, 201}
    assert received(on_cluster) == 40
    # No process has a dead connection left that somebody would meet.
    until(lambda: phones[0].get().status == 200)
    assert [phone.get().status for phone in phones] == [200] * 40


def test_an_outage_is_said_in_words_and_the_log_quotes_no_message(
    cluster: postgres.Cluster, on_cluster: Served
) -> None:
    phone = on_cluster.phone("LISHUI-001")
    cluster.stop()
    try:
        for path in ("/my/home", "/staff/sign-in", "/api/phone"):
            answer = phone.get(path)
            assert answer.status in (200, 503)
        page = phone.get("/my/home")
        assert page.status == 503
        assert "稍后" in page.body.decode()
        assert "/my/home" in page.body.decode()  # to try again
        assert phone.get("/api/phone").json["error"] == "busy"
    finally:
        cluster.start()
    said = on_cluster.log.read_text()
    assert "outage" in said
    assert "Traceback" not in said
    assert "connection to server" not in said
