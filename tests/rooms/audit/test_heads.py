"""The head of the chain goes to each site once a day, by a real mail server on loopback."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app import create_app, worker
from pro_app.audit import service
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.tables import audit_event
from pro_app.studies import load
from tests.conftest import HandClock, settings_for
from tests.mailbox import Mailbox, mail_server, study_with_addresses, text_of
from tests.rooms.audit.test_commands import run, tamper


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with mail_server() as found:
        yield found


@pytest.fixture
def world(
    database_url: str, clock: HandClock, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> Iterator[Flask]:
    """Two of the sites have an address; five events are sealed."""
    settings = settings_for(
        database_url, tmp_path, study=str(study_with_addresses(tmp_path)),
        smtp_url=f"smtp://127.0.0.1:{mailbox[1]}", mail_from="pro@trial.example",
    )  # fmt: skip
    app = create_app(settings, clock=clock)
    with app.app_context():
        _write(5)
    yield app
    with app.app_context():
        db.engine.dispose()


def _write(count: int) -> None:
    for n in range(count):
        with transaction(CLI, deployment().now()) as tx:
            tx.record("help.asked", f"LISHUI-{n:03}")
    service.seal(holder="test", now=deployment().now())


def _sent() -> list[Any]:
    with reading() as connection:
        query = select(audit_event).where(audit_event.c.action == "head.sent")
        return list(connection.execute(query.order_by(audit_event.c.id)))


def test_each_site_with_an_address_gets_the_head_in_both_languages(
    world: Flask, mailbox: tuple[Mailbox, int]
) -> None:
    worker.send_heads(world)
    letters = mailbox[0].letters
    assert [letter["To"] for letter in letters] == [
        "lishui@hospital.example", "jiaxing@hospital.example",
    ]  # fmt: skip
    with world.app_context():
        last = service.sealing_now().last
        assert last is not None
        head = f"{last.position}:{last.chain}"
        assert [(event.subject, event.changes["head"][1]) for event in _sent()] == [
            ("site:LISHUI", head), ("site:JIAXING", head),
        ]  # fmt: skip
    text = text_of(letters[0])
    for said in (head, "2026-03-05", "丽水市中心医院", "The Central Hospital of Lishui"):
        assert said in text, said
    assert "5 new events are sealed; 5 in all." in text
    assert "新封存 5 条记录，共 5 条。" in text
    assert "NCT04158843" in letters[0]["Subject"]
    assert letters[0]["From"] == "pro@trial.example"


def test_nothing_goes_twice_on_a_day_and_the_next_day_tells_what_is_new(
    world: Flask, mailbox: tuple[Mailbox, int], clock: HandClock
) -> None:
    box = mailbox[0]
    worker.send_heads(world)
    clock.set("2026-03-05T23:59+08:00")
    worker.send_heads(world)
    assert len(box.letters) == 2
    clock.set("2026-03-06T00:01+08:00")
    with world.app_context():
        _write(3)
    worker.send_heads(world)
    assert len(box.letters) == 4
    assert "5 new events are sealed; 10 in all." in text_of(box.letters[2])  # 3, and 2 of sending
    assert box.letters[0]["Message-ID"] != box.letters[2]["Message-ID"]


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=400)], ids=str)
def test_a_head_that_was_sent_by_a_clock_that_ran_ahead_keeps_none_back(
    world: Flask, mailbox: tuple[Mailbox, int], clock: HandClock, ahead: timedelta
) -> None:
    clock.instant += ahead
    worker.send_heads(world)
    clock.instant -= ahead
    worker.send_heads(world)
    worker.send_heads(world)
    # Two hours ahead it was today's letter, all the same.
    assert len(mailbox[0].letters) == (4 if ahead > timedelta(days=1) else 2)
    clock.advance(days=1)
    worker.send_heads(world)
    assert len(mailbox[0].letters) == (6 if ahead > timedelta(days=1) else 4)


def test_a_letter_that_is_not_taken_is_tried_again(
    world: Flask, mailbox: tuple[Mailbox, int], clock: HandClock
) -> None:
    box = mailbox[0]
    box.full = True
    worker.send_heads(world)
    with world.app_context():
        assert _sent() == []
    box.full = False
    clock.instant += timedelta(minutes=5)
    worker.send_heads(world)
    assert len(box.letters) == 2
    with world.app_context():
        assert len(_sent()) == 2


def test_a_mailed_head_finds_a_tail_that_was_cut(
    world: Flask, mailbox: tuple[Mailbox, int]
) -> None:
    worker.send_heads(world)
    found = re.search(r"\d+:[0-9a-f]{64}", text_of(mailbox[0].letters[0]))
    assert found
    assert run(world, "verify", "--head", found[0]).exit_code == 0
    with world.app_context():
        tamper("DELETE FROM audit_event WHERE id > 3", "DELETE FROM audit_seal WHERE position > 3")
    assert run(world, "verify").exit_code == 0
    cut = run(world, "verify", "--head", found[0])
    assert cut.exit_code == 2
    assert "position 4: the end of the trail was cut off, from this row on" in cut.stderr


def test_without_a_mail_server_nothing_is_sent(app: Flask) -> None:
    with app.app_context():
        _write(1)
        assert all(site.email == "" for site in load("nct04158843").sites)
    worker.send_heads(app)
    with app.app_context():
        assert _sent() == []
