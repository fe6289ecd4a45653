"""Count the forms that came in today by an index alone."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index("ix_form_received_at", table_name="form")
    op.create_index(
        "ix_form_received_at_patient_id", "form", ["received_at", "patient_id"], unique=False
    )
