"""Whether study file and database agree: asked once as a server, a worker or a command starts.

And what is wrong with a database that can't be asked.
"""

from flask_babel import gettext as _
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from pro_app.acts.protocol import Disagrees, compare
from pro_app.deployment import Deployment
from pro_app.store.engine.schema import revisions
from pro_app.store.engine.study_versions import UnreadableVersion
from pro_app.store.engine.transaction import Actor, reading


class OtherStudy(Exception):
    """The file that PRO_STUDY names is not what the database was written by.

    `lines` say in words what differs and what to do.
    """

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class OtherSchema(Exception):
    """The database's tables are not those that this version writes to; the text says what to do."""


def refuse_other_schema() -> None:
    """Return where the database has the tables of this version.

    Errors: OtherSchema; DatabaseError where the database can't be asked.
    """
    with reading() as connection:
        held, needed, known = revisions(connection)
    if held == needed:
        return
    if known:
        raise OtherSchema(_no_schema())
    raise OtherSchema(
        _(
            "the database is of a later version of the product (%(held)s): install that version; "
            "nothing was changed",
            held=held,
        )
    )


def _no_schema() -> str:
    return str(_("the database does not have the current schema; run `flask db upgrade` first"))


def refuse_other_study(parts: Deployment, *, actor: Actor, identity_alone: bool = False) -> None:
    """Return where file and database agree.

    `identity_alone`: a later version of the same study will do.
    Errors: OtherStudy; UnreadableVersion; DatabaseError where the database can't be asked.
    """
    now = parts.now()
    found = compare(
        parts.file,
        parts.instrument,
        actor=actor,
        now=now,
        today=parts.day_of(now),
        identity_alone=identity_alone,
    )
    if found is not None:
        raise OtherStudy(tuple(_lines(found, parts)))


def _lines(found: Disagrees, parts: Deployment) -> list[str]:
    fields = ", ".join(found.fields)
    if found.another:
        return [
            _(
                "this database holds the study %(other)s; the study file %(file)s is that of "
                "%(study)s and differs in: %(fields)s",
                other=found.held,
                file=parts.settings.study,
                study=parts.file.id,
                fields=fields,
            ),
            _(
                "Set PRO_STUDY to the study file of this database, or name that study's own "
                "database."
            ),
        ]
    since = (
        _("since %(day)s", day=found.effective_on.isoformat())
        if found.effective_on
        else _("from the beginning")
    )
    return [
        _(
            "the study file %(file)s differs from version %(number)s, in force %(since)s: "
            "%(fields)s",
            file=parts.settings.study,
            number=found.version,
            since=since,
            fields=fields,
        ),
        _(
            "If the protocol was amended: flask study amend FILE --from DATE --reason TEXT. "
            "Else name the file of this version in PRO_STUDY "
            "(flask study show --version %(number)s prints it).",
            number=found.version,
        ),
    ]


def unreadable_sentence(found: UnreadableVersion) -> str:
    """Which version of the study somebody broke, and what to do."""
    return str(
        _(
            "version %(number)s of the study can't be read: its row in study_version was altered. "
            "Restore the database from a backup; `flask audit verify --data` says whether "
            "anything else was altered.",
            number=found.number,
        )
    )


def database_sentence(error: DatabaseError) -> str:
    """What is wrong with the database, in a sentence."""
    # SQLite calls a missing table an operational error, PostgreSQL a programming error.
    why = str(error.orig).strip().splitlines()[0]
    if isinstance(error, IntegrityError):
        sentence = _("somebody else wrote the same at this moment; nothing was written, try again")
    elif isinstance(error, ProgrammingError) or why.startswith("no such "):
        sentence = _no_schema()
    else:
        sentence = _("PRO_DATABASE_URL: the database can't be used: %(why)s", why=why)
    return str(sentence)
