"""Witness the data: facts written once, digests of what is written, a stricter redaction."""

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

# Refused since earlier: change and removal. From here on REPLACE too.
WRITE_ONCE = (
    *("access_review", "audit_event", "audit_seal", "correction", "correction_decision"),
    *("form", "form_score", "keying_decision", "query_note", "redaction", "second_keying"),
    *("signature", "void"),
)
FACTS = (
    *("allocation", "consent", "consent_decision", "contact_attempt", "event", "form_decision"),
    *("form_review", "patient_version", "pause", "reason", "record_lock", "staff_right"),
)


def upgrade():
    op.add_column("audit_event", sa.Column("data", sa.JSON(), nullable=True))
    op.add_column("audit_event", sa.Column("salts", sa.JSON(), nullable=True))
    op.add_column("redaction", sa.Column("commitments", sa.JSON(), nullable=True))
    op.create_table(
        "cut",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_cut_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cut")),
    )
    count_unwitnessed()
    refuse_changes("wording_pack")
    for table in FACTS:
        let_change(table, "superseded_at")
    let_change("patient", "site")
    if op.get_bind().dialect.name == "sqlite":
        for table in (*WRITE_ONCE, *FACTS, "patient", "wording_pack"):
            refuse_replace(table)
        redact_strictly_on_sqlite()
    else:
        redact_strictly_on_postgresql()
        let_writers_show()


def count_unwitnessed():
    """How many rows stand here of which no event tells: recorded, so that none is added to them."""
    connection = op.get_bind()
    told = {}
    for table in sorted({*WRITE_ONCE, *FACTS, "patient", "wording_pack"}):
        if table in ("audit_event", "audit_seal"):
            continue
        ended = "count(superseded_at)" if table in FACTS else "0"
        rows, superseded = connection.execute(
            sa.text(f"SELECT count(*), {ended} FROM {table}")
        ).one()
        if rows:
            told[table] = [None, [rows, superseded]]
    if not told:
        return
    now = datetime.now(UTC)
    trail = sa.table(
        "audit_event",
        sa.column("at", sa.DateTime(timezone=True)),
        *(sa.column(name, sa.Text()) for name in ("actor", "role", "action", "subject")),
        sa.column("changes", sa.JSON()),
    )
    row = {
        "at": now.replace(tzinfo=None) if connection.dialect.name == "sqlite" else now,
        "actor": "migration",
        "role": "system",
        "action": "trail.witness_begun",
        "subject": "trail",
        "changes": told,
    }
    connection.execute(sa.insert(trail), row)


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


# What may become of the one column that may change: a fact is superseded one time.
ALLOWED = {
    "superseded_at": "OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL",
    "site": "NEW.site IS NOT NULL",
}


def let_change(table, column):
    """Of a row of this table one column may change, and nothing else of it; it stays for ever."""
    if op.get_bind().dialect.name == "sqlite":
        columns = [each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)]
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in columns if name != column)
        op.execute(
            f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} "
            f"WHEN NOT ({ALLOWED[column]} AND {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
        )
        return
    # *= compares every byte of two rows, of whatever types: json has no equality.
    op.execute(
        f"CREATE OR REPLACE FUNCTION refuse_all_but_{column}() RETURNS trigger "
        "LANGUAGE plpgsql AS $$ DECLARE changed record; BEGIN "
        f"IF {ALLOWED[column]} THEN changed := NEW; changed.{column} := OLD.{column}; "
        "IF changed *= OLD THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION '% is written once', TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_all_but_{column}()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_change BEFORE DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def refuse_replace(table):
    """A row whose key is taken is refused before REPLACE removes the one that has it.

    The DELETE triggers alone don't see that: they are asked only where the connection
    has switched recursive_triggers on.
    """
    taken = " OR ".join(
        "("
        + (f"{renamed(where, table, 'NEW')} AND " if where else "")
        + f"EXISTS (SELECT 1 FROM {table} WHERE "
        + " AND ".join(f"{table}.{name} = NEW.{name}" for name in columns)
        + (f" AND {renamed(where, table, table)}" if where else "")
        + "))"
        for columns, where in keys(table)
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table} WHEN {taken} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
    )


def keys(table):
    """What no two rows share: columns, and the condition of a key that is not of all rows."""
    found = sa.inspect(op.get_bind())
    yield found.get_pk_constraint(table)["constrained_columns"], ""
    for unique in found.get_unique_constraints(table):
        yield unique["column_names"], ""
    for index in found.get_indexes(table):
        if index["unique"]:
            where = index.get("dialect_options", {}).get("sqlite_where")
            yield index["column_names"], "" if where is None else str(where)


def renamed(where, table, prefix):
    """The condition about the row that is called so."""
    names = "|".join(each["name"] for each in sa.inspect(op.get_bind()).get_columns(table))
    return "(" + re.sub(rf"\b({names})\b", rf"{prefix}.\1", where) + ")"


# What a redaction may never touch.
KEPT = ("id", "at", "actor", "role", "site", "action", "subject", "visit")


def redact_strictly_on_sqlite():
    """Of a sealed event a redaction empties the fields that it names, and nothing else."""
    named = (
        "EXISTS (SELECT 1 FROM redaction, json_each(redaction.fields) AS named "
        "WHERE redaction.event_id = OLD.id AND named.value = {field})"
    )
    pair_gone = named.format(field="'changes.' || before.key")
    reason_gone = named.format(field="'reason'")
    rules = [
        *(f"NEW.{name} IS OLD.{name}" for name in (*KEPT, "data")),
        "EXISTS (SELECT 1 FROM redaction WHERE event_id = OLD.id)",
        f"(NEW.reason IS OLD.reason OR (NEW.reason IS NULL AND {reason_gone}))",
        "(SELECT count(*) FROM json_each(NEW.changes)) "
        "= (SELECT count(*) FROM json_each(OLD.changes))",
        "NOT EXISTS (SELECT 1 FROM json_each(OLD.changes) AS before "
        "LEFT JOIN json_each(NEW.changes) AS after ON after.key = before.key "
        "WHERE after.key IS NULL OR NOT ("
        "(after.value IS before.value AND after.type IS before.type) "
        f"OR (after.type = 'array' AND json(after.value) = '[null,null]' AND {pair_gone})))",
        "(OLD.salts IS NULL) = (NEW.salts IS NULL)",
        # A salt goes exactly where its field went, and none is added or altered.
        "NOT EXISTS (SELECT 1 FROM json_each(OLD.salts) AS before "
        "LEFT JOIN json_each(NEW.salts) AS after ON after.key = before.key "
        "WHERE CASE WHEN " + named.format(field="before.key") + " THEN after.key IS NOT NULL "
        "ELSE after.value IS NOT before.value END)",
        "NOT EXISTS (SELECT 1 FROM json_each(NEW.salts) AS after "
        "WHERE after.key NOT IN (SELECT key FROM json_each(OLD.salts)))",
    ]
    op.execute("DROP TRIGGER audit_event_refuse_update")
    op.execute(
        "CREATE TRIGGER audit_event_refuse_update BEFORE UPDATE ON audit_event "
        f"WHEN NOT ({' AND '.join(rules)}) "
        "BEGIN SELECT RAISE(ABORT, 'audit_event is written once'); END"
    )


def redact_strictly_on_postgresql():
    objects = " AND ".join(
        f"coalesce(json_typeof({row}.{name}), 'object') = 'object'"
        for row in ("OLD", "NEW")
        for name in ("changes", "salts")
    )
    kept = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
    rules = [
        kept,
        "NEW.data::text IS NOT DISTINCT FROM OLD.data::text",
        "(NEW.reason IS NOT DISTINCT FROM OLD.reason OR (NEW.reason IS NULL "
        "AND 'reason' = ANY (named)))",
        "(SELECT count(*) FROM json_each(NEW.changes)) "
        "= (SELECT count(*) FROM json_each(OLD.changes))",
        "NOT EXISTS (SELECT 1 FROM json_each(OLD.changes) AS before "
        "LEFT JOIN json_each(NEW.changes) AS after ON after.key = before.key "
        "WHERE after.key IS NULL OR NOT (after.value::text = before.value::text "
        "OR (replace(after.value::text, ' ', '') = '[null,null]' "
        "AND 'changes.' || before.key = ANY (named))))",
        "(OLD.salts IS NULL) = (NEW.salts IS NULL)",
        "NOT EXISTS (SELECT 1 FROM json_each(OLD.salts) AS before "
        "LEFT JOIN json_each(NEW.salts) AS after ON after.key = before.key "
        "WHERE CASE WHEN before.key = ANY (named) THEN after.key IS NOT NULL "
        "ELSE after.value::text IS DISTINCT FROM before.value::text END)",
        "NOT EXISTS (SELECT 1 FROM json_each(NEW.salts) AS after "
        "WHERE after.key NOT IN (SELECT key FROM json_each(OLD.salts)))",
    ]
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_unredacted() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE named text[]; BEGIN "
        "SELECT array(SELECT json_array_elements_text(fields)) INTO named "
        "FROM redaction WHERE event_id = OLD.id AND json_typeof(fields) = 'array'; "
        f"IF named IS NOT NULL AND {objects} THEN "
        f"IF {' AND '.join(rules)} THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION 'audit_event is written once' "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )


def let_writers_show():
    """A writer shows its instant by a lock, and is told of a cut that was taken after it."""
    # In this order, and volatile: the second statement sees what was committed before the
    # first one had its lock.
    op.execute(
        "CREATE FUNCTION begin_writing(key bigint, since bigint) RETURNS void "
        "LANGUAGE plpgsql VOLATILE AS $$ DECLARE last bigint; BEGIN "
        "PERFORM pg_advisory_xact_lock_shared(key); "
        "SELECT (extract(epoch FROM taken_at) * 1000000)::bigint INTO last FROM cut; "
        "IF last >= since THEN RAISE EXCEPTION 'cut at %', last; END IF; END $$"
    )
