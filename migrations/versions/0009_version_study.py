"""Version the study: what was recorded of the protocol, and which version a visit follows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "study_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_study_version")),
    )
    refuse_changes("study_version")
    # Until now it was the file's own name of its version, and there was one version.
    op.drop_column("planned_visit", "study_version")
    for name, kind, value in (
        ("study_version", sa.Integer(), "1"),
        ("asked", sa.Boolean(), "true"),
    ):
        added = sa.Column(name, kind, nullable=False, server_default=sa.text(value))
        op.add_column("planned_visit", added)
        if op.get_bind().dialect.name != "sqlite":
            op.alter_column("planned_visit", name, server_default=None)


def refuse_changes(table):
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
