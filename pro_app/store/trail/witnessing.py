"""Compare the tables with what the trail tells of them, in one walk through the trail.

Each event that tells of rows is looked up in the tables, some thousand rows at a time; in
the end every table must hold as many rows as were told of, and those that were there before
anything was told. So memory stays small, however long the trail is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, null, select

from pro_app.core.seals import Head, Verdict, verify
from pro_app.core.trail_event import ROWS, Event
from pro_app.core.witness import BEGUN, DataVerdict, Difference, Differs, row_digest
from pro_app.store.engine.witness import changed_text, content, key_columns, told_columns
from pro_app.store.tables import WITNESSED, form, patient
from pro_app.store.trail import redactions, sealing

_AT_ONCE = 2000
_Key = tuple[Any, ...]


class _Row(NamedTuple):
    """What an event tells of one row: its digest, or the new value of what may change."""

    event_id: int
    key: _Key
    said: str
    salt: str = ""


class Comparison:
    """The tables beside the trail, event by event, within one snapshot."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._written: dict[str, list[_Row]] = defaultdict(list)
        self._changed: dict[str, list[_Row]] = defaultdict(list)
        self._waiting = 0
        self._told = dict.fromkeys(WITNESSED, 0)
        self._ended = dict.fromkeys(WITNESSED, 0)
        self._sites: dict[_Key, _Row] = {}  # where patients were moved to: few
        self._before: dict[str, list[int]] = {}
        self._begun = False
        self._difference: Difference | None = None

    def follow(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events, handed on; what they tell is compared on the way."""
        for event in events:
            self._hear(event)
            yield event

    def verdict(self) -> DataVerdict:
        """What was found, once all events have passed."""
        self._look()
        found = self._difference or self._moved() or self._counted()
        rows, before = sum(self._told.values()), sum(n for n, _ in self._before.values())
        return DataVerdict(rows, before, found)

    def _hear(self, event: Event) -> None:
        if event.data is None:
            if event.action == BEGUN and not self._begun:
                self._before = {name: pair[1] for name, pair in event.changes.items()}
                self._begun = True
            return
        self._begun = True  # from here on nothing can have been there before
        salt = (event.salts or {}).get(ROWS, "")
        for name, rows in _tables(event, "rows"):
            self._told[name] += len(rows)
            self._written[name] += [_Row(event.id, tuple(key), d, salt) for *key, d in rows]
            self._waiting += len(rows)
        for name, rows in _tables(event, "changed"):
            self._ended[name] += len(rows)
            self._changed[name] += [_Row(event.id, tuple(key), said) for *key, said in rows]
            self._waiting += len(rows)
        if self._waiting >= _AT_ONCE:
            self._look()

    def _look(self) -> None:
        found: list[Difference] = []
        if self._difference is None:
            for name, rows in self._written.items():
                found += self._compare_written(name, rows)
            for name, rows in self._changed.items():
                found += self._compare_changed(name, rows)
        if found:
            first = min(found, key=lambda each: each.event_id or 0)
            self._difference = _whose(self._connection, first)
        self._written.clear()
        self._changed.clear()
        self._waiting = 0

    def _compare_written(self, name: str, told: Sequence[_Row]) -> Iterator[Difference]:
        stored = _rows(self._connection, name, told_columns(name), told)
        for each in told:
            row = stored.get(each.key)
            if row is None:
                yield Difference(Differs.DELETED, name, each.key, each.event_id)
            elif not row or row_digest(each.salt, name, content(name, row)) != each.said:
                yield Difference(Differs.ALTERED, name, each.key, each.event_id)

    def _compare_changed(self, name: str, told: Sequence[_Row]) -> Iterator[Difference]:
        table, changing = WITNESSED[name]
        if name == patient.name:  # may move again: the last word counts
            self._sites |= {each.key: each for each in told}
            return
        stored = _rows(self._connection, name, (table.c[changing or 0],), told)
        for each in told:
            row = stored.get(each.key)
            if not row or row[0] is None or changed_text(row[0]) != each.said:
                yield Difference(Differs.ENDED, name, each.key, each.event_id)

    def _moved(self) -> Difference | None:
        """The first patient whose site is not the one that the events tell."""
        moved = patient.c.site != patient.c.first_site
        query = select(patient.c.id, patient.c.site).where(moved).order_by(patient.c.id)
        stored = {(row.id,): row.site for row in self._connection.execute(query)}
        for key, told in self._sites.items():
            if key not in stored:
                back = select(patient.c.site).where(patient.c.id == key[0])
                stored[key] = self._connection.execute(back).scalar()
            if stored[key] != told.said:
                found = Difference(Differs.ENDED, patient.name, key, told.event_id)
                return _whose(self._connection, found)
        known = set(self._sites)
        unknown = sorted(key for key in stored if key not in known)
        if not unknown or self._before.get(patient.name):
            return None
        return _whose(self._connection, Difference(Differs.ENDED, patient.name, unknown[0]))

    def _counted(self) -> Difference | None:
        """What the numbers of rows show: one that nobody told of, or one of before that is gone."""
        for name, (table, changing) in WITNESSED.items():
            ends = func.count(table.c[changing]) if changing == "superseded_at" else func.count()
            total, ended = self._connection.execute(
                select(func.count(), ends).select_from(table)
            ).one()
            before, ended_before = self._before.get(name, (0, 0))
            expected = self._told[name] + before
            if total != expected:
                wrong = Differs.ADDED if total > expected else Differs.DELETED
                return self._named(Difference(wrong, name, None))
            if changing == "superseded_at" and ended != self._ended[name] + ended_before:
                return self._named(Difference(Differs.ENDED, name, None))
        return None

    def _named(self, found: Difference) -> Difference:
        """The difference with the key of its row: the trail is read once more to find it."""
        if found.wrong is Differs.DELETED:
            return found
        name, part = found.table, "rows" if found.wrong is Differs.ADDED else "changed"
        table, changing = WITNESSED[name]
        told = {
            tuple(row[:-1])
            for event in sealing.all_events(self._connection)
            for told_of, rows in _tables(event, part)
            if told_of == name
            for row in rows
        }
        keys = key_columns(name)
        query = select(*keys).order_by(*keys)
        if found.wrong is Differs.ENDED and changing:
            query = query.where(table.c[changing].is_not(None))
        unknown = [
            key for row in self._connection.execute(query) if (key := tuple(row)) not in told
        ]
        if not unknown:
            return found
        # Those of before have the lower keys, where there are any.
        key = unknown[-1] if self._before.get(name) else unknown[0]
        return _whose(self._connection, Difference(found.wrong, name, key))


def _rows(
    connection: Connection, name: str, columns: Sequence[Any], told: Sequence[_Row]
) -> dict[_Key, Sequence[Any]]:
    """Key → the row's columns, of those rows that were told of and are there.

    A row that holds what its columns can't hold, as only its owner can write it, is empty.
    """
    keys = key_columns(name)
    found: dict[_Key, Sequence[Any]] = {}
    for start in range(0, len(told), _AT_ONCE):
        wanted = {each.key[0] for each in told[start : start + _AT_ONCE]}
        query = select(*keys, *columns).where(keys[0].in_(wanted))
        try:
            rows = connection.execute(query).all()
        except ValueError:
            if len(told) == 1:
                return {told[0].key: ()}
            half = len(told) // 2
            first = _rows(connection, name, columns, told[:half])
            return first | _rows(connection, name, columns, told[half:])
        found |= {tuple(row[: len(keys)]): row[len(keys) :] for row in rows}
    return found


def _tables(event: Event, part: str) -> Iterator[tuple[str, list[Any]]]:
    """Table → what an event tells of its rows; nothing of what only a forger can have written.

    That the event was altered is found by its seal.
    """
    tables = event.data.get(part, {}) if isinstance(event.data, dict) else {}
    for name, rows in tables.items():
        if name in WITNESSED and all(isinstance(row, list) and len(row) > 1 for row in rows):
            yield name, rows


def _whose(connection: Connection, found: Difference) -> Difference:
    """The difference with the patient and visit of its row, where it says whose it is."""
    table, _ = WITNESSED[found.table]
    key = zip(key_columns(found.table), found.key or (), strict=False)
    query: Select[Any] = select(*_subject(found.table)).select_from(table)
    if "form_id" in table.c:
        query = query.join(form, form.c.id == table.c.form_id)
    of_form = "form_id" in table.c
    if of_form or "patient_id" in table.c:
        owner = form.c.patient_id if of_form else table.c.patient_id
        query = query.join(patient, patient.c.id == owner)
    row = connection.execute(query.where(*(column == value for column, value in key))).first()
    if row is None:
        return found
    return Difference(found.wrong, found.table, found.key, found.event_id, row[0], row[1])


def _subject(name: str) -> tuple[Any, Any]:
    """The columns that say whose a row is: the patient's number, and the visit."""
    table, _ = WITNESSED[name]
    none = null()
    if table is patient:
        return patient.c.number, none
    if "form_id" in table.c:
        return patient.c.number, form.c.visit
    if "patient_id" in table.c:
        return patient.c.number, table.c.visit if "visit" in table.c else none
    return none, none


def check(connection: Connection, head: Head | None = None, *, data: bool = False) -> Verdict:
    """The verdict on the whole trail, and with `data` on the tables beside it.

    `connection` must show one moment to all its queries.
    """
    events: Iterator[Event] = sealing.all_events(connection)
    comparison = Comparison(connection) if data else None
    if comparison:
        events = comparison.follow(events)
    verdict = verify(
        sealing.all_seals(connection), events, head, redactions.all_redactions(connection)
    )
    if comparison is None or verdict.finding is not None:
        return verdict
    return verdict.with_data(comparison.verdict())
