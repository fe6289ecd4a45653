"""Index what is seldom: returns and transfers among the events, blank forms among the forms."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None

_SELDOM = sa.text("kind IN ('return_consent', 'return_to_questionnaires', 'transfer')")
_BLANK = sa.text("items_answered = 0")


def upgrade():
    for name, table, where in (
        ("ix_event_seldom", "event", _SELDOM),
        ("ix_form_blank", "form", _BLANK),
    ):
        op.create_index(
            name, table, ["patient_id"], sqlite_where=where, postgresql_where=where
        )
