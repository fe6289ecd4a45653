"""Consent versions, transfers, and what was declared wrong, as they leave."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from pro_app.core.facts import EventKind
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.tables import allocation, consent, event, form, patient_version
from tests import factories
from tests.conftest import HandClock
from tests.factories import ACTOR
from tests.rooms.export.making import TODAY, V0, content, export, rows, values

pytestmark = pytest.mark.usefixtures("in_app")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def id_of(table: object) -> int:
    with reading() as connection:
        return connection.execute(select(table.c.id)).scalars().one()  # type: ignore[attr-defined]


def test_a_form_that_was_declared_wrong_leaves_there_and_nowhere_else(
    folder: Path, clock: HandClock
) -> None:
    anna, bea = factories.add_patient("LISHUI-001"), factories.add_patient("LISHUI-002")
    wrong = factories.add_form(anna, "V0", V0)
    form_id = id_of(form)
    moment = clock()
    before = export(folder, TODAY)
    assert before.rows["voided.csv"] == 0
    first = content(folder)
    clock.advance(hours=1)
    kept = factories.add_form(bea, "V1", V0)
    with reading() as connection:
        kept_as = connection.execute(select(form.c.id).where(form.c.submission_id == kept)).scalar()
    where = {"belongs_to": bea, "belongs_visit": "V1", "kept_as": kept_as}
    factories.declare_void("form", anna, form_id=form_id, **where)
    export(folder, TODAY)
    assert [r["submission_id"] for r in rows(folder, "forms.csv")] == [kept]
    assert {r["submission_id"] for r in rows(folder, "items.csv")} == {kept}
    assert rows(folder, "ledger.csv")[0]["status"] == "MISSING"
    [row] = rows(folder, "voided.csv")
    assert row == {
        "void": "1",
        "patient_id": "LISHUI-001",
        "kind": "form",
        "what": "",
        "on": V0.isoformat(),
        "submission_id": wrong,
        "visit": "V0",
        "why": "a slip",
        "voided_at": "2026-03-05T01:00:00Z",
        "belongs_to": "LISHUI-002",
        "belongs_visit": "V1",
        "kept_as": kept,
    }
    export(folder, TODAY, known_at=moment)
    assert content(folder) == first


def test_an_arm_that_was_declared_wrong_leaves_where_arms_do(folder: Path) -> None:
    anna = factories.add_patient("LISHUI-001", arm="RADICAL")
    factories.declare_void("arm", anna, allocation_id=id_of(allocation))
    export(folder, TODAY)
    assert rows(folder, "voided.csv") == []
    assert not [name for name, data in content(folder).items() if b"RADICAL" in data]
    export(folder, TODAY, with_arm=True)
    assert values(rows(folder, "voided.csv"), "kind", "what", "on") == [("arm", "RADICAL", "")]
    assert rows(folder, "patients.csv")[0]["arm"] == ""


def test_events_and_randomisations_that_were_declared_wrong_say_their_day(folder: Path) -> None:
    anna = factories.add_patient("LISHUI-001")
    factories.add_event(anna, EventKind.PROGRESSION, date(2026, 2, 1))
    factories.declare_void("event", anna, event_id=id_of(event))
    factories.declare_void("randomisation", anna, version_id=id_of(patient_version))
    export(folder, TODAY)
    assert values(rows(folder, "voided.csv"), "kind", "what", "on") == [
        ("event", "progression", "2026-02-01"),
        ("randomisation", "", "2026-01-05"),
    ]
    export(folder, date(2026, 1, 31))  # what had not happened by the day is left out
    assert values(rows(folder, "voided.csv"), "kind") == [("randomisation",)]


def test_a_number_that_was_entered_twice_leaves_there_alone(folder: Path) -> None:
    anna, bea = factories.add_patient("LISHUI-001"), factories.add_patient("LISHUI-002")
    factories.add_form(anna, "V0", V0)
    factories.declare_void("patient", anna)
    manifest = export(folder, TODAY)
    assert [r["patient_id"] for r in rows(folder, "patients.csv")] == ["LISHUI-002"]
    assert values(rows(folder, "voided.csv"), "patient_id", "kind") == [("LISHUI-001", "patient")]
    assert rows(folder, "compliance.csv")[0]["N"] == "1"
    assert manifest.rows["forms.csv"] == 0
    factories.add_event(bea, EventKind.WITHDRAWAL_CONSENT, date(2026, 3, 1))
    factories.declare_void("patient", bea)
    export(folder, TODAY)
    assert b"LISHUI-002" not in (folder / "voided.csv").read_bytes()


def test_nobody_is_named_whose_rows_may_not_leave(folder: Path) -> None:
    anna, bea = factories.add_patient("LISHUI-001"), factories.add_patient("LISHUI-002")
    factories.add_form(anna, "V0", V0)
    factories.declare_void("form", anna, form_id=id_of(form), belongs_to=bea, belongs_visit="V0")
    factories.add_event(bea, EventKind.WITHDRAWAL_CONSENT, date(2026, 3, 1))
    export(folder, TODAY)
    [row] = rows(folder, "voided.csv")
    assert (row["belongs_to"], row["belongs_visit"]) == ("", "V0")


def test_every_version_of_a_consent_leaves_with_its_day(folder: Path, clock: HandClock) -> None:
    anna = factories.add_patient("LISHUI-001")
    with transaction(ACTOR, deployment().now()) as tx:
        for version, on in (("3.0", date(2026, 3, 4)), ("2.0", date(2026, 2, 2))):
            row = {"patient_id": anna, "version": version, "consented_on": on}
            tx.execute(insert(consent), row | {"recorded_at": tx.now, "recorded_by": "test"})
        tx.record("consent.added", "LISHUI-001")
    export(folder, date(2026, 3, 3))
    assert values(rows(folder, "consents.csv"), "version", "on", "first") == [
        ("", "2026-01-01", "yes"),
        ("2.0", "2026-02-02", "no"),
    ]
    export(folder, TODAY)
    assert len(rows(folder, "consents.csv")) == 3


def test_a_transfer_says_where_to(folder: Path) -> None:
    anna = factories.add_patient("LISHUI-001")
    with transaction(ACTOR, deployment().now()) as tx:
        row = {"patient_id": anna, "kind": "transfer", "happened_on": date(2026, 2, 1)}
        stamp = {"to_site": "ZJCC", "recorded_at": tx.now, "recorded_by": "test"}
        tx.execute(insert(event), row | stamp)
        tx.record("event.added", "LISHUI-001")
    export(folder, TODAY)
    told = values(rows(folder, "events.csv"), "event", "on", "to_site")
    assert told == [("transfer", "2026-02-01", "ZJCC")]
    assert values(rows(folder, "patients.csv"), "site", "first_site") == [("ZJCC", "LISHUI")]
    sites = [r["site"] for r in rows(folder, "ledger.csv")]
    assert sites[:2] == ["LISHUI", "ZJCC"]
