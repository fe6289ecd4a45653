"""Rule 7: migrating from nothing gives exactly the tables that the code speaks of."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import inspect

from pro_app.store.engine.database import db
from pro_app.store.tables import WRITE_ONCE, metadata
from tests.house.source import ROOT


def test_the_migrated_schema_is_the_one_in_the_code(in_app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_table_that_is_written_once_has_its_triggers(in_app: Flask) -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if db.engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with db.engine.connect() as connection:
        triggers = {row[0] for row in connection.exec_driver_sql(query)}
    for table in WRITE_ONCE:
        assert any(trigger.startswith(f"{table.name}_refuse") for trigger in triggers)


def test_upgrading_twice_does_nothing(in_app: Flask) -> None:
    with db.engine.connect() as connection:
        before = inspect(connection).get_table_names()
    upgrade()
    with db.engine.connect() as connection:
        assert inspect(connection).get_table_names() == before


def test_migrations_are_numbered_verbs_and_never_go_back() -> None:
    names = sorted(p.name for p in (ROOT / "migrations" / "versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{i:04}" for i in range(1, len(names) + 1)]
    # Going back would lose data of patients; a backup is the way back.
    for name in names:
        text = (ROOT / "migrations" / "versions" / name).read_text(encoding="utf8")
        assert "def downgrade" not in text
