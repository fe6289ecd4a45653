"""Statements on the busiest way, compiled once and run by the driver itself.

SQLAlchemy writes the SQL, knows the types and holds the transaction, as everywhere.
Yet to hand it one statement costs more than driver and database need to run that,
and a form takes six of them: here this is skipped. Those that need not wait for each
other go to PostgreSQL as one message.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

_Rows = Callable[[], Sequence[Any]]


class Prepared:
    """A statement with named parameters; `columns` are those that an INSERT is given.

    Its rows are read by the names of its columns.
    """

    def __init__(
        self, statement: Select[Any] | Insert | Update | Delete, columns: Iterable[str] = ()
    ) -> None:
        self._statement = statement
        self._columns = tuple(columns)
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """All rows; none where the statement returns none.

        Errors: SQLAlchemy's DBAPIError of the same kind as through itself.
        """
        return self.ask(connection, parameters)()

    def ask(self, connection: Connection, parameters: Mapping[str, Any]) -> _Rows:
        """What gives all rows, once the statement has run."""
        if _listened_to(connection):
            # The slow way, for whoever listens to statements, to count them for instance.
            result = connection.execute(self._statement, dict(parameters))
            rows = result.all() if result.returns_rows else []
            return lambda: rows
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = _Compiled(self._statement, self._columns, dialect)
            self._compiled[dialect.name] = compiled
        # A cursor of its own on each connection: to make one takes as long as to use it.
        cursor = connection.info.get(self)
        if cursor is None:
            cursor = connection.info[self] = _driver(connection).cursor()
        try:
            cursor.execute(compiled.sql, compiled.given(parameters))
        except dialect.loaded_dbapi.Error as error:
            raise _raised(error, connection, compiled.sql) from error
        return lambda: compiled.rows(cursor)


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """What prepared statements ask in this block goes to PostgreSQL without a wait between.

    Errors: theirs, as the block ends.
    """
    if connection.dialect.name == "sqlite" or _listened_to(connection):
        yield
        return
    try:
        with _driver(connection).pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise _raised(error, connection) from error


def _raised(error: Any, connection: Connection, sql: str = "") -> Exception:
    """The driver's error as SQLAlchemy's."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, _driver(connection), None)
    if lost:  # as SQLAlchemy does: where one connection is lost, all are made anew
        connection.engine.dispose()
    raised: Exception = DBAPIError.instance(
        sql,
        None,  # what it was given may be answers: not for a log
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return raised


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _listened_to(connection: Connection) -> bool:
    return bool(connection.engine.dispatch.before_cursor_execute)


class _Compiled:
    """The statement in the words of one database, with what turns values to and fro."""

    def __init__(self, statement: Any, columns: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns or None)
        returned = list(statement.exported_columns)
        self.sql = str(compiled)
        self._order: list[str] | None = compiled.positiontup
        #: What the statement brings along itself, a LIMIT for instance.
        self._own = {name: value for name, value in compiled.params.items() if value is not None}
        into = {
            name: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bound in compiled.binds.items()
        }
        self._into = {name: turn for name, turn in into.items() if turn is not None}
        self._row: Any = namedtuple("Row", [each.key for each in returned]) if returned else None
        self._out = [
            each.type.dialect_impl(dialect).result_processor(dialect, None) for each in returned
        ]

    def given(self, parameters: Mapping[str, Any]) -> Any:
        """The values as the driver takes them."""
        values = {**self._own, **parameters}
        for name, turn in self._into.items():
            values[name] = turn(values[name])
        return values if self._order is None else [values[name] for name in self._order]

    def rows(self, cursor: Any) -> list[Any]:
        """What the driver has found, as rows."""
        if self._row is None:
            return []
        return [
            self._row(
                *(v if turn is None else turn(v) for turn, v in zip(self._out, raw, strict=True))
            )
            for raw in cursor.fetchall()
        ]
