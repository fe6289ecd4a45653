"""Each table is in one class, and the database holds to it, attacked with SQL of its own."""

from collections.abc import Iterator
from datetime import date, datetime, time

import pytest
from flask import Flask
from sqlalchemy import (
    JSON,
    Column,
    Engine,
    Table,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import Index, UniqueConstraint

from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.tables import (
    CHANGING,
    DERIVED,
    FACTS,
    PATIENTS,
    WITNESSED,
    WRITE_ONCE,
    Instant,
    contact_entry,
    metadata,
)

ONCE = (*WRITE_ONCE, *FACTS, *PATIENTS)
_SPECIAL: dict[str, object] = {"proxy": False, "kind": "death"}
ALLOWED = {table.name: column for table, column in WITNESSED.values()}


@pytest.fixture
def filled(in_app: Flask) -> Flask:
    """A row of anything in each of these tables, and in what they point to."""
    wanted = {*ONCE, *(key.column.table for table in ONCE for key in table.foreign_keys)}
    with db.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table in wanted:
                connection.execute(insert(table), {c.name: sample(c) for c in needed(table)})
    return in_app


@pytest.fixture
def attacker(filled: Flask) -> Iterator[Engine]:
    """Connections that nobody has set up, as a shell of the database opens them."""
    engine = create_engine(db.engine.url)
    yield engine
    engine.dispose()


def needed(table: Table) -> list[Column[object]]:
    filled = ("superseded_at", "data", "salts")
    return [c for c in table.columns if c.name not in filled]


def sample(column: Column[object], other: bool = False) -> object:
    """A value that the column can hold; the `other` one differs."""
    if not other and column.name in _SPECIAL:  # so that each partial key is of this row
        return _SPECIAL[column.name]
    if isinstance(column.type, JSON):
        return ["other"] if other else {}
    if isinstance(column.type, Instant):
        return datetime(2027 if other else 2026, 1, 1, tzinfo=deployment().now().tzinfo)
    samples: dict[type, tuple[object, object]] = {
        int: (1, 2),
        bool: (True, False),
        str: ("x", "y"),
        date: (date(2026, 1, 1), date(2027, 1, 1)),
        time: (time(8), time(9)),
    }
    return samples[column.type.python_type][other]


def test_each_table_is_in_exactly_one_class() -> None:
    listed = [*ONCE, *DERIVED, *CHANGING]
    assert sorted(t.name for t in listed) == sorted(metadata.tables)


def test_every_table_with_a_past_is_a_fact() -> None:
    with_past = {t for t in metadata.tables.values() if "superseded_at" in t.c}
    assert with_past - {contact_entry} == set(FACTS)  # all of the contact book must be erasable


def refused(engine: Engine, statement: object, values: object = None) -> None:
    with pytest.raises(DatabaseError, match="written once"), engine.begin() as connection:
        connection.execute(statement, values)  # type: ignore[call-overload]


@pytest.mark.parametrize("table", ONCE, ids=lambda table: table.name)
def test_no_column_but_the_one_that_may_can_be_changed(attacker: Engine, table: Table) -> None:
    for column in table.columns:
        if column.name != ALLOWED.get(table.name):
            refused(attacker, update(table).values({column: sample(column, other=True)}))
            if column.nullable and sample(column) is not None:
                cleared = update(table).values({column: None})
                if column.name not in ("data", "salts"):  # empty already in this row
                    refused(attacker, cleared)


@pytest.mark.parametrize("table", ONCE, ids=lambda table: table.name)
def test_no_row_can_be_removed(attacker: Engine, table: Table) -> None:
    refused(attacker, delete(table))
    if attacker.dialect.name == "postgresql":
        refused(attacker, text(f"TRUNCATE {table.name} CASCADE"))


@pytest.mark.parametrize("table", FACTS, ids=lambda table: table.name)
def test_a_fact_is_superseded_one_time_and_for_good(attacker: Engine, table: Table) -> None:
    now = deployment().now()
    other = next(c for c in table.columns if c.name == "recorded_by")
    refused(attacker, update(table).values({"superseded_at": now, other: "somebody else"}))
    with attacker.begin() as connection:
        connection.execute(update(table).values(superseded_at=now))
    refused(attacker, update(table).values(superseded_at=None))
    refused(attacker, update(table).values(superseded_at=deployment().now()))


def keys(table: Table) -> list[list[Column[object]]]:
    """What no two rows of a table share."""
    uniques = [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]
    indexes = [list(i.columns) for i in table.indexes if isinstance(i, Index) and i.unique]
    return [list(table.primary_key.columns), *uniques, *indexes]


@pytest.mark.parametrize("table", ONCE, ids=lambda table: table.name)
def test_a_row_can_not_be_replaced(attacker: Engine, table: Table) -> None:
    with attacker.connect() as connection:
        row = dict(connection.execute(select(table)).one()._mapping)
    changed = {c.name: sample(c, other=True) for c in table.columns if c.name in row}
    for key in keys(table):
        # All but the key is another: so it is this key that would be taken over.
        values = changed | {c.name: row[c.name] for c in key}
        values |= {name: row[name] for name in ("kind", "standing", "proxy") if name in row}
        values["superseded_at"] = None
        given = {name: value for name, value in values.items() if name in table.c}
        if attacker.dialect.name == "sqlite":
            refused(attacker, insert(table).prefix_with("OR REPLACE"), given)
        else:
            replaced = _on_conflict(table, key, given)
            if replaced is not None:
                refused(attacker, replaced)
    with attacker.connect() as connection:
        assert dict(connection.execute(select(table)).one()._mapping) == row


def _on_conflict(table: Table, key: list[Column[object]], given: dict[str, object]) -> object:
    from sqlalchemy.dialects.postgresql import insert as upsert

    part = next((i for i in table.indexes if list(i.columns) == key and i.unique), None)
    where = part.dialect_options["postgresql"]["where"] if part is not None else None
    others = {name: value for name, value in given.items() if table.c[name] not in key}
    others.pop("superseded_at", None)
    if not others:
        return None
    return (
        upsert(table)
        .values(given)
        .on_conflict_do_update(index_elements=key, index_where=where, set_=others)
    )
