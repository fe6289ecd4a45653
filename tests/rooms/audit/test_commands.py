"""`flask audit`: as the owner of the database tamper with it, and be told which row."""

import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from pro_app.audit import service
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, transaction
from tests import factories

_COLUMNS = "at, actor, role, site, action, subject, visit, changes, reason"


@pytest.fixture
def sealed(in_app: Flask) -> Flask:
    """Eight sealed events; on either database the first has the id 1."""
    for n in range(1, 9):
        with transaction(CLI, deployment().now()) as tx:
            tx.record("reason.given", f"LISHUI-{n:03}", changes={"code": [None, "X"]})
    service.seal(holder="test", now=deployment().now())
    return in_app


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["audit", *words])


def tamper(*statements: str) -> None:
    """What the owner of the database can do: switch the triggers off, and write."""
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.begin() as connection:
        for table in ("audit_event", "audit_seal"):
            if sqlite:
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {table}_refuse_{verb}"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement))


def copy_of(event: int, to: int) -> str:
    return (
        f"INSERT INTO audit_event (id, {_COLUMNS}) "
        f"SELECT {to}, {_COLUMNS} FROM audit_event WHERE id = {event}"
    )


def test_an_untouched_trail_is_whole_and_its_head_is_printed(sealed: Flask) -> None:
    verified = run(sealed, "verify")
    assert verified.exit_code == 0
    first, head = verified.stdout.splitlines()
    assert first == "The trail is whole: 8 sealed events."
    assert head.startswith("8:")
    assert run(sealed, "verify", "--head", head).exit_code == 0
    told = json.loads(run(sealed, "verify", "--json").stdout)
    assert told["whole"] is True
    assert (told["sealed"], told["waiting"], told["head"]) == (8, 0, head)


def test_an_empty_trail_is_whole(in_app: Flask) -> None:
    assert run(in_app, "verify").stdout == "The trail is whole: 0 sealed events.\n"
    assert run(in_app, "seal").stdout == "sealed: 0 events\n"


def test_events_are_sealed_on_demand_and_told_while_they_wait(sealed: Flask) -> None:
    factories.add_patient()  # the first one: the study's first version is recorded too
    assert "Not sealed yet: 2 events" in run(sealed, "verify").stderr
    assert run(sealed, "seal").stdout == "sealed: 2 events\n"
    assert "Not sealed yet" not in run(sealed, "verify").stderr


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["UPDATE audit_event SET reason = 'nicer' WHERE id = 4"], "event 4 (position 4) was alt"),
        (["UPDATE audit_event SET at = '2020-01-01' WHERE id = 4"], "event 4 (position 4) was alt"),
        (["UPDATE audit_event SET changes = '{}' WHERE id = 4"], "event 4 (position 4) was alt"),
        (["DELETE FROM audit_event WHERE id = 4"], "event 4 (position 4) was deleted"),
        (["DELETE FROM audit_event WHERE id = 8"], "event 8 (position 8) was deleted"),
        (
            ["UPDATE audit_event SET id = -1 WHERE id = 4", copy_of(5, 4)],
            "event -1 (before position 1) was inserted",
        ),
        (
            [
                "UPDATE audit_event SET id = 99 WHERE id = 4",
                "UPDATE audit_event SET id = 4 WHERE id = 6",
                "UPDATE audit_event SET id = 6 WHERE id = 99",
            ],
            "event 4 (position 4) was reordered",
        ),
        (
            [
                "DELETE FROM audit_event WHERE id = 4",
                "DELETE FROM audit_seal WHERE event_id = 4",
            ],
            "position 4: the seal was deleted, and its event with it",
        ),
        (["DELETE FROM audit_seal WHERE position = 4"], "the seal was deleted, of event 4"),
        (
            ["UPDATE audit_seal SET chain = event_sha256 WHERE position = 4"],
            "event 4 (position 4): its seal does not follow",
        ),
    ],
)
def test_the_first_row_that_was_tampered_with_is_named(
    sealed: Flask, statements: list[str], named: str
) -> None:
    tamper(*statements)
    verified = run(sealed, "verify")
    assert verified.exit_code == 2
    assert verified.stdout == ""
    assert named in verified.stderr
    told = run(sealed, "verify", "--json")
    assert told.exit_code == 2
    assert json.loads(told.stdout)["whole"] is False


def test_an_event_put_among_the_sealed_ones_is_named_and_never_sealed(in_app: Flask) -> None:
    # A gap, as a transaction leaves it that was rolled back after taking an id.
    with db.engine.begin() as connection:
        for event in (1, 2, 4):
            connection.execute(
                text(
                    f"INSERT INTO audit_event (id, {_COLUMNS}) VALUES ({event}, "
                    "'2026-03-05 00:00:00', 'x', 'x', NULL, 'x', 'x', NULL, '{}', NULL)"
                )
            )
    assert run(in_app, "seal").stdout == "sealed: 3 events\n"
    tamper(copy_of(2, 3))
    assert run(in_app, "seal").stdout == "sealed: 0 events\n"
    assert "event 3 (before position 3) was inserted" in run(in_app, "verify").stderr


def test_a_tail_that_was_cut_is_named_with_a_head_kept_outside(sealed: Flask) -> None:
    head = run(sealed, "verify").stdout.splitlines()[1]
    tamper("DELETE FROM audit_event WHERE id > 5", "DELETE FROM audit_seal WHERE position > 5")
    assert run(sealed, "verify").exit_code == 0
    cut = run(sealed, "verify", "--head", head)
    assert cut.exit_code == 2
    assert "position 6: the end of the trail was cut off, from this row on" in cut.stderr
    bare = run(sealed, "verify", "--head", head.partition(":")[2])
    assert bare.exit_code == 2
    assert "the head kept outside is not in this chain" in bare.stderr


def test_a_chain_made_anew_is_found_with_a_head_kept_outside(sealed: Flask) -> None:
    head = run(sealed, "verify").stdout.splitlines()[1]
    tamper("UPDATE audit_event SET reason = 'nicer' WHERE id = 4", "DELETE FROM audit_seal")
    assert run(sealed, "seal").stdout == "sealed: 8 events\n"
    assert run(sealed, "verify").exit_code == 0
    anew = run(sealed, "verify", "--head", head)
    assert anew.exit_code == 2
    assert "position 8: the head kept outside is not in this chain" in anew.stderr


def test_what_is_no_head_is_refused(sealed: Flask) -> None:
    refused = run(sealed, "verify", "--head", "abc")
    assert refused.exit_code == 2
    assert "expected 64 hexadecimal digits" in refused.stderr
