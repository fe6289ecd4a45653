"""What becomes of a form after it was handed in: corrections, second keying, decisions."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from pro_app.store.tables.columns import Instant, fact_columns, metadata, one_current

# What is to be changed in a form that was handed in, and why. The form itself never changes:
# its answers are what was handed in, with all signed corrections in their order.
correction = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("form_id", ForeignKey("form.id"), nullable=False),
    Column("asked_by", Text, nullable=False),  # patient or site
    Column("source", Text, nullable=False),  # what shows it: a call, the paper form
    Column("why", Text, nullable=False),
    Column("changes", JSON, nullable=False),  # field → [old, new]
    Column("written_at", Instant, nullable=False),
    Column("written_by", Text, nullable=False),
    Index("ix_correction_form_id", "form_id"),
)

correction_decision = Table(
    "correction_decision",
    metadata,
    Column("correction_id", ForeignKey("correction.id"), primary_key=True),
    Column("signed", Boolean, nullable=False),  # else declined
    Column("why", Text),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", Text, nullable=False),
)

# The site's decisions on a form, of two kinds that answer nothing of each other: whether one
# of several of a visit counts (conflict), and whether one from before consent or after a
# withdrawal is let in (quarantine).
form_decision = Table(
    "form_decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("form_id", ForeignKey("form.id"), nullable=False),
    Column("question", Text, nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    *fact_columns(),
    one_current("uq_form_decision_current", "form_id", "question"),
    Index("ix_form_decision_form_id", "form_id"),
)

# A paper form keyed a second time, by another person.
second_keying = Table(
    "second_keying",
    metadata,
    Column("form_id", ForeignKey("form.id"), primary_key=True),
    Column("answers", JSON, nullable=False),
    Column("answered_on", Date, nullable=False),
    Column("differences", JSON, nullable=False),  # field → [first, second]
    Column("keyed_at", Instant, nullable=False),
    Column("keyed_by", Text, nullable=False),
)

# Who had read the paper again and found that the first keying was right.
keying_decision = Table(
    "keying_decision",
    metadata,
    Column("form_id", ForeignKey("form.id"), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("correction_id", ForeignKey("correction.id")),  # else the first keying stands
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", Text, nullable=False),
)
