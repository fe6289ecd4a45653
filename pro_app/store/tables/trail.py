"""The trail, its seals, and what is signed and locked."""

from sqlalchemy import JSON, Column, Index, Integer, Table, Text

from pro_app.store.tables.columns import Instant, fact_columns, metadata, one_current

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("site", Text),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),  # a trial number, or what else was acted on
    Column("visit", Text),
    Column("changes", JSON, nullable=False),  # field → [old, new]
    Column("reason", Text),
    # Digests of what the transaction wrote, and with what they and the fields are salted:
    # never shown, since who knows a salt can guess. Both empty before version 2 of the seal.
    Column("data", JSON(none_as_null=True)),
    Column("salts", JSON(none_as_null=True)),
    Index("ix_audit_event_subject", "subject"),
    Index("ix_audit_event_at", "at"),
)

# Not a foreign key: PostgreSQL would lock each event that is sealed by writing to its
# row, and a deleted event is what verification finds. Seals stand apart from events so
# that a write does not wait for the one before it.
audit_seal = Table(
    "audit_seal",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("event_id", Integer, nullable=False, unique=True),
    Column("event_sha256", Text, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Column("chain", Text, nullable=False),
)

# Somebody answers for a version of something by name: it is void once that has changed.
signature = Table(
    "signature",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # form, correction, patient, site
    Column("subject", Text, nullable=False),
    Column("version_sha256", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("signed_by", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Index("ix_signature_subject", "subject"),
)

# Nothing of it may be written any more.
record_lock = Table(
    "record_lock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # visit, patient, site, study
    Column("subject", Text, nullable=False),
    Column("why", Text, nullable=False),
    *fact_columns(),
    one_current("uq_record_lock_current", "kind", "subject"),
)

# What was taken out of an event of the trail, by whom and why; never what it was.
redaction = Table(
    "redaction",
    metadata,
    Column("event_id", Integer, primary_key=True, autoincrement=False),
    Column("event_sha256", Text, nullable=False),  # of the event as it had been sealed
    Column("left_sha256", Text, nullable=False),  # of what is left of it
    Column("fields", JSON, nullable=False),
    # Field → its sealed commitment, which stays; empty before version 2 of the seal.
    Column("commitments", JSON(none_as_null=True)),
    Column("why", Text, nullable=False),
    Column("redacted_at", Instant, nullable=False),
    Column("redacted_by", Text, nullable=False),
)
