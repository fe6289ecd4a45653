"""Index what waits at the desk: forms that do not stand, and paper forms by their arrival."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    second = sa.text("NOT standing AND NOT proxy")
    op.create_index(
        "ix_form_second", "form", ["patient_id"], sqlite_where=second, postgresql_where=second
    )
    paper = sa.text("mode = 'paper'")
    op.create_index(
        "ix_form_paper", "form", ["received_at"], sqlite_where=paper, postgresql_where=paper
    )
