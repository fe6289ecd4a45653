"""A cut stays what it was, whoever was writing while it was taken."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert, select

from pro_app.deployment import deployment
from pro_app.store.engine.cuts import TICK
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, is_settled, reading, take_cut, transaction
from pro_app.store.tables import patient
from tests.conftest import HandClock

pytestmark = pytest.mark.usefixtures("in_app")


def _add(number: str, now: object = None) -> None:
    with transaction(CLI, deployment().now()) as tx:
        _insert(tx, number)


def _insert(tx: object, number: str) -> None:
    row = {"number": number, "site": "X", "first_site": "X", "created_at": tx.now}  # type: ignore
    tx.execute(insert(patient), row)  # type: ignore
    tx.record("patient.added", number)  # type: ignore


def _known(instant: object) -> list[str]:
    with reading() as connection:
        query = select(patient.c.number).where(patient.c.created_at <= instant)
        return sorted(connection.execute(query).scalars())


@contextmanager
def _open_writer(app: Flask, number: str) -> Iterator[None]:
    """Somebody else's transaction, begun and open until the block ends, then committed."""
    begun, end = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context(), transaction(CLI, deployment().now()) as tx:
            _insert(tx, number)
            begun.set()
            end.wait(20)

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_a_cut_lies_before_a_writer_that_is_still_open(in_app: Flask, clock: HandClock) -> None:
    if db.engine.dialect.name == "sqlite":  # where whoever takes a cut waits for the writer
        return
    _add("A")
    clock.advance(seconds=10)
    with _open_writer(in_app, "B"):
        clock.advance(seconds=10)
        _add("C")
        taken = take_cut(clock())
        assert taken == clock() - timedelta(seconds=10) - TICK
        assert is_settled(taken)
        assert not is_settled(clock())
        before = _known(taken)
    assert before == ["A"]
    assert _known(taken) == before
    assert take_cut(clock()) == clock()
    assert _known(clock()) == ["A", "B", "C"]


def test_on_sqlite_a_cut_is_taken_once_the_writer_has_ended(
    in_app: Flask, clock: HandClock
) -> None:
    if db.engine.dialect.name == "postgresql":
        return
    taken: list[object] = []

    def take() -> None:
        with in_app.app_context():
            taken.append((instant := take_cut(clock()), _known(instant)))

    with _open_writer(in_app, "A"):
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join()
    assert taken == [(clock(), ["A"])]


def test_who_begins_after_a_cut_records_after_it(in_app: Flask, clock: HandClock) -> None:
    """Whatever instant it was given: its request began before the cut, or its clock is slow."""
    early = clock()
    _add("A")
    clock.advance(minutes=1)
    taken = take_cut(clock())
    assert taken == early
    for number in "BC":
        with transaction(CLI, early) as tx:
            assert tx.now > taken
            _insert(tx, number)
    assert _known(taken) == ["A"]
    assert take_cut(clock()) > taken
    assert _known(take_cut(clock())) == ["A", "B", "C"]


def test_a_cut_waits_for_nobody_and_an_earlier_one_holds_nobody_up(
    in_app: Flask, clock: HandClock
) -> None:
    now = clock()
    assert take_cut(now) == now
    assert is_settled(now - timedelta(days=1))
    later = now + timedelta(seconds=1)
    with transaction(CLI, later) as tx:
        assert tx.now == later
        _insert(tx, "A")


def test_a_cut_is_the_same_until_something_is_recorded(in_app: Flask, clock: HandClock) -> None:
    _add("A")
    taken = take_cut(clock())
    clock.advance(hours=5)
    assert take_cut(clock()) == taken
    _add("B")
    assert take_cut(clock()) == clock()


def test_a_clock_that_was_wrong_once_pulls_nobody_into_the_future(
    in_app: Flask, clock: HandClock
) -> None:
    right = clock()
    clock.advance(days=400)
    _add("A")
    clock.instant = right
    _add("B")
    assert take_cut(right) == right
    with transaction(CLI, clock()) as tx:
        assert tx.now == right + TICK
        _insert(tx, "C")


def test_a_writer_that_shows_no_instant_counts_from_its_beginning(
    in_app: Flask, clock: HandClock
) -> None:
    if db.engine.dialect.name == "sqlite":
        return
    url = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(url) as shell:
        row = shell.execute("SELECT now()").fetchone()
        assert row
        shell.execute(
            "INSERT INTO patient (number, site, first_site, created_at) "
            "VALUES ('B', 'X', 'X', now())"
        )
        late = row[0] + timedelta(minutes=1)
        assert take_cut(late) == row[0] - TICK
    assert take_cut(late) == late


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=400)], ids=str)
def test_a_cut_that_a_wrong_clock_took_pulls_nobody_further_than_a_day(
    in_app: Flask, clock: HandClock, ahead: timedelta
) -> None:
    right = clock()
    clock.instant += ahead
    _add("A")
    taken = take_cut(clock())
    assert taken == right + ahead
    clock.instant = right
    pulled = ahead < timedelta(days=1)
    with transaction(CLI, clock()) as tx:
        assert tx.now == (taken + TICK if pulled else right)
        assert tx.asked_at == right
        _insert(tx, "B")
    # And the next cut holds again, of whoever begins after it.
    clock.advance(minutes=1)
    again = take_cut(clock())
    with transaction(CLI, right) as tx:
        assert tx.now > (taken if pulled else again)
        _insert(tx, "C")
    if not pulled:
        assert _known(again) == ["B"]
