"""Flags for missing entries: opened once, closed when there is nothing left to ask."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from pro_app.core.study import Study
from pro_app.store.engine.transaction import Tx
from pro_app.store.statuses import expected as rule
from pro_app.store.tables import (
    Instant,
    form,
    missing_flag,
    patient_version,
    planned_visit,
    reason,
)


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


def synchronise_flags(tx: Tx, study: Study, today: date) -> Counts:
    """Bring the flags in line with the facts, and say how many changed.

    Statements over everybody, not a loop: a second run, here or on another
    machine, finds everything done and changes nothing.
    """
    if tx.connection.dialect.name == "postgresql":
        # It takes the rows to be few, which they are not on the first night or after an
        # import, and looks through one table for each row of another: hours, not seconds.
        tx.execute(text("SET LOCAL enable_nestloop = off"))
    return Counts(
        closed=_close(tx, study, today),
        reopened=_reopen(tx, study, today),
        opened=_open(tx, study, today),
    )


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


def _open(tx: Tx, study: Study, today: date) -> int:
    first_end = rule.first_end_of_each(study)
    # Left joins tested for null: with NOT EXISTS PostgreSQL may look up row by row.
    source = (
        select(
            planned_visit.c.patient_id,
            planned_visit.c.visit,
            planned_visit.c.site,
            planned_visit.c.closes_on,
            literal(tx.now, Instant),
        )
        .select_from(_with(first_end).outerjoin(missing_flag, _same_visit()))
        .where(
            rule.still_missing(first_end.c.end_on, today),
            reason.c.id.is_(None),
            missing_flag.c.patient_id.is_(None),
        )
    )
    dialect = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    columns = ["patient_id", "visit", "site", "closed_window_on", "opened_at"]
    statement = dialect.insert(missing_flag).from_select(columns, source).on_conflict_do_nothing()
    # Unless asked to keep it, the count of an INSERT may be gone with its cursor.
    return tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def _with(first_end: FromClause) -> FromClause:
    return rule.joined().outerjoin(first_end, first_end.c.patient_id == planned_visit.c.patient_id)


def _flagged(first_end: FromClause, *columns: ColumnElement[Any]) -> Select[Any]:
    return select(missing_flag.c.patient_id, missing_flag.c.visit, *columns).select_from(
        _with(first_end).join(missing_flag, _same_visit())
    )


def _close(tx: Tx, study: Study, today: date) -> int:
    first_end = rule.first_end_of_each(study)
    because = case(
        (form.c.id.is_not(None), Closed.FORM.value),
        (reason.c.id.is_not(None), Closed.REASON.value),
        else_=Closed.NOT_EXPECTED.value,
    )
    answered = or_(form.c.id.is_not(None), reason.c.id.is_not(None))
    # Not simply NOT(still missing): a comparison with an empty day is neither.
    not_expected = or_(
        planned_visit.c.closes_on.is_(None),
        planned_visit.c.closes_on >= today,
        patient_version.c.able.is_not(True),
        patient_version.c.pro_consent_on.is_(None),
        first_end.c.end_on < planned_visit.c.target_on,
    )
    found = (
        _flagged(first_end, because.label("because"))
        .where(missing_flag.c.closed_at.is_(None), or_(answered, not_expected))
        .subquery("found")
    )
    return _set(tx, found, closed_at=tx.now, closed_because=found.c.because)


def _reopen(tx: Tx, study: Study, today: date) -> int:
    # A death that was entered by mistake and corrected: the entry is missing again.
    first_end = rule.first_end_of_each(study)
    found = (
        _flagged(first_end)
        .where(
            missing_flag.c.closed_because == Closed.NOT_EXPECTED.value,
            rule.still_missing(first_end.c.end_on, today),
            reason.c.id.is_(None),
        )
        .subquery("found")
    )
    return _set(tx, found, closed_at=None, closed_because=None)


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
