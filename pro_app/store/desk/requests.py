"""What patients ask about their data: from the asking to the answer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from pro_app.core.requests import RequestKind, RequestOutcome, due_on
from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.few import few
from pro_app.store.engine.transaction import Tx
from pro_app.store.patients.voids import of_void_patient
from pro_app.store.tables import data_request, patient


@dataclass(frozen=True, slots=True)
class DataRequest:
    """`words`: what the patient said, as written down; `answer`: what they were told.

    The last five are empty until it is answered.
    """

    id: int
    kind: RequestKind
    asked_on: date
    due_on: date
    words: str | None
    recorded_at: datetime
    recorded_by: str
    outcome: RequestOutcome | None
    answer: str | None
    answered_on: date | None
    answered_at: datetime | None
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request that waits for its answer, as a list shows it."""

    id: int
    number: str
    kind: RequestKind
    asked_on: date
    due_on: date
    recorded_by: str


def open_requests(connection: Connection, *, sites: Sites, limit: int) -> tuple[OpenRequest, ...]:
    """What is to be answered at these sites, the soonest due first."""
    return tuple(
        OpenRequest(row.id, row.number, RequestKind(row.kind), *row[3:])
        for row in connection.execute(_open(sites, limit))
    )


@built_once
def _open(sites: Sites, limit: int) -> Select[Any]:
    asked = data_request.c
    columns = (asked.kind, asked.asked_on, asked.due_on, asked.recorded_by)
    waiting = select(asked.id, asked.patient_id, *columns).where(asked.answered_at.is_(None))
    found = few(waiting, "waiting").c
    return (
        select(found.id, patient.c.number, *(found[each.name] for each in columns))
        .join(patient, patient.c.id == found.patient_id)
        .where(at_sites(patient.c.site, sites), ~of_void_patient())
        .order_by(found.due_on, found.id)
        .limit(limit)
    )


def requests_of(connection: Connection, patient_id: int) -> list[DataRequest]:
    """All that a patient has asked, the latest first."""
    columns = [data_request.c[name] for name in DataRequest.__dataclass_fields__]
    query = (
        select(*columns)
        .where(data_request.c.patient_id == patient_id)
        .order_by(data_request.c.asked_on.desc(), data_request.c.id.desc())
    )
    return [_request(row) for row in connection.execute(query)]


def _request(row: Any) -> DataRequest:
    kind = RequestKind(row.kind)
    outcome = RequestOutcome(row.outcome) if row.outcome else None
    return DataRequest(**(dict(row._mapping) | {"kind": kind, "outcome": outcome}))


def add_request(
    tx: Tx,
    patient_id: int,
    number: str,
    kind: RequestKind,
    *,
    asked_on: date,
    words: str | None = None,
) -> date | None:
    """Until when it is to be answered; None: the same waits already, and nothing was kept.

    The patient is locked. The trail has all but the patient's words, which stay with the request.
    """
    waits = select(data_request.c.id).where(
        data_request.c.patient_id == patient_id,
        data_request.c.kind == kind.value,
        data_request.c.answered_at.is_(None),
    )
    if tx.execute(waits.limit(1)).first():
        return None
    due = due_on(asked_on)
    tx.execute(
        insert(data_request),
        {
            "patient_id": patient_id,
            "kind": kind.value,
            "asked_on": asked_on,
            "due_on": due,
            "words": words,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )
    changes = {
        "kind": (None, kind.value),
        "asked_on": (None, asked_on.isoformat()),
        "due_on": (None, due.isoformat()),
    }
    if words:
        changes["words"] = (None, "recorded")
    tx.record("request.made", number, changes=changes)
    return due


def answer_request(
    tx: Tx, request_id: int, outcome: RequestOutcome, *, answer: str | None, answered_on: date
) -> bool:
    """Whether it was still open: the first answer stays. The trail's record is the caller's."""
    done = tx.execute(
        update(data_request)
        .where(data_request.c.id == request_id, data_request.c.answered_at.is_(None))
        .values(
            outcome=outcome.value,
            answer=answer,
            answered_on=answered_on,
            answered_at=tx.now,
            answered_by=tx.actor.name,
        )
    )
    return done.rowcount == 1
