"""Pass a cut that lies ahead: it was taken by a clock that ran ahead and was put right since."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

#: A day and a minute, in microseconds.
_SLACK = (24 * 60 + 1) * 60_000_000


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION begin_writing(key bigint, since bigint) RETURNS void "
        "LANGUAGE plpgsql VOLATILE AS $$ DECLARE last bigint; BEGIN "
        "PERFORM pg_advisory_xact_lock_shared(key); "
        "SELECT (extract(epoch FROM taken_at) * 1000000)::bigint INTO last FROM cut; "
        f"IF last >= since AND last - since <= {_SLACK} THEN "
        "RAISE EXCEPTION 'cut at %', last; END IF; END $$"
    )
