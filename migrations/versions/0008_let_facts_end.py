"""Let facts end, move and be declared wrong: consents, transfers, voids, decisions on consent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    add_columns()
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("consented_on", sa.Date(), nullable=False),
        *fact_columns(),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_consent_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_patient_id", "consent", ["patient_id"], unique=False)
    one_current("consent", "patient_id", "version")
    op.create_table(
        "consent_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        *fact_columns(),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_consent_decision_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_decision")),
    )
    one_current("consent_decision", "patient_id")
    create_void()


def add_columns():
    # With an empty default first: SQLite can't make a column NOT NULL later without
    # making the table anew, which rows that point to it forbid.
    for table, column in (("patient", "first_site"), ("planned_visit", "target_site")):
        added = sa.Column(column, sa.Text(), nullable=False, server_default="")
        op.add_column(table, added)
        op.execute(f"UPDATE {table} SET {column} = site")
        if op.get_bind().dialect.name != "sqlite":
            op.alter_column(table, column, server_default=None)
    op.add_column("patient_version", sa.Column("randomised_time", sa.Time(), nullable=True))
    op.add_column("event", sa.Column("to_site", sa.Text(), nullable=True))


def create_void():
    columns = {
        "patient_id": ("patient", False),
        "form_id": ("form", True),
        "event_id": ("event", True),
        "version_id": ("patient_version", True),
        "allocation_id": ("allocation", True),
        "belongs_to": ("patient", True),
        "kept_as": ("form", True),
    }
    op.create_table(
        "void",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=empty) for name, (_, empty) in columns.items()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("belongs_visit", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_void_{name}"))
            for name, (table, _) in columns.items()
        ),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_void_{name}"))
            for name in ("form_id", "event_id", "version_id", "allocation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_void")),
    )
    op.create_index("ix_void_patient_id", "void", ["patient_id"], unique=False)
    refuse_changes("void")


def fact_columns():
    return (
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
    )


def one_current(table, *columns):
    op.create_index(
        f"uq_{table}_current",
        table,
        list(columns),
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


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
