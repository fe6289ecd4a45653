"""Index what the rates read of a form, and who has not consented or is not randomised."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STANDING = sa.text("standing AND NOT proxy")
_NOT_YET = sa.text("superseded_at IS NULL AND (pro_consent_on IS NULL OR randomised_on IS NULL)")


def upgrade():
    op.create_index(
        "ix_form_standing",
        "form",
        ["patient_id", "visit", "answered_on", "items_answered", "standing", "proxy"],
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )
    op.create_index(
        "ix_patient_version_not_yet",
        "patient_version",
        ["patient_id"],
        sqlite_where=_NOT_YET,
        postgresql_where=_NOT_YET,
    )
