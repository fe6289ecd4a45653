"""Words that name somebody are taken out of the trail, and the chain still verifies."""

import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from pro_app.audit import service
from pro_app.core.trail_event import Event, commitments_of, digest
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, Actor, Reader, reading, transaction
from pro_app.store.tables import audit_event, redaction
from pro_app.store.trail import sealing
from tests import factories
from tests.cast import Cast
from tests.rooms.audit.test_commands import run, tamper

NAME = "王小明"
LINA = Actor("staff:lina", "nurse", "LISHUI")
EN = {"Accept-Language": "en"}


def _seal() -> None:
    service.seal(holder="test", now=deployment().now())


def _told(connection: Reader, action: str) -> int:
    """The number of the one event of this kind."""
    query = select(audit_event.c.id).where(audit_event.c.action == action)
    return int(connection.execute(query).scalar_one())


@pytest.fixture
def slip(app: Flask) -> int:
    """The number of a sealed event in which a nurse wrote a name, with others around it."""
    with app.app_context():
        factories.add_patient("LISHUI-001", "LISHUI")
        with transaction(LINA, deployment().now()) as tx:
            changes = {"code": [None, "OTHER"], "text": [None, f"{NAME}住院"]}
            tx.record(
                "reason.given", "LISHUI-001", visit="V1", changes=changes, reason=f"问了{NAME}"
            )
        factories.add_patient("LISHUI-002", "LISHUI")
        _seal()
        with reading() as connection:
            return _told(connection, "reason.given")


def _redact(app: Flask, event: int, *fields: str, why: str = "a name was written here"):
    words = [word for field in fields for word in ("--field", field)]
    return run(app, "redact", str(event), *words, "--why", why)


def _whole_database() -> str:
    with reading() as connection:
        rows = [connection.execute(select(table)).all() for table in (audit_event, redaction)]
    return str(rows)


def test_the_words_are_gone_and_the_chain_still_verifies(app: Flask, slip: int) -> None:
    done = _redact(app, slip, "changes.text", "reason")
    assert (done.exit_code, done.stdout) == (
        0, f"taken out of event {slip}: changes.text, reason\n",
    )  # fmt: skip
    with app.app_context():
        assert NAME not in _whole_database()
        waiting = service.check()
        assert (waiting.finding, waiting.redacted, waiting.waiting) == (None, 1, 1)
        _seal()
        assert service.check().finding is None
    verified = run(app, "verify")
    assert verified.exit_code == 0
    assert "Words were taken out of 1 events" in verified.stderr
    assert json.loads(run(app, "verify", "--json").stdout)["redacted"] == 1


def test_the_trail_says_who_took_what_out_of_which_event_and_why(
    app: Flask, slip: int, cast: Cast
) -> None:
    _redact(app, slip, "changes.text")
    manager = cast.data_manager()
    for reader in (cast.nurse_of_lishui(), manager):
        page = reader.get("/staff/trail?number=LISHUI-001", headers=EN).text
        assert "taken out on 5 Mar 2026, 08:00 GMT+08:00 by cli: a name was written here" in page
        assert "<ins>OTHER</ins>" in page
        listed = reader.get("/staff/trail?action=trail.redacted", headers=EN).text
        assert "changes.text" in listed.split("<tbody>")[1]
    assert "taken out on" not in cast.nurse_of_jiaxing().get("/staff/trail", headers=EN).text
    with app.app_context(), reading() as connection:
        query = select(audit_event).where(audit_event.c.action == "trail.redacted")
        [told] = connection.execute(query)
    assert (told.actor, told.subject, told.visit) == ("cli", "LISHUI-001", "V1")
    assert told.changes["event_id"] == [None, slip]
    assert told.reason == "a name was written here"
    with manager.post("/staff/trail", data={"number": "LISHUI-001"}) as file:
        assert "changes.text: cli, 2026-03-05T00:00:00+00:00: a name" in file.get_data(as_text=True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET reason = 'nicer' WHERE id = {event}",
        "UPDATE audit_event SET actor = 'staff:other' WHERE id = {event}",
        "UPDATE redaction SET left_sha256 = event_sha256 WHERE event_id = {event}",
        "DELETE FROM redaction WHERE event_id = {event}",
        "UPDATE audit_event SET changes = '{{}}' WHERE action = 'trail.redacted'",
    ],
)
def test_any_further_change_is_named(app: Flask, slip: int, statement: str) -> None:
    _redact(app, slip, "changes.text")
    with app.app_context():
        _seal()
        free = "DROP TRIGGER redaction_refuse_update; DROP TRIGGER redaction_refuse_delete"
        if db.engine.dialect.name == "postgresql":
            free = "ALTER TABLE redaction DISABLE TRIGGER ALL"
        tamper(*free.split("; "), statement.format(event=slip))
        assert service.check().finding is not None
    named = run(app, "verify")
    assert named.exit_code == 2
    assert "was altered after it was sealed" in named.stderr


def test_a_redaction_of_which_no_event_speaks_is_an_alteration(app: Flask, slip: int) -> None:
    _redact(app, slip, "changes.text")
    with app.app_context():
        tamper("DELETE FROM audit_event WHERE action = 'trail.redacted'")
        _seal()
    named = run(app, "verify")
    # After the study's first version and the first patient.
    assert f"event {slip} (position 3) was altered" in named.stderr


def test_the_database_lets_nothing_else_of_an_event_be_changed(app: Flask, slip: int) -> None:
    _redact(app, slip, "changes.text")
    with app.app_context():
        for statement in (
            f"UPDATE audit_event SET actor = 'x' WHERE id = {slip}",
            f"UPDATE audit_event SET reason = 'x' WHERE id = {slip - 1}",
            f"DELETE FROM audit_event WHERE id = {slip}",
            f"UPDATE redaction SET why = 'x' WHERE event_id = {slip}",
        ):
            with pytest.raises(DBAPIError), db.engine.begin() as connection:
                connection.execute(text(statement))


def test_only_what_is_sealed_and_there_is_taken_out_and_only_once(app: Flask, slip: int) -> None:
    assert "has no such field" in _redact(app, slip, "changes.code", "changes.none").stderr
    assert "has no such field" in _redact(app, slip, "actor").stderr
    assert "there is no event 999" in _redact(app, 999, "reason").stderr
    assert "say why" in _redact(app, slip, "reason", why=" ").stderr
    assert _redact(app, slip, "reason").exit_code == 0
    assert "only once" in _redact(app, slip, "changes.text").stderr
    assert "is not sealed yet" in _redact(app, slip + 2, "reason").stderr
    with app.app_context():
        assert service.check().finding is None


def test_an_event_that_was_tampered_with_is_not_covered_up(app: Flask, slip: int) -> None:
    with app.app_context():
        tamper(f"UPDATE audit_event SET reason = 'nicer' WHERE id = {slip}")
    assert "does not match its seal" in _redact(app, slip, "reason").stderr


def test_a_redaction_s_own_event_keeps_what_verification_needs(app: Flask, slip: int) -> None:
    _redact(app, slip, "changes.text")
    with app.app_context():
        _seal()
        with reading() as connection:
            told = _told(connection, "trail.redacted")
    assert "has no such field" in _redact(app, told, "changes.left_sha256").stderr
    assert _redact(app, told, "reason", why="the reason held the name").exit_code == 0
    with app.app_context():
        _seal()
        assert service.check().redacted == 2
        assert service.check().finding is None


_DEATH = {"on": [None, "2026-02-01"], "event": [None, "death"], "note": [None, NAME]}


@pytest.fixture
def death(app: Flask) -> int:
    """The number of a sealed event that tells a death, with a name in its note."""
    with app.app_context():
        factories.add_patient("LISHUI-001", "LISHUI")
        with transaction(LINA, deployment().now()) as tx:
            tx.record("event.added", "LISHUI-001", visit="V1", changes=_DEATH, reason="told")
        _seal()
        with reading() as connection:
            return _told(connection, "event.added")


def _write(statement: str, **values: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


def _plant(event: int, fields: list[str]) -> None:
    """A redaction as whoever can write to the table can put it there."""
    _write(
        "INSERT INTO redaction (event_id, event_sha256, left_sha256, fields, commitments, why, "
        "redacted_at, redacted_by) SELECT :event, event_sha256, event_sha256, :fields, '{}', 'x', "
        "'2026-03-05 00:00:00', 'x' FROM audit_seal WHERE event_id = :event",
        event=event,
        fields=json.dumps(fields),
    )


def _changes(**changed: object) -> str:
    return json.dumps(_DEATH | changed)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("changes", _changes(on=[None, "2026-01-01"])),  # the day of the death is another
        ("changes", _changes(note=[None, "x"])),
        ("changes", _changes(note=None)),
        ("changes", _changes(note=[])),
        ("changes", _changes(note=[None, None], on=[None, None])),  # one more than is named
        ("changes", _changes(note=[None, None], more=[None, 1])),
        ("changes", json.dumps({k: v for k, v in _DEATH.items() if k != "note"})),
        ("changes", "{}"),
        ("reason", "told otherwise"),
        ("reason", None),  # not named
        ("data", json.dumps({"rows": {}})),
        ("salts", None),
        ("salts", "{}"),
        ("salts", json.dumps({"changes.on": "0" * 32})),
        ("actor", "staff:other"),
    ],
)
def test_a_redaction_lets_nothing_be_changed_but_what_it_names_be_emptied(
    app: Flask, death: int, column: str, value: str | None
) -> None:
    with app.app_context():
        _plant(death, ["changes.note"])
        with pytest.raises(DBAPIError, match="written once"):
            _write(f"UPDATE audit_event SET {column} = :value WHERE id = {death}", value=value)


def test_the_salt_goes_with_what_was_taken_out(app: Flask, death: int) -> None:
    assert _redact(app, death, "changes.note", "reason").exit_code == 0
    with app.app_context(), reading() as connection:
        query = select(audit_event.c.salts).where(audit_event.c.id == death)
        salts = connection.execute(query).scalar_one()
        kept = connection.execute(select(redaction.c.commitments)).scalar_one()
    assert set(salts) == {"changes.on", "changes.event"}
    assert set(kept) == {"changes.note", "reason"}


@pytest.mark.parametrize(
    ("fields", "emptied"),
    [
        (["changes.note"], {"note": [None, None], "on": [None, "2026-01-01"]}),
        (["changes.note", "changes.on"], {"note": [None, None], "on": [None, "2026-01-01"]}),
    ],
    ids=["another field", "a field that is named"],
)
def test_the_owner_can_not_falsify_under_cover_of_a_redaction(
    app: Flask, death: int, fields: list[str], emptied: dict[str, object]
) -> None:
    """With the triggers off: a redaction, an event that tells of it, and another day of death."""
    with app.app_context():
        [event] = [e for e in _events() if e.id == death]
        kept = commitments_of(event, fields)
        salts = {k: v for k, v in (event.salts or {}).items() if k not in fields}
        left = replace(event, changes=_DEATH | emptied, salts=salts)
        tamper()
        _write(
            "INSERT INTO redaction (event_id, event_sha256, left_sha256, fields, commitments, "
            "why, redacted_at, redacted_by) VALUES (:event, :sealed, :left, :fields, :kept, 'x', "
            "'2026-03-05 00:00:00', 'x')",
            event=death,
            sealed=digest(event),
            left=digest(left),
            fields=json.dumps(fields),
            kept=json.dumps(kept),
        )
        _write(
            f"UPDATE audit_event SET changes = :changes, salts = :salts WHERE id = {death}",
            changes=json.dumps(left.changes),
            salts=json.dumps(salts),
        )
        said = {"event_id": death, "fields": fields, "left_sha256": digest(left)}
        with transaction(CLI, deployment().now()) as tx:
            changes = {name: (None, value) for name, value in said.items()}
            tx.record("trail.redacted", "LISHUI-001", changes=changes, reason="x")
        _seal()
        finding = service.check().finding
        assert finding is not None
        assert (finding.wrong, finding.event_id) == ("ALTERED", death)


def test_an_event_can_not_be_made_to_pass_for_one_of_version_1(app: Flask, death: int) -> None:
    """There a redaction proves nothing of what is left: so the seal says the version."""
    with app.app_context():
        [event] = [e for e in _events() if e.id == death]
        left = replace(event, changes=_DEATH | {"on": [None, "2026-01-01"]}, salts=None, data=None)
        tamper()
        _write(
            "INSERT INTO redaction (event_id, event_sha256, left_sha256, fields, why, "
            "redacted_at, redacted_by) VALUES (:event, :sealed, :left, '[]', 'x', "
            "'2026-03-05 00:00:00', 'x')",
            event=death,
            sealed=digest(event),
            left=digest(left),
        )
        changes = json.dumps(left.changes)
        _write(
            "UPDATE audit_event SET changes = :changes, salts = NULL, data = NULL "
            f"WHERE id = {death}",
            changes=changes,
        )
        said = {"event_id": death, "fields": [], "left_sha256": digest(left)}
        with transaction(CLI, deployment().now()) as tx:
            told = {name: (None, value) for name, value in said.items()}
            tx.record("trail.redacted", "LISHUI-001", changes=told, reason="x")
        _seal()
        finding = service.check().finding
        assert finding is not None
        assert (finding.wrong, finding.event_id) == ("ALTERED", death)


def _events() -> list[Event]:
    with reading() as connection:
        return list(sealing.all_events(connection))
