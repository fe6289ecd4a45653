"""Whether a record is locked: asked before anything of trial data is recorded of it."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Text, and_, bindparam, exists, or_, select

from pro_app.store.tables import patient, record_lock

#: What may go on with a locked record, by how its actions begin: signing in, what is
#: read, who was called, what is asked of the nurse. Whatever is not named here is trial data.
_FREE = (
    "alert.",
    "card.",
    "clock.",
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


class Kind(StrEnum):
    """What is locked as a whole; beside it stands what its subject is."""

    VISIT = "visit"  # one visit of a patient: NUMBER/VISIT
    PATIENT = "patient"  # the trial number
    SITE = "site"  # its code
    STUDY = "study"  # its id: everything that is kept here


def visit_subject(number: str, visit: str | None) -> str:
    """The subject of the lock of a visit; empty where there is no visit."""
    return f"{number}/{visit}" if visit else ""


class Locked(Exception):
    """Nothing was written: the record of this patient, or one of its visits, is locked.

    The lock is the patient's own, or that of the visit, the site or the study.
    """

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def touches_record(action: str) -> bool:
    """Whether an event of the trail says that trial data were written."""
    return not action.startswith(_FREE)


def _holds(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a lock stands for any of these, each by the index, however many locks there are."""
    return or_(*(exists().where(record_lock.c.superseded_at.is_(None), c) for c in conditions))


_OF_PATIENT = and_(
    record_lock.c.kind == Kind.PATIENT.value, record_lock.c.subject == patient.c.number
)
_OF_SITE = and_(record_lock.c.kind == Kind.SITE.value, record_lock.c.subject == patient.c.site)
_OF_STUDY = record_lock.c.kind == Kind.STUDY.value
_OF_VISIT = and_(
    record_lock.c.kind == Kind.VISIT.value,
    record_lock.c.subject == patient.c.number.concat("/").concat(bindparam("visit", type_=Text)),
)

#: Whether anything holds what is written of a patient, as a column beside the patient's row.
LOCKED = _holds(_OF_PATIENT, _OF_SITE, _OF_STUDY, _OF_VISIT)

_ONE = select(patient.c.number).where(patient.c.number == bindparam("number"), LOCKED)


def refuse_locked(connection: Connection, written: Iterable[tuple[str, str | None]]) -> None:
    """Return where nothing of what is written is locked: subject and visit of each event.

    An event without a visit passes the lock of a visit, though it may move its window or
    its status: a lock keeps what was answered, and the day of a death is still recorded.
    Errors: Locked for a patient whose record, visit, site or study is.
    """
    events = sorted(set(written), key=lambda event: (event[0], event[1] or ""))
    if len(events) == 1:
        number, visit = events[0]
        for row in connection.execute(_ONE, {"number": number, "visit": visit or ""}):
            raise Locked(row.number)
        return
    for start in range(0, len(events), 5000):
        _refuse_any(connection, events[start : start + 5000])


def _refuse_any(connection: Connection, events: list[tuple[str, str | None]]) -> None:
    numbers = {number for number, _ in events}
    query = select(patient.c.number).where(
        patient.c.number.in_(numbers), _holds(_OF_PATIENT, _OF_SITE, _OF_STUDY)
    )
    for row in connection.execute(query.order_by(patient.c.number).limit(1)):
        raise Locked(row.number)
    visits = {visit_subject(*event): event[0] for event in events if event[1]}
    if visits:
        of_visits = select(record_lock.c.subject).where(
            record_lock.c.superseded_at.is_(None),
            record_lock.c.kind == Kind.VISIT.value,
            record_lock.c.subject.in_(visits),
        )
        for row in connection.execute(of_visits.limit(1)):
            raise Locked(visits[row.subject])
