"""Count wrong tries apart: each browser that signed in before for itself, all others together."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ONE = " + ".join(
    f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in ("link_id", "staff_id", "name_key")
)


def upgrade():
    op.create_table(
        "try_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("browser_sha256", sa.Text(), nullable=False),
        sa.Column("in_a_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("in_all", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_wrong_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"{_ONE} = 1", name=op.f("ck_try_count_one_place")),
        sa.ForeignKeyConstraint(
            ["link_id"], ["patient_link.id"], name=op.f("fk_try_count_link_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_try_count_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_try_count")),
    )
    for place in ("link_id", "staff_id", "name_key"):
        op.create_index(
            f"uq_try_count_{place}", "try_count", [place, "browser_sha256"], unique=True
        )
    # Waits go on where they stood; what was wrong in all is not known of the time before.
    op.execute(
        "INSERT INTO try_count (link_id, browser_sha256, in_a_row, in_all, last_wrong_at) "
        "SELECT id, '', wrong_pins + wrong_codes, wrong_pins + wrong_codes, last_wrong_at "
        "FROM patient_link WHERE wrong_pins + wrong_codes > 0"
    )
    for column in ("wrong_pins", "wrong_codes", "last_wrong_at"):
        op.drop_column("patient_link", column)
