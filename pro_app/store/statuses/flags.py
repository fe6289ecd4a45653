"""Flags for missing entries: opened once, closed when there is nothing left to ask."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    exists,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from pro_app.core.ledger import UNANSWERED, Entry, ledger
from pro_app.core.sites import EVERYWHERE
from pro_app.core.study import REASON_PENDING, Study
from pro_app.store.engine.transaction import Tx
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.rule import (
    Rule,
    ends_of_each,
    ids_left_to_core,
    is_unanswered,
    joined,
    left_to_core,
)
from pro_app.store.tables import Instant, missing_flag, planned_visit, reason

#: How many answers make a form VALID doesn't matter here: one is no EMPTY form.
_VALID_FROM = 1


class Closed(StrEnum):
    """Why a flag was closed."""

    FORM = "FORM"  # the form came after all
    REASON = "REASON"  # the site gave the reason
    NOT_EXPECTED = "NOT_EXPECTED"  # a death, withdrawal or corrected date, reported late


@dataclass(frozen=True, slots=True)
class Counts:
    """How many flags a run opened, closed and opened again."""

    opened: int = 0
    closed: int = 0
    reopened: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.opened + other.opened, self.closed + other.closed, self.reopened + other.reopened
        )


def synchronise_flags(tx: Tx, study: Study, today: date) -> Counts:
    """Bring the flags in line with the facts, and say how many changed.

    Statements over everybody, not a loop, but for the few who are left to the core: a
    second run, here or on another machine, finds everything done and changes nothing.
    """
    if tx.connection.dialect.name == "postgresql":
        # It takes the rows to be few, which they are not on the first night or after an
        # import, and looks through one table for each row of another: hours, not seconds.
        tx.execute(text("SET LOCAL enable_nestloop = off"))
    found = _Found.of(study, today)
    return Counts(
        closed=_close_unplanned(tx) + _close(tx, found),
        reopened=_reopen(tx, found),
        opened=_open(tx, found),
    ) + _of_core(tx, study, today)


def close_flag(tx: Tx, patient_id: int, visit: str, because: Closed) -> None:
    """Close this visit's flag, if one is open."""
    tx.execute(
        update(missing_flag)
        .where(
            missing_flag.c.patient_id == patient_id,
            missing_flag.c.visit == visit,
            missing_flag.c.closed_at.is_(None),
        )
        .values(closed_at=tx.now, closed_because=because.value)
    )


def _same_visit() -> ColumnElement[bool]:
    return and_(
        missing_flag.c.patient_id == planned_visit.c.patient_id,
        missing_flag.c.visit == planned_visit.c.visit,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The planned visits of all but those left to the core.

    `asks`: a form is missing or blank and nobody has said why. Of the rest, `because` is
    why there is nothing to ask.
    """

    rows: FromClause
    here: ColumnElement[bool]
    asks: ColumnElement[bool]
    because: ColumnElement[Any]

    @classmethod
    def of(cls, study: Study, today: date) -> "_Found":
        ends, days = ends_of_each(study, today)
        rule = Rule(days, as_of=today, valid_from=_VALID_FROM)
        unanswered = is_unanswered(rule.status)
        said = reason.c.id.is_not(None)
        return cls(
            joined(ends, today),
            planned_visit.c.patient_id.not_in(left_to_core(today)),
            and_(rule.in_population, unanswered, ~said),
            case(
                (and_(rule.came, ~unanswered), Closed.FORM.value),
                (said, Closed.REASON.value),
                else_=Closed.NOT_EXPECTED.value,
            ),
        )

    def flagged(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return (
            select(missing_flag.c.patient_id, missing_flag.c.visit, *columns)
            .select_from(self.rows.join(missing_flag, _same_visit()))
            .where(self.here)
        )


def _open(tx: Tx, found: _Found) -> int:
    # Left joins tested for null: with NOT EXISTS PostgreSQL may look up row by row.
    source = (
        _new_flag(tx)
        .select_from(found.rows.outerjoin(missing_flag, _same_visit()))
        .where(found.here, found.asks, missing_flag.c.patient_id.is_(None))
    )
    dialect = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(missing_flag).from_select(_COLUMNS, source).on_conflict_do_nothing()
    # Unless asked to keep it, the count of an INSERT may be gone with its cursor.
    return tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount


_COLUMNS = ["patient_id", "visit", "site", "closed_window_on", "opened_at"]


def _new_flag(tx: Tx) -> Select[Any]:
    return select(
        planned_visit.c.patient_id,
        planned_visit.c.visit,
        planned_visit.c.site,
        planned_visit.c.closes_on,
        literal(tx.now, Instant),
    )


def _close(tx: Tx, found: _Found) -> int:
    over = (
        found.flagged(found.because.label("because"))
        .where(missing_flag.c.closed_at.is_(None), ~found.asks)
        .subquery("found")
    )
    return _set(tx, over, closed_at=tx.now, closed_because=over.c.because)


def _close_unplanned(tx: Tx) -> int:
    """Close what is flagged of visits that are not planned any more."""
    statement = (
        update(missing_flag)
        .where(missing_flag.c.closed_at.is_(None), ~exists().where(_same_visit()))
        .values(closed_at=tx.now, closed_because=Closed.NOT_EXPECTED.value)
    )
    return tx.execute(statement).rowcount


def _reopen(tx: Tx, found: _Found) -> int:
    # A death that was entered by mistake and corrected: the entry is missing again.
    again = (
        found.flagged().where(missing_flag.c.closed_at.is_not(None), found.asks).subquery("found")
    )
    return _set(tx, again, closed_at=None, closed_because=None)


def _of_core(tx: Tx, study: Study, today: date) -> Counts:
    """The same for the few of whom the rule in SQL does not speak."""
    ids = sorted(ids_left_to_core(tx.connection, today))
    if not ids:
        return Counts()
    there: dict[tuple[int, str], datetime | None] = {}
    for start in range(0, len(ids), 5000):
        query = select(missing_flag).where(missing_flag.c.patient_id.in_(ids[start : start + 5000]))
        there |= {(row.patient_id, row.visit): row.closed_at for row in tx.execute(query)}
    counts = Counts()
    for person in read_facts(tx.connection, Scope(EVERYWHERE, ids=tuple(ids))):
        for entry in ledger(person.facts, study, valid_from=_VALID_FROM, as_of=today):
            where, asks = (person.id, entry.visit), entry.reason == REASON_PENDING
            if where not in there and asks:
                counts += Counts(opened=_insert(tx, *where))
            elif where in there and asks and there[where] is not None:
                counts += Counts(reopened=_put(tx, *where, closed_at=None, closed_because=None))
            elif where in there and not asks and there[where] is None:
                because = _because(entry).value
                closed = _put(tx, *where, closed_at=tx.now, closed_because=because)
                counts += Counts(closed=closed)
    return counts


def _because(entry: Entry) -> Closed:
    if entry.status in UNANSWERED:
        return Closed.REASON if entry.reason else Closed.NOT_EXPECTED
    return Closed.FORM if entry.answered_on else Closed.NOT_EXPECTED


def _insert(tx: Tx, patient_id: int, visit: str) -> int:
    source = _new_flag(tx).where(
        planned_visit.c.patient_id == patient_id, planned_visit.c.visit == visit
    )
    statement = insert(missing_flag).from_select(_COLUMNS, source)
    return tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def _put(tx: Tx, patient_id: int, visit: str, **values: Any) -> int:
    this = and_(missing_flag.c.patient_id == patient_id, missing_flag.c.visit == visit)
    return tx.execute(update(missing_flag).where(this).values(**values)).rowcount


def _set(tx: Tx, found: Subquery, **values: Any) -> int:
    """Change the flags that were found, and say how many these are."""
    return tx.execute(
        update(missing_flag)
        .where(
            missing_flag.c.patient_id == found.c.patient_id,
            missing_flag.c.visit == found.c.visit,
        )
        .values(**values)
    ).rowcount
