"""The rights that the guide gives the application's account: enough to work, too few to tamper."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import update

from pro_app import create_app
from pro_app.audit import service
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, transaction
from pro_app.store.tables import FACTS, PATIENTS, WRITE_ONCE, event, patient
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock, settings_for
from tests.house.source import ROOT

_GRANTS = re.search(
    r"```sql\n(CREATE ROLE.+?)```", (ROOT / "docs" / "production.md").read_text("utf8"), re.DOTALL
)


@pytest.fixture
def address(new_database: Callable[[str], str]) -> Iterator[str]:
    """The address of a database as its owner; the guide's statements have been run in it."""
    assert _GRANTS
    owner = new_database("postgresql").replace("+psycopg", "")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(_GRANTS[1])
        yield owner
        connection.execute("DROP OWNED BY pro_app")
        connection.execute("DROP ROLE pro_app")


@pytest.fixture
def restricted(address: str, clock: HandClock, tmp_path: Path) -> Iterator[Flask]:
    """The application with the account that the guide gives it."""
    url = address.replace("//pro@", "//pro_app@").replace("postgresql:", "postgresql+psycopg:")
    app = create_app(settings_for(url, tmp_path), clock=clock)
    with app.app_context():
        yield app
        db.engine.dispose()


def test_the_application_works_with_them(restricted: Flask, clock: HandClock) -> None:
    patient_id = factories.add_patient("LISHUI-001", randomised_on=date(2025, 9, 1))
    factories.add_form(patient_id, "V1", date(2025, 12, 1))
    cast = Cast(restricted)
    given = {"code": "P_FORGOT", "said_by": "patient", "said_on": "2026-03-05"}
    path = "/staff/patients/LISHUI-001/visits/V0/reason"
    assert cast.nurse_of_lishui().post(path, data=given).status_code == 302
    assert cast.patient("LISHUI-001").get("/").status_code in (200, 302)
    service.seal(holder="test", now=deployment().now())
    verdict = service.check()
    assert (verdict.finding, verdict.waiting) == (None, 0)
    assert verdict.sealed > 5


@pytest.mark.parametrize("table", [t.name for t in (*WRITE_ONCE, *FACTS, *PATIENTS)])
def test_what_is_written_once_can_not_be_touched_with_them(address: str, table: str) -> None:
    with psycopg.connect(address.replace("//pro@", "//pro_app@"), autocommit=True) as connection:
        columns = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or []
        column = columns[0].name
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"DROP TABLE {table}",
            f"DROP TRIGGER {table}_refuse_change ON {table}",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_fact_can_be_superseded_with_them(restricted: Flask, clock: HandClock) -> None:
    patient_id = factories.add_patient("LISHUI-001")
    factories.add_event(patient_id, "progression", date(2026, 2, 1))
    with transaction(CLI, clock()) as tx:
        tx.execute(update(event).values(superseded_at=tx.now))
        tx.execute(update(patient).values(site="JIAXING"))
        tx.record("event.taken_back", "LISHUI-001")
    assert service.check(data=True).whole
