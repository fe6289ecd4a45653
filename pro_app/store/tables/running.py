"""What the system itself needs: wordings, the study it holds, who runs a job."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
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
    # Text code → the text translated back, by whoever checked the translation.
    Column("back_translations", JSON(none_as_null=True)),
    # Packs from before this column were in force from their import on, and stay so.
    Column("needs_release", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("instrument", "language", "sha256", "licence", "valid_until"),
)

# A second person lets a pack serve; one that was replaced may be released again.
wording_release = Table(
    "wording_release",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pack_id", ForeignKey("wording_pack.id"), nullable=False, index=True),
    Column("released_at", Instant, nullable=False),
    Column("released_by", Text, nullable=False),
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

# The protocol as it was recorded, each version once; the first one with the first patient.
study_version = Table(
    "study_version",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("effective_on", Date),  # empty for the first: it holds from the beginning
    Column("content", Text, nullable=False),  # the study file in canonical JSON
    Column("sha256", Text, nullable=False),  # of its UTF-8 bytes
    Column("reason", Text),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
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
