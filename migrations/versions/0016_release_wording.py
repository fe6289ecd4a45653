"""Release wordings: a pack waits until a second person lets it serve."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("wording_pack", sa.Column("back_translations", sa.JSON(), nullable=True))
    # What stands there serves already, and goes on: its rows say what they have always said.
    op.add_column(
        "wording_pack",
        sa.Column("needs_release", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "wording_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["wording_pack.id"], name=op.f("fk_wording_release_pack_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_release")),
    )
    op.create_index("ix_wording_release_pack_id", "wording_release", ["pack_id"])
    refuse_changes()


def refuse_changes():
    table = "wording_release"
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {table}.id = NEW.id) "
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
