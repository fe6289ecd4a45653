"""Whether a record is locked: asked before anything of trial data is recorded of it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, or_, select

from pro_app.store.prepared import Prepared
from pro_app.store.tables import patient, record_lock

#: What may go on with a locked record, by how its actions begin: how she comes in, what is
#: read, who was called, what is asked of the nurse. Whatever is not named here is trial data.
_FREE = (
    "alert.",
    "card.",
    "code.",
    "contact.",
    "contacts.",
    "copy.",
    "draft.",
    "form.not_taken",
    "help.",
    "link.",
    "message.",
    "patient.sign",
    "pin.",
    "query.",
    "record.",
    "request.",
    "review.",
    "scan.removed",
    "scan.viewed",
    "staff.",
    "tablet.",
    "task.",
    "trail.",
)


class Locked(Exception):
    """Nothing was written: the record of this patient, or of her site, is locked."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def touches_record(action: str) -> bool:
    """Whether an event of the trail says that trial data were written."""
    return not action.startswith(_FREE)


def _is_locked() -> ColumnElement[bool]:
    of_patient = and_(record_lock.c.kind == "patient", record_lock.c.subject == patient.c.number)
    of_site = and_(record_lock.c.kind == "site", record_lock.c.subject == patient.c.site)
    return exists().where(record_lock.c.superseded_at.is_(None), or_(of_patient, of_site))


_ONE = Prepared(
    select(patient.c.number).where(patient.c.number == bindparam("number"), _is_locked())
)


def refuse_locked(connection: Connection, subjects: Sequence[str]) -> None:
    """Return where none of these subjects is a patient whose record is locked. Errors: Locked."""
    if len(subjects) == 1:
        for row in _ONE.rows(connection, {"number": subjects[0]}):
            raise Locked(row.number)
        return
    numbers = sorted(set(subjects))
    for start in range(0, len(numbers), 5000):
        part = numbers[start : start + 5000]
        query = select(patient.c.number).where(patient.c.number.in_(part), _is_locked()).limit(1)
        for row in connection.execute(query):
            raise Locked(row.number)
