"""The door that commits: nothing without a record, nothing half-written."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

import pytest
from sqlalchemy import JSON, Column, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from pro_app.audit import service as audit
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import (
    CLI,
    Reader,
    Unrecorded,
    asking,
    housekeeping,
    reading,
    transaction,
)
from pro_app.store.tables import (
    HOUSEKEEPING,
    WRITE_ONCE,
    Instant,
    audit_event,
    lease,
    metadata,
    patient,
)
from tests import factories

pytestmark = pytest.mark.usefixtures("in_app")


def _patients() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(patient)).scalar_one()


def _row() -> dict[str, object]:
    return {"number": "X-1", "site": "X", "first_site": "X", "created_at": deployment().now()}


def _fill_what_is_empty() -> None:
    """A row of anything in each of these tables, for a trigger to guard, and in what they name."""
    named = {key.column.table for table in WRITE_ONCE for key in table.foreign_keys}
    samples = {
        int: 1,
        bool: True,
        str: "x",
        date: deployment().today(),
        datetime: deployment().now(),
    }
    with transaction(CLI, deployment().now()) as tx:
        for table in metadata.sorted_tables:
            if table in {*WRITE_ONCE, *named} and tx.execute(select(table)).first() is None:
                needed = [column for column in table.columns if not column.nullable]
                values = {column.name: _sample(column, samples) for column in needed}
                tx.execute(insert(table), values)
        tx.record("patient.added", "X-1")


def _sample(column: Column, samples: dict[type, object]) -> object:
    if isinstance(column.type, JSON):
        return {}
    return samples[datetime if isinstance(column.type, Instant) else column.type.python_type]


def test_a_write_without_a_record_is_rolled_back() -> None:
    with pytest.raises(Unrecorded), transaction(CLI, deployment().now()) as tx:
        tx.execute(insert(patient), _row())
    assert _patients() == 0


def test_a_recorded_write_is_kept_with_who_and_when() -> None:
    now = deployment().now()
    with transaction(CLI, now) as tx:
        tx.execute(insert(patient), _row())
        tx.record("patient.added", "X-1", changes={"site": [None, "X"]})
    assert _patients() == 1
    with reading() as connection:
        row = connection.execute(select(audit_event)).one()
    assert (row.actor, row.at, row.changes) == ("cli", now, {"site": [None, "X"]})


def test_an_error_undoes_data_and_record_together() -> None:
    def write_and_fail() -> None:
        with transaction(CLI, deployment().now()) as tx:
            tx.execute(insert(patient), _row())
            tx.record("patient.added", "X-1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with reading() as connection:
        assert connection.execute(select(audit_event)).all() == []
    assert _patients() == 0


def test_an_abandoned_transaction_writes_nothing() -> None:
    with transaction(CLI, deployment().now()) as tx:
        tx.execute(insert(patient), _row())
        tx.abandon()
    assert _patients() == 0


@pytest.mark.parametrize("table", WRITE_ONCE, ids=lambda table: table.name)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_what_is_written_once_can_not_be_changed(table, verb: str) -> None:
    factories.add_form(factories.add_patient(), "V0", deployment().today())
    audit.seal(holder="test", now=deployment().now())
    _fill_what_is_empty()
    column = next(iter(table.primary_key.columns))
    statement = delete(table) if verb == "delete" else update(table).values({column: column})
    with (
        pytest.raises(DatabaseError, match="written once"),
        transaction(CLI, deployment().now()) as tx,
    ):
        tx.execute(statement)


@pytest.mark.parametrize("door", [asking, reading], ids=["asking", "reading"])
def test_what_reads_can_not_write(door: Callable[[], AbstractContextManager[Reader]]) -> None:
    def write() -> None:
        with door() as connection:
            connection.execute(insert(patient), _row())

    if db.engine.dialect.name == "postgresql":
        with pytest.raises(DatabaseError, match="read-only transaction"):
            write()
    else:
        write()
    assert _patients() == 0


def test_a_session_that_was_read_from_writes_in_its_next_transaction() -> None:
    for _ in range(3):  # the pool gives the same connection again
        with asking() as connection:
            connection.execute(select(patient)).all()
    with transaction(CLI, deployment().now()) as tx:
        tx.execute(insert(patient), _row())
        tx.record("patient.added", "X-1")
    assert _patients() == 1


def test_housekeeping_can_not_touch_trial_data() -> None:
    assert lease.name in HOUSEKEEPING
    with pytest.raises(Unrecorded), housekeeping() as work:
        work.execute(insert(patient).values(**_row()))
    assert _patients() == 0
