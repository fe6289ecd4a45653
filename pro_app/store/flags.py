"""Flags for missing entries: opened once, closed when there is nothing left to ask."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from pro_app.core.study import Study
from pro_app.store import expected as rule
from pro_app.store.tables import (
    Instant,
    form,
    missing_flag,
    patient_version,
    planned_visit,
    reason,
)
from pro_app.store.transaction import Tx


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
        .select_from(
            rule.joined()
            .outerjoin(first_end, first_end.c.patient_id == planned_visit.c.patient_id)
            .outerjoin(missing_flag, _same_visit())
        )
        .where(
            rule.still_missing(first_end.c.end_on, today),
            reason.c.id.is_(None),
            missing_flag.c.patient_id.is_(None),
        )
    )
    dialect = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    columns = ["patient_id", "visit", "site", "closed_window_on", "opened_at"]
    statement = dialect.insert(missing_flag).from_select(columns, source).on_conflict_do_nothing()
    # Without the option SQLAlchemy does not look how many rows an INSERT made.
    return tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def _flagged(study: Study) -> tuple[FromClause, ColumnElement[Any]]:
    first_end = rule.first_end_of_each(study)
    source = (
        rule.joined()
        .join(missing_flag, _same_visit())
        .outerjoin(first_end, first_end.c.patient_id == planned_visit.c.patient_id)
    )
    return source, first_end.c.end_on


def _close(tx: Tx, study: Study, today: date) -> int:
    source, end_on = _flagged(study)
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
        end_on < planned_visit.c.target_on,
    )
    query = (
        select(missing_flag.c.patient_id, missing_flag.c.visit, because.label("because"))
        .select_from(source)
        .where(missing_flag.c.closed_at.is_(None), or_(answered, not_expected))
    )
    return _set(tx, query, closed_at=tx.now, closed_because=bindparam("because"))


def _reopen(tx: Tx, study: Study, today: date) -> int:
    # A death that was entered by mistake and corrected: the entry is missing again.
    source, end_on = _flagged(study)
    query = (
        select(missing_flag.c.patient_id, missing_flag.c.visit)
        .select_from(source)
        .where(
            missing_flag.c.closed_because == Closed.NOT_EXPECTED.value,
            rule.still_missing(end_on, today),
            reason.c.id.is_(None),
        )
    )
    return _set(tx, query, closed_at=None, closed_because=None)


def _set(tx: Tx, query: Select[Any], **values: Any) -> int:
    rows = [
        {"of_patient": row.patient_id, "of_visit": row.visit, **row._mapping}
        for row in tx.execute(query)
    ]
    if rows:
        tx.execute(
            update(missing_flag)
            .where(
                missing_flag.c.patient_id == bindparam("of_patient"),
                missing_flag.c.visit == bindparam("of_visit"),
            )
            .values(**values),
            [{k: v for k, v in row.items() if k not in ("patient_id", "visit")} for row in rows],
        )
    return len(rows)
