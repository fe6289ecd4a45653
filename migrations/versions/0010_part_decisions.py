"""Part the two decisions on a form: which of two counts, and whether one is let in."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What was decided of a form that came first answered the quarantine, where there was a
# withdrawal; unless it was set aside in the same act that let another form of its visit
# count. Whatever was decided of a second form said which of the two counts.
_ASKED = """
UPDATE form_decision SET question = CASE
  WHEN (SELECT NOT form.standing FROM form WHERE form.id = form_decision.form_id)
    THEN 'conflict'
  WHEN EXISTS (
    SELECT 1 FROM form_decision AS chosen
    JOIN form AS other ON other.id = chosen.form_id
    JOIN form AS this ON this.id = form_decision.form_id
    WHERE chosen.counts AND NOT form_decision.counts
      AND chosen.recorded_at = form_decision.recorded_at
      AND other.id <> this.id
      AND other.patient_id = this.patient_id AND other.visit = this.visit
  ) THEN 'conflict'
  WHEN EXISTS (
    SELECT 1 FROM event JOIN form ON form.id = form_decision.form_id
    WHERE event.patient_id = form.patient_id
      AND event.kind IN (
        'withdrawal_questionnaires', 'withdrawal_follow_up', 'withdrawal_consent'
      )
      AND event.recorded_at <= form_decision.recorded_at
      AND (event.superseded_at IS NULL OR event.superseded_at > form_decision.recorded_at)
  ) THEN 'quarantine'
  ELSE 'conflict' END
"""


def upgrade():
    # With an empty default first: SQLite can't make a column NOT NULL later without
    # making the table anew, which rows that point to it forbid.
    added = sa.Column("question", sa.Text(), nullable=False, server_default="")
    op.add_column("form_decision", added)
    op.execute(_ASKED)
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("form_decision", "question", server_default=None)
    _one_current("form_id", "question")
    # With the day beside it, a form from before consent is found without reading any form.
    op.drop_index("ix_form_patient_id", table_name="form")
    op.create_index(
        "ix_form_patient_id_answered_on", "form", ["patient_id", "answered_on"], unique=False
    )


def _one_current(*columns):
    op.drop_index("uq_form_decision_current", table_name="form_decision")
    condition = sa.text("superseded_at IS NULL")
    op.create_index(
        "uq_form_decision_current",
        "form_decision",
        list(columns),
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )
