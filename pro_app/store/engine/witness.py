"""What a transaction writes of facts and decisions, for the trail to tell.

Every statement of a transaction passes here. One that writes to a table whose rows are
written once is made to return what the database has stored, and of that a digest is kept
until the transaction ends: then an event tells of it. Nobody who adds a table or a statement
has to think of this, and nobody can forget it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Executable,
    Insert,
    Integer,
    Text,
    Update,
)
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.types import TypeEngine

from pro_app.core.trail_event import ROWS, instant_text
from pro_app.core.witness import row_digest
from pro_app.store.engine.salts import new_salt
from pro_app.store.tables import WITNESSED, Instant

#: So many rows to an event: whoever reads the trail holds one event at a time.
MOST = 1000


class Written(IteratorResult[Any]):
    """What a statement returned to whoever asked it; `rowcount` rows were written."""

    def __init__(self, keys: Sequence[str], rows: list[Any], rowcount: int) -> None:
        super().__init__(SimpleResultMetaData(list(keys)), iter(rows))
        self.rowcount = rowcount


def told_columns(name: str) -> tuple[Column[Any], ...]:
    """The columns of a witnessed table that never change."""
    table, changing = WITNESSED[name]
    return tuple(column for column in table.c if column.name != changing)


def content(name: str, row: Sequence[Any]) -> dict[str, Any]:
    """Column → value of a row of `told_columns`: without what is empty or is the default.

    A column that is added later is empty, or has its default, in all earlier rows.
    """
    return {
        column: value
        for (column, default), value in zip(_DEFAULTS[name], row, strict=True)
        if value is not None and value != default
    }


def changed_text(value: Any) -> str:
    """The new value of the column that may change, as an event tells it."""
    return value if isinstance(value, str) else instant_text(value)


def key_columns(name: str) -> tuple[Column[Any], ...]:
    return tuple(WITNESSED[name][0].primary_key.columns)


def _default(column: Column[Any]) -> Any:
    if column.server_default is None:
        return None
    stated = getattr(column.server_default, "arg", "null")
    return json.loads(str(getattr(stated, "text", stated)))


_DEFAULTS = {
    name: [(column.name, _default(column)) for column in told_columns(name)] for name in WITNESSED
}
_KEYS: Mapping[str, list[int]] = {
    name: [list(told_columns(name)).index(column) for column in key_columns(name)]
    for name in WITNESSED
}


@dataclass(slots=True)
class Told:
    """The digests that one event tells, all under one salt."""

    salt: str = field(default_factory=new_salt)
    rows: dict[str, list[list[Any]]] = field(default_factory=dict)
    changed: dict[str, list[list[Any]]] = field(default_factory=dict)
    count: int = 0

    @property
    def salts(self) -> dict[str, str]:
        return {ROWS: self.salt}

    def data(self) -> dict[str, Any]:
        """As an event keeps it: table → [*key, digest], and [*key, new value]."""
        told = {"rows": self.rows, "changed": self.changed}
        return {name: tables for name, tables in told.items() if tables}


class Witness:
    """The digests of what one transaction has written so far."""

    def __init__(self) -> None:
        self._told: list[Told] = []

    def watches(self, statement: Executable) -> bool:
        return isinstance(statement, Insert | Update) and str(statement.table) in WITNESSED

    def execute(self, connection: Connection, statement: Insert | Update, given: Any) -> Written:
        """Run a statement on a witnessed table, and keep what it has written."""
        if isinstance(statement, Update) and isinstance(given, list):
            # A driver returns nothing for a list of updates.
            each = [self.execute(connection, statement, one) for one in given]
            return Written([], [], sum(one.rowcount for one in each))
        name = str(statement.table)
        row = given[0] if isinstance(given, list) and len(given) == 1 else given
        if isinstance(statement, Insert) and _is_plain(statement, name, row):
            return self._insert_one(connection, statement, name, row)
        columns = _written_columns(name, statement)
        result = connection.execute(_returning(statement, columns), given)
        keys = list(result.keys())
        asked = len(keys) - len(columns)
        rows = result.all()
        if isinstance(statement, Insert):
            self._add(name, [row[asked:] for row in rows])
        else:
            self._change(name, [row[asked:] for row in rows])
        return Written(keys[:asked], [tuple(row[:asked]) for row in rows], len(rows))

    def _insert_one(
        self, connection: Connection, statement: Insert, name: str, row: dict[str, Any]
    ) -> Written:
        """The same of one row that is stored as it is given: only its key is asked back."""
        missing = tuple(column for column in key_columns(name) if column.name not in row)
        if not missing and not statement.exported_columns:
            connection.execute(statement, row)
            keys, stored = [], ()
        else:
            result = connection.execute(_returning(statement, missing), row)
            keys, stored = list(result.keys()), tuple(result.one())
        asked = len(keys) - len(missing)
        found = dict(zip((column.name for column in missing), stored[asked:], strict=True))
        whole = row | found
        self._add(name, [[whole.get(column.name) for column in told_columns(name)]])
        return Written(keys[:asked], [stored[:asked]], 1)

    def take(self) -> list[Told]:
        """What was written since it was last taken, in parts that an event can tell."""
        taken, self._told = self._told, []
        return taken

    def _add(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            told = self._open()
            told.rows.setdefault(name, []).append(
                [*(row[n] for n in _KEYS[name]), row_digest(told.salt, name, content(name, row))]
            )

    def _change(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        for *key, value in rows:
            told = self._open()
            told.changed.setdefault(name, []).append([*key, changed_text(value)])

    def _open(self) -> Told:
        if not self._told or self._told[-1].count >= MOST:
            self._told.append(Told())
        self._told[-1].count += 1
        return self._told[-1]


#: Statements that return more than was asked for; those of a module are made once.
_RETURNING: WeakKeyDictionary[Insert | Update, tuple[Any, Any]] = WeakKeyDictionary()


def _returning(statement: Insert | Update, columns: Sequence[Column[Any]]) -> Any:
    """The statement that returns these columns as well, after those that it returns."""
    if not columns:
        return statement
    made = _RETURNING.get(statement)
    if made is None or made[0] != columns:
        made = _RETURNING[statement] = (columns, statement.returning(*columns))
    return made[1]


#: What a column stores exactly as it is given, so that it needs not be read again.
_AS_GIVEN: tuple[tuple[type[TypeEngine[Any]], tuple[type, ...]], ...] = (
    (Boolean, (bool,)),
    (Integer, (int,)),
    (Text, (str,)),
    (Instant, (datetime,)),
    (Date, (date,)),
    (JSON, (dict, list)),
)


def _kinds() -> dict[str, dict[str, tuple[type, ...]]]:
    """Table → column → the types of values that it stores as they are given."""
    return {
        name: {
            column.name: next((t for kind, t in _AS_GIVEN if isinstance(column.type, kind)), ())
            for column in table.c
        }
        for name, (table, _) in WITNESSED.items()
    }


_KINDS = _kinds()


def _is_plain(statement: Insert, name: str, row: Any) -> bool:
    """Whether a statement writes one row, of which each value is stored as it is given."""
    if not isinstance(row, dict) or statement._values or statement._post_values_clause is not None:
        return False
    kinds = _KINDS[name]
    return all(
        value is None or _is_stored_so(value, kinds.get(column, ()))
        for column, value in row.items()
    )


def _is_stored_so(value: Any, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, str):  # a member of an enum too
        return str in kinds
    if type(value) is dict:
        # Names that JSON gives back, and in the same order once they are sorted.
        return dict in kinds and all(type(k) is str for k in value) and _is_flat(value.values())
    return type(value) in kinds and not (type(value) is list and not _is_flat(value))


def _is_flat(parts: Iterable[Any]) -> bool:
    """Whether no part of a JSON value has names in its turn."""
    return not any(isinstance(part, dict) for part in parts)


def _written_columns(name: str, statement: Insert | Update) -> tuple[Column[Any], ...]:
    if isinstance(statement, Insert):
        return told_columns(name)
    table, changing = WITNESSED[name]
    # Where none may change the database refuses it; this would be the value that is told.
    changed: Column[Any] = table.c[changing] if changing else key_columns(name)[-1]
    return (*key_columns(name), changed)
