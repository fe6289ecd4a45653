"""What was known at an instant: the one condition behind every past day's report."""

from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_

from pro_app.store.tables import void


def known(table: FromClause, known_at: datetime | None) -> ColumnElement[bool]:
    """Whether a row of facts was recorded by `known_at` and not yet superseded.

    `known_at` None means now, where an index serves.
    """
    if known_at is None:
        return table.c.superseded_at.is_(None)
    return and_(
        table.c.recorded_at <= known_at,
        or_(table.c.superseded_at.is_(None), table.c.superseded_at > known_at),
    )


def voided(row: ColumnElement[bool], known_at: datetime | None) -> ColumnElement[bool]:
    """Whether a row was declared wrong by `known_at`; `row` says which, by a column of `void`."""
    if known_at is None:
        return exists().where(row)
    return exists().where(row, void.c.recorded_at <= known_at)
