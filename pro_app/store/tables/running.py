"""What the system itself needs: wordings, the study it holds, who runs a job."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from pro_app.store.tables.columns import Instant, metadata

wording_pack = Table(
    "wording_pack",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instrument", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("texts", JSON, nullable=False),
    Column("licence", Text, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Text, nullable=False),
    UniqueConstraint("instrument", "language", "sha256", "licence", "valid_until"),
)

# One row: which study this database holds, whether it is synthetic, whether it went live.
study_state = Table(
    "study_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("live_at", Instant),
    CheckConstraint("id = 1", name="one_row"),
)

# One row: the latest instant up to which somebody took everything that was known. A later
# writer gets a later instant, so that the same cut can be had again.
cut = Table(
    "cut",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("taken_at", Instant, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("done_at", Instant),
)
