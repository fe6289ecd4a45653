"""Keep what a phone brings: activation codes, its key, times, who helped, tasks for nurses."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("form", sa.Column("assistance", sa.Text(), nullable=True))
    op.add_column("form", sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("form", sa.Column("item_times", sa.JSON(), nullable=True))
    op.add_column("draft", sa.Column("item_times", sa.JSON(), nullable=True))
    op.add_column("patient_link", sa.Column("activation_hash", sa.Text(), nullable=True))
    op.add_column(
        "patient_link", sa.Column("activation_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "patient_link",
        sa.Column("wrong_codes", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "patient_link",
        sa.Column("tablet", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "phone_key",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_phone_key_patient_id")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_phone_key")),
    )
    op.create_table(
        "nurse_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_nurse_task_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nurse_task")),
    )
    op.create_index("ix_nurse_task_patient_id", "nurse_task", ["patient_id"], unique=False)
    op.create_index(
        "uq_nurse_task_open",
        "nurse_task",
        ["patient_id", "kind"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
