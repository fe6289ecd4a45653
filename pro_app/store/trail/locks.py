"""Lock and unlock records: a visit, a patient, a site, the study; each lock keeps its past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, and_, insert, or_, select, update

from pro_app.core.study import Study
from pro_app.store.engine.locked import Kind, visit_subject
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import patient, record_lock


@dataclass(frozen=True, slots=True)
class Lock:
    """`subject`: a visit as NUMBER/VISIT, a patient's number, a site's code, the study's id."""

    kind: Kind
    subject: str
    why: str
    locked_at: datetime
    locked_by: str


#: What is locked, by its kind and subject.
Locks: TypeAlias = dict[tuple[Kind, str], Lock]


def read_locks(connection: Connection, wanted: Mapping[Kind, Sequence[str]]) -> Locks:
    """Those of these subjects that are locked, in one query."""
    query: Select[Any] = select(
        record_lock.c.kind,
        record_lock.c.subject,
        record_lock.c.why,
        record_lock.c.recorded_at,
        record_lock.c.recorded_by,
    ).where(
        or_(
            *(
                and_(record_lock.c.kind == kind.value, record_lock.c.subject.in_(subjects))
                for kind, subjects in wanted.items()
            )
        ),
        record_lock.c.superseded_at.is_(None),
    )
    found = (Lock(Kind(row.kind), *row[1:]) for row in connection.execute(query))
    return {(each.kind, each.subject): each for each in found}


def locks_of_patient(connection: Connection, number: str, site: str, study: Study) -> Locks:
    """What is locked: the patient's record, its visits, the site, the study."""
    return read_locks(
        connection,
        {
            Kind.PATIENT: [number],
            Kind.VISIT: [visit_subject(number, visit.code) for visit in study.all_visits],
            Kind.SITE: [site],
            Kind.STUDY: [study.id],
        },
    )


def locked_visits(found: Locks, study: Study) -> frozenset[str]:
    """The visits of a patient that are locked, by themselves or with the whole record."""
    if any(kind is not Kind.VISIT for kind, _ in found):
        return frozenset(visit.code for visit in study.all_visits)
    return frozenset(subject.rpartition("/")[2] for _, subject in found)


def wait_for_writers(tx: Tx, kind: Kind, subject: str) -> None:
    """Until whoever is writing of what is meant is done; the next one waits for this one.

    Every write of trial data locks the patient's row first. What is added to it after
    it waited is refused, since it looks at the locks as it records what it did.
    """
    query = select(patient.c.id).order_by(patient.c.number)
    if kind is Kind.SITE:
        query = query.where(patient.c.site == subject)
    elif kind is not Kind.STUDY:
        number = subject.rpartition("/")[0] if kind is Kind.VISIT else subject
        query = query.where(patient.c.number == number)
    tx.execute(query.with_for_update()).all()


def lock(tx: Tx, kind: Kind, subject: str, why: str) -> bool:
    """Whether it is locked by this call; False where it was already."""
    wait_for_writers(tx, kind, subject)
    if read_locks(tx.connection, {kind: [subject]}):
        return False
    tx.execute(
        insert(record_lock),
        {
            "kind": kind.value,
            "subject": subject,
            "why": why,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )
    return True


def unlock(tx: Tx, kind: Kind, subject: str) -> bool:
    """Whether there was a lock to be ended."""
    wait_for_writers(tx, kind, subject)
    ended = tx.execute(
        update(record_lock)
        .where(
            record_lock.c.kind == kind.value,
            record_lock.c.subject == subject,
            record_lock.c.superseded_at.is_(None),
        )
        .values(superseded_at=tx.now)
    )
    return bool(ended.rowcount)
