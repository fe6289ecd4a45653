"""Sites are told on Mondays what waits, by a real mail server on loopback."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app import create_app, worker
from pro_app.core.tasks import TaskKind
from pro_app.deployment import deployment
from pro_app.followup import service
from pro_app.store.desk.tasks import open_task
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.tables import audit_event
from tests import factories
from tests.conftest import HandClock, settings_for
from tests.mailbox import Mailbox, mail_server, study_with_addresses, text_of

MONDAY = "2026-03-09T08:00+08:00"
NUMBER = "LISHUI-001"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with mail_server() as found:
        yield found


@pytest.fixture
def world(
    database_url: str, clock: HandClock, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> Iterator[Flask]:
    """Two sites have an address; one has two forms missing, a window closing and a help call."""
    settings = settings_for(
        database_url, tmp_path, study=str(study_with_addresses(tmp_path)),
        smtp_url=f"smtp://127.0.0.1:{mailbox[1]}", mail_from="pro@trial.example",
    )  # fmt: skip
    clock.set(MONDAY)
    app = create_app(settings, clock=clock)
    with app.app_context():
        patient_id = factories.add_patient(NUMBER, randomised_on=date(2025, 8, 28))
        service.synchronise_flags(at=factories.at_server())
        with transaction(factories.ACTOR, deployment().now()) as tx:
            open_task(tx, patient_id, TaskKind.HELP)
            tx.record("help.asked", NUMBER)
    yield app
    with app.app_context():
        db.engine.dispose()


def sent(app: Flask) -> list[tuple[str, dict[str, Any]]]:
    with app.app_context(), reading() as connection:
        rows = connection.execute(select(audit_event).where(audit_event.c.action == "summary.sent"))
        return [(row.subject, {k: new for k, (_, new) in row.changes.items()}) for row in rows]


def test_a_site_with_work_to_do_is_told_the_counts_in_both_languages(
    world: Flask, mailbox: tuple[Mailbox, int]
) -> None:
    worker.send_summaries(world)
    [letter] = mailbox[0].letters  # nothing waits at the other site
    assert letter["To"] == "lishui@hospital.example"
    text = text_of(letter)
    for said in (
        "The Central Hospital of Lishui",
        "丽水市中心医院",
        "Missing or blank, and nobody has said why: 2",
        "缺失或空白，未填原因：2",
        "Closing within 7 days without a form: 1",
        "Patients who wait for a call: 1",
        "http://localhost/staff/today",
    ):
        assert said in text, said
    assert "Forms that wait for a decision" not in text
    assert NUMBER not in letter.as_string()
    assert sent(world) == [
        ("site:LISHUI", {"missing": 2, "closing": 1, "calls": 1, "decisions": 0})
    ]


def test_it_goes_once_a_week_and_in_working_hours(
    world: Flask, mailbox: tuple[Mailbox, int], clock: HandClock
) -> None:
    box = mailbox[0]
    for at, letters in (
        ("2026-03-09T06:59+08:00", 0),
        ("2026-03-09T07:00+08:00", 1),
        ("2026-03-09T23:00+08:00", 1),
        ("2026-03-10T08:00+08:00", 1),
        ("2026-03-16T08:00+08:00", 2),
    ):
        clock.set(at)
        worker.send_summaries(world)
        assert len(box.letters) == letters, at
    assert box.letters[0]["Message-ID"] != box.letters[1]["Message-ID"]


def test_a_letter_that_is_not_taken_is_tried_again(
    world: Flask, mailbox: tuple[Mailbox, int], clock: HandClock
) -> None:
    box = mailbox[0]
    box.full = True
    worker.send_summaries(world)
    assert sent(world) == []
    box.full = False
    clock.instant += timedelta(minutes=5)
    worker.send_summaries(world)
    assert (len(box.letters), len(sent(world))) == (1, 1)
