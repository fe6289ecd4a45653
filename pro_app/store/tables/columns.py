"""What tables share: how an instant is kept, how things are named, what a fact carries."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    Text,
    TypeDecorator,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC on either database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def patient_column(**options: Any) -> Column[int]:
    return Column("patient_id", ForeignKey("patient.id"), nullable=False, **options)


def fact_columns() -> list[Column[Any]]:
    """The columns of every fact that may be corrected."""
    return [
        Column("recorded_at", Instant, nullable=False),
        Column("recorded_by", Text, nullable=False),
        Column("superseded_at", Instant),
    ]


def one_current(name: str, *columns: str, where: str = "") -> Index:
    """At most one row that has not been superseded, whoever writes at once."""
    condition = text(f"superseded_at IS NULL{where}")
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)
