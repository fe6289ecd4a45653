"""The work of the site: what is missing, who asked for help, who was called."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from pro_app.store.tables.columns import Instant, fact_columns, metadata, patient_column

# A piece of work for people: an expected form whose window closed without it.
missing_flag = Table(
    "missing_flag",
    metadata,
    patient_column(primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("closed_window_on", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_because", Text),
    Index(
        "ix_missing_flag_open",
        "site",
        "closed_window_on",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

# What a patient or their phone asks a nurse to do; it never ends by itself.
nurse_task = Table(
    "nurse_task",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("kind", Text, nullable=False),
    Column("visit", Text),
    Column("detail", Text),  # a code, never the patient's words
    Column("opened_at", Instant, nullable=False),
    Column("taken_at", Instant),
    Column("taken_by", Text),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("outcome", Text),
    Index(
        "uq_nurse_task_open",
        "patient_id",
        "kind",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("ix_nurse_task_patient_id", "patient_id"),
)

# Each attempt to reach a patient, or somebody who knows, and what came of it.
contact_attempt = Table(
    "contact_attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("visit", Text),
    Column("made_at", Instant, nullable=False),
    Column("channel", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("call_back_at", Instant),
    *fact_columns(),
    Index("ix_contact_attempt_patient_id", "patient_id"),
    Index("ix_contact_attempt_made_at", "made_at"),
)

# A rule of the study found something in a form; somebody must look.
alert = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("form_id", ForeignKey("form.id"), nullable=False),
    Column("rule", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("owner", Text),
    Column("acknowledged_at", Instant),
    Column("escalated_at", Instant),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("note", Text),
    UniqueConstraint("form_id", "rule"),
    Index("ix_alert_patient_id", "patient_id"),
    Index(
        "ix_alert_open",
        "opened_at",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

# What a job asks of a site as a whole; it ends when what it says is so no longer, or by a hand.
site_task = Table(
    "site_task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("visit", Text),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("outcome", Text),
    Index(
        "ix_site_task_open",
        "site",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

# What a patient asks about their data: a copy, a correction, to stop, to have it erased.
data_request = Table(
    "data_request",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("kind", Text, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("words", Text),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("outcome", Text),
    Column("answer", Text),
    Column("answered_on", Date),
    Column("answered_at", Instant),
    Column("answered_by", Text),
    Index("ix_data_request_patient_id", "patient_id"),
    Index(
        "ix_data_request_open",
        "due_on",
        sqlite_where=text("answered_at IS NULL"),
        postgresql_where=text("answered_at IS NULL"),
    ),
)
