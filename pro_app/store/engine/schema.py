"""Whether the database has the tables that this version of the product writes to."""

from functools import cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Connection


def revisions(connection: Connection) -> tuple[str | None, str, bool]:
    """(the database's revision, the one that is needed, whether the former is known here).

    None for a database without tables; one that is not known is of a later version.
    """
    config = current_app.extensions["migrate"].migrate.get_config()
    known = _known(config.get_main_option("script_location"))
    held = MigrationContext.configure(connection).get_current_revision()
    return held, known[0], held is None or held in known


@cache
def _known(folder: str) -> tuple[str, ...]:
    """The revisions of this version, the newest first."""
    return tuple(script.revision for script in ScriptDirectory(folder).walk_revisions())
