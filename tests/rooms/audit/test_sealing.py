"""Sealing: every event once and in order, whoever writes at the same time or dies of it."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask, current_app
from sqlalchemy import select

from pro_app import create_app, worker
from pro_app.audit import service
from pro_app.audit.service import Sealed
from pro_app.core.seals import digest
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.tables import audit_event, audit_seal
from pro_app.store.trail import sealing
from tests.conftest import HandClock, settings_for

_INSERT = (
    "INSERT INTO audit_event (at, actor, role, action, subject, changes) "
    "VALUES (now(), 'writer', 'nurse', 'reason.given', %s, '{}') RETURNING id"
)
_WRITERS = 50
_EACH = 12


def seal(holder: str = "one") -> Sealed:
    return service.seal(holder=holder, now=deployment().now())


def write(*subjects: str) -> None:
    for subject in subjects:
        with transaction(CLI, deployment().now()) as tx:
            tx.record("reason.given", subject, changes={"code": [None, "忘记"], "n": [1.5, True]})


def sealed_ids() -> list[int]:
    with reading() as connection:
        query = select(audit_seal.c.event_id).order_by(audit_seal.c.position)
        return list(connection.execute(query).scalars())


def event_ids() -> list[int]:
    with reading() as connection:
        return list(
            connection.execute(select(audit_event.c.id).order_by(audit_event.c.id)).scalars()
        )


@pytest.fixture
def on_postgres(
    new_database: Callable[[str], str], clock: HandClock, tmp_path: Path
) -> Iterator[str]:
    """The address of a PostgreSQL database, with the application's context pushed."""
    url = new_database("postgresql")
    app = create_app(settings_for(url, tmp_path), clock=clock)
    with app.app_context():
        yield url.replace("+psycopg", "")
        db.engine.dispose()


def test_events_are_sealed_in_order_and_once(in_app: Flask) -> None:
    write("A", "B", "C")
    assert seal() == Sealed(3)
    assert seal() == Sealed(0)
    write("D")
    assert seal("two") == Sealed(1)
    assert sealed_ids() == event_ids()
    verdict = service.check()
    assert (verdict.sealed, verdict.waiting, verdict.finding) == (4, 0, None)


def test_more_events_than_fit_a_batch_make_one_chain(in_app: Flask) -> None:
    with transaction(CLI, deployment().now()) as tx:
        tx.record_many([tx.entry("reason.given", f"A-{n}") for n in range(2300)])
    assert seal() == Sealed(2300)
    assert service.check().sealed == 2300


def test_an_event_has_the_same_digest_on_either_database(in_app: Flask, clock: HandClock) -> None:
    clock.set("2026-03-05T08:00:00.123456+08:00")
    changes = {"z": [None, "忘记\n"], "a": [1.5, True], "é": [-7, ["x", {"k": None}]]}
    with transaction(CLI, deployment().now()) as tx:
        tx.record("reason.given", "A-001", visit="V2", changes=changes, reason="因为")
    with reading() as connection:
        [event] = sealing.all_events(connection)
    salted = {field: f"{n:032x}" for n, field in enumerate(sorted(event.salts or {}))}
    assert list(salted) == ["changes.a", "changes.z", "changes.é", "reason"]
    assert digest(replace(event, salts=salted)) == (
        "6d7625a8db72e55982ef614bf11ffd90debf2fdba3e26817dcaa2ca79f84221f"
    )
    assert (
        digest(replace(event, salts=None))
        == "47cda69d058f121560ccd6890c0c1e291dbb03bab219b9c44f56fdba788c2084"
    )


def test_what_waits_to_be_sealed_is_known(in_app: Flask, clock: HandClock) -> None:
    assert service.sealing_now() == service.Sealing(None, 0)
    write("A", "B")
    seal()
    clock.advance(minutes=3)
    write("C")
    now = service.sealing_now()
    assert now.last is not None
    assert (now.last.position, now.waiting) == (2, 1)
    assert now.last.sealed_at == clock.instant - timedelta(minutes=3)


def test_the_worker_seals(in_app: Flask) -> None:
    write("A")
    worker.seal(in_app)
    assert sealed_ids() == event_ids()


def test_an_id_taken_early_and_committed_late_is_sealed_in_its_place(on_postgres: str) -> None:
    with psycopg.connect(on_postgres) as slow:
        early = slow.execute(_INSERT, ["slow"]).fetchone()[0]
        write("quick")
        looked = []

        def commit_at_the_third_look(_seconds: float) -> None:
            looked.append(sealed_ids())
            if len(looked) == 3:
                slow.commit()

        now = deployment().now()
        sealed = service.seal(holder="one", now=now, pause=commit_at_the_third_look)
    assert looked == [[], [], []]
    assert sealed == Sealed(2)
    assert sealed_ids() == [early, early + 1]
    assert service.check().finding is None


def test_a_transaction_that_stays_open_holds_seals_up_and_no_writer(on_postgres: str) -> None:
    with psycopg.connect(on_postgres) as slow:
        slow.execute(_INSERT, ["slow"])
        write("quick")
        held = service.seal(holder="one", now=deployment().now(), pause=lambda _seconds: None)
        write("quick too")  # while sealing is held up, writing is not
        assert held == Sealed(0, held_up=True)
        slow.rollback()
    assert seal() == Sealed(2)
    assert service.check().finding is None


def test_a_writer_that_begins_later_holds_nothing_up(on_postgres: str) -> None:
    with psycopg.connect(on_postgres) as first, psycopg.connect(on_postgres) as later:
        first.execute(_INSERT, ["first"])
        write("quick")

        def begin_another_and_end_the_first(_seconds: float) -> None:
            later.execute(_INSERT, ["later"])
            first.commit()

        now = deployment().now()
        pause = begin_another_and_end_the_first
        assert service.seal(holder="one", now=now, pause=pause) == Sealed(2)
        later.commit()
    assert seal() == Sealed(1)
    assert service.check().sealed == 3


def test_fifty_writers_at_once_leave_every_event_sealed_once_and_in_order(
    on_postgres: str,
) -> None:
    kept: list[int] = []
    failed: list[Exception] = []
    done = threading.Event()

    def write_some(seed: int) -> None:
        chance = random.Random(seed)
        try:
            with psycopg.connect(on_postgres) as connection:
                for n in range(_EACH):
                    made = connection.execute(_INSERT, [f"{seed}-{n}"]).fetchone()[0]
                    time.sleep(chance.random() / 50)
                    if chance.random() < 0.2:
                        connection.rollback()
                    else:
                        connection.commit()
                        kept.append(made)
        except psycopg.Error as error:
            failed.append(error)

    application = current_app._get_current_object()  # type: ignore[attr-defined]

    def seal_all_the_time(holder: str) -> None:
        with application.app_context():
            while not done.is_set():
                try:
                    seal(holder)
                except Exception as error:
                    failed.append(error)
                    return

    writers = [threading.Thread(target=write_some, args=[n]) for n in range(_WRITERS)]
    sealers = [threading.Thread(target=seal_all_the_time, args=[name]) for name in ("one", "two")]
    for thread in (*sealers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    while_writing = len(sealed_ids())
    done.set()
    for thread in sealers:
        thread.join()
    seal()
    assert failed == []
    assert 0 < while_writing <= len(kept)
    assert sealed_ids() == sorted(kept) == event_ids()
    verdict = service.check()
    assert (verdict.finding, verdict.sealed, verdict.waiting) == (None, len(kept), 0)


def test_a_writer_killed_in_mid_transaction_leaves_the_chain_whole(on_postgres: str) -> None:
    write("before")
    killed = _hanging(on_postgres, _INSERT % "'killed'")
    write("after")
    assert service.seal(
        holder="one", now=deployment().now(), pause=lambda _seconds: None
    ) == Sealed(0, held_up=True)
    killed.kill()
    killed.wait()
    assert seal() == Sealed(2)
    first, second = sealed_ids()
    assert second == first + 2  # the id of the killed one is nobody's
    assert service.check().finding is None


def test_a_sealer_killed_in_mid_transaction_leaves_the_work_to_the_next(on_postgres: str) -> None:
    write("A", "B")
    killed = _hanging(
        on_postgres, "INSERT INTO audit_seal VALUES (1, 1, 'x', now(), 'y') RETURNING position"
    )
    assert sealed_ids() == []
    killed.kill()
    killed.wait()
    assert seal() == Sealed(2)
    assert service.check().finding is None


def _hanging(address: str, statement: str) -> subprocess.Popen[str]:
    """A process that has run the statement and will not commit it."""
    program = (
        "import psycopg, sys, time\n"
        "connection = psycopg.connect(sys.argv[1])\n"
        "connection.execute(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, address, statement], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
    return process
