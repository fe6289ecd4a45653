"""The trail witnesses the data: whatever the owner of the database changes, its row is named."""

import json
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update

from pro_app.audit import service, verdicts
from pro_app.core.witness import Difference, Differs
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.engine.witness import MOST
from pro_app.store.tables import (
    WITNESSED,
    audit_event,
    consent,
    event,
    form_decision,
    patient,
    reason,
)
from tests import factories
from tests.rooms.audit.test_commands import run

DAY = date(2026, 1, 20)


def free(*tables: str) -> None:
    """What the owner of the database can do: switch the triggers off."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            return
        query = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        for table in tables:
            for name in connection.execute(query, {"table": table}).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))


def tamper(statement: str, **values: object) -> None:
    free(*WITNESSED)
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


def found() -> Difference | None:
    verdict = service.check(data=True)
    assert verdict.finding is None
    assert verdict.data is not None
    return verdict.data.difference


@pytest.fixture
def filled(in_app: Flask) -> Flask:
    """Two patients with arms, forms, an event, a reason, a consent and a decision; sealed."""
    for number, arm in (("LISHUI-001", "RADICAL"), ("LISHUI-002", "PALLIATIVE")):
        patient_id = factories.add_patient(number, arm=arm)
        factories.add_form(patient_id, "V0", date(2026, 1, 3))
        factories.add_form(patient_id, "V1", DAY)
        factories.add_event(patient_id, "progression", DAY)
    with transaction(CLI, deployment().now()) as tx:
        fact = {"recorded_at": tx.now, "recorded_by": "cli"}
        said = {"patient_id": 1, "visit": "V2", "code": "P_FORGOT", "said_by": "patient"}
        tx.execute(insert(reason), said | {"said_on": DAY} | fact)
        agreed = {"patient_id": 1, "version": "2.0", "consented_on": DAY}
        tx.execute(insert(consent).values(**agreed, **fact))
        tx.execute(
            insert(form_decision),
            {"form_id": 2, "question": "conflict", "counts": True, "why": "first"} | fact,
        )
        tx.execute(update(event).where(event.c.id == 2).values(superseded_at=tx.now))
        tx.record("reason.given", "LISHUI-001", visit="V2")
    service.seal(holder="test", now=deployment().now())
    return in_app


def test_untouched_data_are_what_the_trail_tells(filled: Flask) -> None:
    said = run(filled, "verify", "--data")
    assert said.exit_code == 0
    assert "The data match the trail; rows compared: 20." in said.stdout
    told = json.loads(run(filled, "verify", "--data", "--json").stdout)
    assert told["data"] == {"rows": 20, "unwitnessed": 0, "finding": None}
    assert "data" in told
    assert json.loads(run(filled, "verify", "--json").stdout)["data"] is None


@pytest.mark.parametrize(
    ("statement", "wrong", "table", "key"),
    [
        ("UPDATE form SET answered_on = '2026-01-21' WHERE id = 2", "ROW_ALTERED", "form", (2,)),
        (
            "UPDATE form SET answers = "
            "CAST(replace(CAST(answers AS text), ': 2', ': 3') AS {json}) WHERE id = 2",
            "ROW_ALTERED", "form", (2,),
        ),
        (
            "UPDATE form_score SET scores = "
            "CAST(replace(CAST(scores AS text), '14.0', '15.0') AS {json}) WHERE form_id = 3",
            "ROW_ALTERED", "form_score", None,
        ),
        ("UPDATE form SET patient_id = 2, visit = 'V3' WHERE id = 1", "ROW_ALTERED", "form", (1,)),
        ("UPDATE event SET happened_on = '2026-02-01' WHERE id = 1", "ROW_ALTERED", "event", (1,)),
        ("UPDATE event SET kind = 'death' WHERE id = 1", "ROW_ALTERED", "event", (1,)),
        ("UPDATE consent SET consented_on = '2026-01-02'", "ROW_ALTERED", "consent", (1,)),
        ("UPDATE form_decision SET counts = false", "ROW_ALTERED", "form_decision", (1,)),
        ("UPDATE reason SET code = 'C_TOO_ILL'", "ROW_ALTERED", "reason", (1,)),
        ("UPDATE reason SET text = 'more'", "ROW_ALTERED", "reason", (1,)),
        ("UPDATE patient_version SET able = NULL WHERE id = 2", "ROW_ALTERED",
         "patient_version", (2,)),
        ("UPDATE allocation SET arm = CASE arm WHEN 'RADICAL' THEN 'PALLIATIVE' ELSE 'RADICAL' END",
         "ROW_ALTERED", "allocation", (1,)),
        ("UPDATE patient SET number = 'LISHUI-009' WHERE id = 2", "ROW_ALTERED", "patient", (2,)),
        ("UPDATE event SET superseded_at = NULL WHERE id = 2", "ROW_ENDED", "event", (2,)),
        ("UPDATE event SET superseded_at = recorded_at WHERE id = 1", "ROW_ENDED", "event", (1,)),
        ("UPDATE patient SET site = 'JIAXING' WHERE id = 2", "ROW_ENDED", "patient", (2,)),
        ("DELETE FROM event WHERE id = 1", "ROW_DELETED", "event", (1,)),
        ("DELETE FROM form_decision", "ROW_DELETED", "form_decision", (1,)),
        (
            "INSERT INTO event (patient_id, kind, happened_on, recorded_at, recorded_by) "
            "SELECT patient_id, 'death', happened_on, recorded_at, recorded_by FROM event "
            "WHERE id = 1",
            "ROW_ADDED", "event", (3,),
        ),
        (
            "INSERT INTO form_score (form_id, scoring_version, inputs_sha256, scores, scored_at) "
            "SELECT form_id, 'x/2', inputs_sha256, scores, scored_at FROM form_score "
            "WHERE form_id = 2",
            "ROW_ADDED", "form_score", (2, "x/2", 0),
        ),
        ("UPDATE study_version SET reason = 'more'", "ROW_ALTERED", "study_version", (1,)),
        ("UPDATE study_version SET content = '{}'", "ROW_ALTERED", "study_version", (1,)),
        ("UPDATE study_version SET sha256 = 'x'", "ROW_ALTERED", "study_version", (1,)),
    ],
)  # fmt: skip
def test_the_row_that_differs_is_named(
    filled: Flask, statement: str, wrong: str, table: str, key: tuple[object, ...] | None
) -> None:
    cast = "json" if db.engine.dialect.name == "postgresql" else "text"
    tamper(statement.replace("{json}", cast).replace("replace(", "replace(", 1))
    said = found()
    assert said is not None
    assert (said.wrong.value, said.table) == (wrong, table)
    assert key is None or said.key == key
    named = run(filled, "verify", "--data")
    assert named.exit_code == 2
    assert named.stdout == ""
    assert f"[{table} " in named.stderr
    assert run(filled, "verify").exit_code == 0


def test_a_row_of_every_witnessed_table_has_words(in_app: Flask) -> None:
    with in_app.test_request_context():
        assert set(verdicts._tables()) == set(WITNESSED)


def test_a_row_names_its_patient_and_visit(filled: Flask) -> None:
    tamper("UPDATE form SET mode = 'tablet' WHERE id = 4")
    assert "form (LISHUI-002 V1) [form 4] was altered: it differs from what event" in (
        run(filled, "verify", "--data").stderr
    )


def test_a_form_with_its_scores_can_not_be_deleted_unseen(filled: Flask) -> None:
    free(*WITNESSED)
    with db.engine.begin() as connection:
        for table, column in (("form_score", "form_id"), ("form", "id")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} = 3"))
    said = found()
    assert said is not None
    assert (said.wrong, said.table) == (Differs.DELETED, "form")


def test_what_no_column_can_hold_is_named_all_the_same(filled: Flask) -> None:
    if db.engine.dialect.name == "postgresql":  # which refuses it
        return
    tamper("UPDATE form SET answers = 'no JSON' WHERE id = 2")
    said = found()
    assert said is not None
    assert (said.wrong, said.table, said.key) == (Differs.ALTERED, "form", (2,))


def test_an_arm_can_not_be_guessed_from_its_digest(filled: Flask) -> None:
    with reading() as connection:
        told = connection.execute(select(audit_event.c.data, audit_event.c.salts)).all()
    digests = [row[-1] for data, _ in told if data for row in data["rows"].get("allocation", ())]
    salts = {salts["data"] for data, salts in told if data}
    assert len(set(digests)) == 2
    assert len(salts) == sum(data is not None for data, _ in told)
    assert all(len(salt) == 32 for salt in salts)


def test_rows_of_before_are_counted_and_said_and_none_can_be_added_to_them(in_app: Flask) -> None:
    patient_id = factories.add_patient()
    factories.add_form(patient_id, "V0", date(2026, 1, 3))
    free(*WITNESSED, "audit_event")
    with db.engine.begin() as connection:
        # As the migration leaves a database that was filled before.
        connection.execute(text("UPDATE audit_event SET data = NULL, salts = NULL"))
        kinds = ("patient", "patient_version", "form", "form_score", "study_version")
        begun = json.dumps({name: [None, [1, 0]] for name in kinds})
        connection.execute(
            text(
                "INSERT INTO audit_event (at, actor, role, action, subject, changes) VALUES "
                "('2026-03-05 00:00:00', 'migration', 'system', 'trail.witness_begun', 'trail', "
                f"'{begun}')"
            )
        )
    factories.add_form(patient_id, "V1", DAY)
    service.seal(holder="test", now=deployment().now())
    said = run(in_app, "verify", "--data")
    assert said.exit_code == 0
    assert "Rows written before version 2 of the seal, not witnessed: 5." in said.stderr
    tamper(
        "INSERT INTO form_score (form_id, scoring_version, inputs_sha256, scores, scored_at) "
        "SELECT form_id, 'x/2', inputs_sha256, scores, scored_at FROM form_score WHERE form_id = 1"
    )
    assert (difference := found()) is not None
    assert difference.wrong is Differs.ADDED
    tamper("DELETE FROM form_score WHERE form_id = 1")
    assert "a row from before version 2 is gone" in run(in_app, "verify", "--data").stderr


def test_a_bulk_act_is_told_a_thousand_rows_to_an_event(in_app: Flask) -> None:
    now = deployment().now()
    people = [
        {"number": f"LISHUI-{n:04}", "site": "LISHUI", "first_site": "LISHUI", "created_at": now}
        for n in range(2 * MOST + 5)
    ]
    with transaction(CLI, now) as tx:
        tx.execute(insert(patient), people)
        tx.record("patient.added", "file")
    with reading() as connection:
        query = select(audit_event.c.action, audit_event.c.data).order_by(audit_event.c.id)
        told = [(row.action, len(row.data["rows"]["patient"])) for row in connection.execute(query)]
    assert told == [("patient.added", MOST), ("rows.written", MOST), ("rows.written", 5)]
    assert found() is None


def test_what_is_written_after_the_record_is_told_too(in_app: Flask) -> None:
    now = deployment().now()
    with transaction(CLI, now) as tx:
        tx.record("patient.added", "LISHUI-001")
        row = {"number": "LISHUI-001", "site": "LISHUI", "first_site": "LISHUI"}
        tx.execute(insert(patient).values(**row, created_at=now))
    assert found() is None
    verdict = service.check(data=True)
    assert verdict.data is not None
    assert verdict.data.rows == 1


def test_a_patient_may_move_more_than_once_and_back(in_app: Flask) -> None:
    patient_id = factories.add_patient()
    for site in ("JIAXING", "LISHUI", "JIAXING", "LISHUI"):
        with transaction(CLI, deployment().now()) as tx:
            tx.execute(update(patient).where(patient.c.id == patient_id).values(site=site))
            tx.record("patient.corrected", "LISHUI-001")
        assert found() is None


def test_what_a_statement_returns_is_handed_on(in_app: Flask) -> None:
    patient_id = factories.add_patient()
    with transaction(CLI, deployment().now()) as tx:
        fact = {"recorded_at": tx.now, "recorded_by": "cli"}
        row = {"patient_id": patient_id, "kind": "ltfu", "happened_on": DAY} | fact
        made = tx.execute(insert(event).returning(event.c.kind, event.c.id), row).one()
        ended = tx.execute(
            update(event).where(event.c.patient_id == patient_id).values(superseded_at=tx.now)
        )
        assert (made.kind, ended.rowcount) == ("ltfu", 1)
        tx.record("event.added", "LISHUI-001")
    assert found() is None
