"""What those who look over the data ask and find: queries to the site, approval, scans of paper."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from pro_app.store.tables.columns import (
    Instant,
    fact_columns,
    metadata,
    one_current,
    patient_column,
)

# A question to the site, never to the patient: about a record, one visit or one field.
data_query = Table(
    "data_query",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("visit", Text),
    Column("form_id", ForeignKey("form.id")),
    Column("field", Text),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Index("ix_data_query_patient_id", "patient_id"),
    Index("ix_data_query_form_id", "form_id"),
    Index(
        "ix_data_query_open",
        "opened_at",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

# What was asked, answered, asked again: the whole exchange, in its order.
query_note = Table(
    "query_note",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("query_id", ForeignKey("data_query.id"), nullable=False),
    Column("deed", Text, nullable=False),  # asked, answered, closed, opened again
    Column("words", Text),
    Column("written_at", Instant, nullable=False),
    Column("written_by", Text, nullable=False),
    Index("ix_query_note_query_id", "query_id"),
)

# Whether a form was looked over and found fit: for the version that was looked at alone.
form_review = Table(
    "form_review",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("form_id", ForeignKey("form.id"), nullable=False),
    Column("approved", Boolean, nullable=False),  # else rejected
    Column("revision", Integer, nullable=False),  # how many signed corrections it held then
    Column("why", Text),
    *fact_columns(),
    one_current("uq_form_review_current", "form_id"),
    Index("ix_form_review_form_id", "form_id"),
)

# A photograph of the paper that a form was keyed from. One that shows a name can be removed.
paper_scan = Table(
    "paper_scan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("form_id", ForeignKey("form.id"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("picture", LargeBinary),  # empty once it was removed
    Column("kept_at", Instant, nullable=False),
    Column("kept_by", Text, nullable=False),
    Column("removed_at", Instant),
    Column("removed_by", Text),
    Index("ix_paper_scan_form_id", "form_id"),
)
