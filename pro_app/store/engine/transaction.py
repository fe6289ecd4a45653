"""The only place that commits: a transaction that must leave a record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Executable,
    Insert,
    RootTransaction,
    Select,
    Update,
    insert,
)

from pro_app.core.trail_event import fields_of
from pro_app.store.engine import cuts
from pro_app.store.engine.database import autocommit, connect, db, to_write, write_lock
from pro_app.store.engine.locked import refuse_locked, touches_record
from pro_app.store.engine.salts import new_salt
from pro_app.store.engine.witness import Told, Witness
from pro_app.store.tables import HOUSEKEEPING, audit_event

#: What `reading` gives: rooms hand it on and never write SQL on it.
Reader: TypeAlias = Connection

#: Field → (old value, new value), both as JSON can hold them.
Changes = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name the trail keeps, the role, and the site it is bound to."""

    name: str
    role: str
    site: str | None = None


CLI = Actor("cli", "operator")
WORKER = Actor("worker", "system")
SERVER = Actor("server", "system")


#: An event's number is asked back by nobody.
_RECORD = insert(audit_event).inline()
#: So many events wait for the end of their transaction; of more the earlier ones are written.
_WAITING = 2000


def _seal_in(event: dict[str, Any], told: Told | None) -> None:
    """Give an event the salts of its fields, and what it tells of."""
    salts = {field: new_salt() for field in fields_of(event["changes"], event["reason"])}
    event["salts"] = salts | (told.salts if told else {})
    event["data"] = told.data() if told else None


class Unrecorded(RuntimeError):
    """A transaction ended without a record in the trail; it was rolled back."""


@dataclass(slots=True)
class _State:
    recorded: bool = False
    abandoned: bool = False
    unlocked: set[tuple[str, str | None]] = field(default_factory=set)
    witness: Witness = field(default_factory=Witness)
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tx:
    """An open transaction. `now` is the instant of everything it writes.

    `asked_at` is what the clock showed: a cut that was taken by a clock that ran ahead puts `now`
    after itself. Who has to wait and who is signed in goes by the clock.
    """

    connection: Connection
    actor: Actor
    now: datetime
    asked_at: datetime
    _state: _State

    def execute(self, statement: Executable, rows: Any = None) -> CursorResult[Any]:
        """What the statement returns. What it writes of facts the trail will tell of."""
        witness = self._state.witness
        if witness.watches(statement):
            written: Any = witness.execute(self.connection, cast(Any, statement), rows)
            return cast(CursorResult[Any], written)
        return self.connection.execute(statement, rows)

    def record(
        self,
        action: str,
        subject: str,
        *,
        visit: str | None = None,
        changes: Changes | None = None,
        reason: str | None = None,
    ) -> None:
        """Write one event of the trail, as this transaction ends.

        Errors: Locked where trial data were written of what is locked: see refuse_locked.
        """
        self.record_many([self.entry(action, subject, visit=visit, changes=changes, reason=reason)])

    def entry(
        self,
        action: str,
        subject: str,
        *,
        visit: str | None = None,
        changes: Changes | None = None,
        reason: str | None = None,
    ) -> dict[str, Any]:
        """One event of the trail, to be handed to `record_many`."""
        return {
            "at": self.now,
            "actor": self.actor.name,
            "role": self.actor.role,
            "site": self.actor.site,
            "action": action,
            "subject": subject,
            "visit": visit,
            "changes": dict(changes or {}),
            "reason": reason,
        }

    def record_many(self, entries: Iterable[dict[str, Any]]) -> None:
        rows = list(entries)
        if rows:
            # Here, since nothing is written without a record: from no door, and by nobody.
            written = {(e["subject"], e["visit"]) for e in rows if touches_record(e["action"])}
            if asked := written - self._state.unlocked:
                refuse_locked(self.connection, asked)
            self._state.events += rows
            self._state.recorded = True
            if len(self._state.events) > _WAITING:
                ready, self._state.events = self._state.events[:-1], self._state.events[-1:]
                self._write(ready)

    def _write(self, events: list[dict[str, Any]]) -> None:
        """Write events, and let them tell of all that was written so far."""
        told = self._state.witness.take()
        # The rows of a bulk act: a thousand to an event, and more events where need be.
        events += [self._continued(events[-1], part) for part in told[len(events) :]]
        for event, part in zip_longest(events, told):
            _seal_in(event, part)
        self.connection.execute(_RECORD, events)

    def _continued(self, event: dict[str, Any], told: Told) -> dict[str, Any]:
        changes = {"rows": (None, told.count)}
        more = self.entry("rows.written", event["subject"], changes=changes)
        return more | {name: event[name] for name in ("at", "actor", "role", "site")}

    def finish(self) -> None:
        """Write the events that wait; what was written is told by them."""
        events, self._state.events = self._state.events, []
        self._write(events)

    def found_unlocked(self, number: str, visit: str) -> None:
        """Spare the query: with the patient's row locked, no lock was found on this visit."""
        self._state.unlocked.add((number, visit))

    def abandon(self) -> None:
        """Let the transaction end with nothing written: there was nothing to do."""
        self._state.abandoned = True

    def at(self, now: datetime, actor: Actor | None = None) -> "Tx":
        """The same transaction at another instant: for history that is brought in."""
        return replace(self, now=now, asked_at=now, actor=actor or self.actor)


@contextmanager
def _writing() -> Iterator[tuple[Connection, RootTransaction]]:
    """A connection on which PostgreSQL's transaction has yet to be begun, by `cuts`."""
    engine = db.engine
    with (
        write_lock(engine),
        to_write(engine) as connection,
        autocommit(connection),
        connection.begin() as t,
    ):
        yield connection, t


@contextmanager
def transaction(actor: Actor, now: datetime) -> Iterator[Tx]:
    """A write that commits when the block ends and has recorded what it did.

    Its instant is `now`, unless a cut was taken meanwhile: then a later one.
    Errors: Unrecorded when the block wrote no event of the trail; any error in
    the block rolls back.
    """
    state = _State()
    with _writing() as (connection, t):
        tx = Tx(connection, actor, cuts.begin_writing(connection, now), now, state)
        yield tx
        if state.abandoned:
            t.rollback()
        elif not state.recorded:
            raise Unrecorded(f"{actor.name} wrote without a record")
        else:
            tx.finish()


@contextmanager
def reading(*, snapshot: bool = False) -> Iterator[Connection]:
    """A connection to read from; `snapshot` shows one moment to all its queries.

    What is written on it is refused by PostgreSQL, and undone on SQLite.
    """
    with connect(db.engine) as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:
            connection = connection.execution_options(postgresql_readonly=True)
        if postgresql and snapshot:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin() as t:
            yield connection
            if not postgresql:
                t.rollback()
            # Else it is committed: at a rollback the driver forgets what it has prepared,
            # and planning these statements takes the server longer than running them.


@contextmanager
def asking() -> Iterator[Connection]:
    """A connection for a single question, with no transaction around it.

    On PostgreSQL that is one trip to the server instead of three. What is written on it is
    refused there too: a connection writes only in a transaction that says that it will.
    """
    with connect(db.engine) as connection, autocommit(connection):
        yield connection


class Housekeeping:
    """Writes that are no trial data: who is signed in, which process holds a job, seals."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    def execute(self, statement: Insert | Update | Delete, rows: Any = None) -> CursorResult[Any]:
        if str(statement.table) not in HOUSEKEEPING:
            raise Unrecorded(f"{statement.table} can't be written without a record")
        return self._connection.execute(statement, rows)

    def read(self, query: Select[Any]) -> CursorResult[Any]:
        """What a write follows from, read in the same transaction."""
        return self._connection.execute(query)


@contextmanager
def housekeeping() -> Iterator[Housekeeping]:
    with _writing() as (connection, _):
        cuts.begin_housekeeping(connection)
        yield Housekeeping(connection)


def take_cut(now: datetime) -> datetime:
    """The instant of all that is recorded and settled: no open or later transaction records
    anything at or before it.

    The same as long as nothing more is recorded. To be taken before the snapshot that is to
    show it.
    """
    with _writing() as (connection, _):
        cuts.begin_housekeeping(connection)
        taken = cuts.last_recorded(connection, now) or now
        cuts.mark_cut(connection, taken)
    with asking() as connection:
        return cuts.before_writers(connection, taken)


def is_settled(instant: datetime) -> bool:
    """Whether no transaction can bring anything more from before an instant that has come."""
    with _writing() as (connection, _):
        cuts.begin_housekeeping(connection)
        cuts.mark_cut(connection, instant)
    with asking() as connection:
        return cuts.before_writers(connection, instant) == instant
