"""Faults planted in the database itself, so that tests run what production runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from pro_app.store.engine.database import db

#: What a planted fault says.
PLANTED = "pulled the plug"
_VERBS = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def failing(table: str) -> Iterator[None]:
    """Any row of this table that is written in the block is refused by a trigger.

    The statement fails in the database, on the path that production runs: to listen to
    statements in Python would not show a COMMIT that somebody else has sent before.
    """
    with db.engine.begin() as connection:
        for statement in _planted(table, connection.dialect.name):
            connection.execute(text(statement))
    try:
        yield
    finally:
        with db.engine.begin() as connection:
            for statement in _removed(table, connection.dialect.name):
                connection.execute(text(statement))


@contextmanager
def committing(before: str) -> Iterator[None]:
    """A COMMIT is planted before each statement that begins so: what no test may miss."""

    def commit(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(before):
            connection.connection.driver_connection.commit()

    event.listen(db.engine, "before_cursor_execute", commit)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", commit)


def _planted(table: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER planted_{verb} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{PLANTED}'); END"
            for verb in _VERBS
        ]
    return [
        "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{PLANTED}'; END $$",
        f"CREATE TRIGGER planted BEFORE {' OR '.join(_VERBS)} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION planted()",
    ]


def _removed(table: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [f"DROP TRIGGER planted_{verb}" for verb in _VERBS]
    return [f"DROP TRIGGER planted ON {table}", "DROP FUNCTION planted()"]
