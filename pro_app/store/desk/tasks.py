"""What a patient or their phone asks a nurse to do, from the asking to the outcome."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from pro_app.core.sites import Sites
from pro_app.core.tasks import TaskKind, TaskOutcome
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.built import built_once
from pro_app.store.engine.few import few
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.voided import is_void
from pro_app.store.statuses.cuts import Cut, RowT
from pro_app.store.statuses.rule import asked_no_more
from pro_app.store.tables import draft, form, nurse_task, patient, planned_visit


@dataclass(frozen=True, slots=True)
class Task:
    """An open task; `taken_at` is set when a nurse has taken it on."""

    id: int
    kind: str
    visit: str | None
    detail: str | None
    opened_at: datetime
    taken_at: datetime | None
    taken_by: str | None

    @property
    def state(self) -> str:
        """How far it is, as a patient is told."""
        return "TAKEN" if self.taken_at else "ASKED"

    @property
    def since(self) -> datetime:
        """When it came into this state."""
        return self.taken_at or self.opened_at


_TASK = (
    nurse_task.c.id,
    nurse_task.c.kind,
    nurse_task.c.visit,
    nurse_task.c.detail,
    nurse_task.c.opened_at,
    nurse_task.c.taken_at,
    nurse_task.c.taken_by,
)


def open_tasks_of(connection: Connection, patient_id: int) -> list[Task]:
    """What is open of one patient, the oldest first."""
    query = (
        select(*_TASK)
        .where(nurse_task.c.patient_id == patient_id, nurse_task.c.closed_at.is_(None))
        .order_by(nurse_task.c.opened_at, nurse_task.c.id)
    )
    return [Task(*row) for row in connection.execute(query)]


def find_open_task(connection: Connection, patient_id: int, kind: TaskKind) -> Task | None:
    return next((t for t in open_tasks_of(connection, patient_id) if t.kind == kind), None)


def open_task(
    tx: Tx,
    patient_id: int,
    kind: TaskKind,
    *,
    visit: str | None = None,
    detail: str | None = None,
) -> None:
    """Ask for something; the patient is locked, and has no open task of this kind."""
    tx.execute(
        insert(nurse_task),
        {
            "patient_id": patient_id,
            "kind": kind.value,
            "visit": visit,
            "detail": detail,
            "opened_at": tx.now,
        },
    )


def change_detail(tx: Tx, task_id: int, detail: str) -> None:
    """Say how far the task is now; whoever has taken it on keeps it."""
    tx.execute(update(nurse_task).where(nurse_task.c.id == task_id).values(detail=detail))


@dataclass(frozen=True, slots=True)
class SiteTask:
    """A task of a patient of one's own site, open or closed."""

    id: int
    patient_id: int
    number: str
    kind: str
    visit: str | None
    open: bool
    taken: bool


def lock_task(tx: Tx, task_id: int, *, sites: Sites) -> SiteTask | None:
    """The task, locked; None when there is none of this number at these sites."""
    query = (
        select(
            nurse_task.c.id,
            nurse_task.c.patient_id,
            patient.c.number,
            nurse_task.c.kind,
            nurse_task.c.visit,
            nurse_task.c.closed_at.is_(None).label("open"),
            nurse_task.c.taken_at.is_not(None).label("taken"),
        )
        .join(patient, patient.c.id == nurse_task.c.patient_id)
        .where(nurse_task.c.id == task_id)
        .with_for_update(of=nurse_task)
    )
    query = query.where(at_sites(patient.c.site, sites))
    row = tx.execute(query).one_or_none()
    return SiteTask(**row._mapping) if row else None


def take_task(tx: Tx, task_id: int) -> None:
    tx.execute(
        update(nurse_task)
        .where(nurse_task.c.id == task_id)
        .values(taken_at=tx.now, taken_by=tx.actor.name)
    )


def close_task(tx: Tx, task_id: int, outcome: TaskOutcome) -> None:
    tx.execute(
        update(nurse_task)
        .where(nurse_task.c.id == task_id)
        .values(closed_at=tx.now, closed_by=tx.actor.name, outcome=outcome.value)
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open task as a list shows it."""

    id: int
    number: str
    visit: str | None
    detail: str | None
    opened_at: datetime
    taken_at: datetime | None
    taken_by: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A form that was begun and has not come; `updated_at`: when something was last tapped."""

    number: str
    visit: str
    started_at: datetime
    updated_at: datetime


def waiting(
    connection: Connection, kind: TaskKind, *, sites: Sites, limit: int, counted: int
) -> Cut[Waiting]:
    """The open tasks of a kind at these sites, the oldest first."""
    return _cut(connection.execute(_waiting(kind, sites, limit, counted)), Waiting, counted)


@built_once
def _waiting(kind: TaskKind, sites: Sites, limit: int, counted: int) -> Select[Any]:
    task = nurse_task.c
    still = (task.kind == kind.value, task.closed_at.is_(None))
    columns = (task.visit, task.detail, task.opened_at, task.taken_at, task.taken_by)
    found = few(select(task.id, task.patient_id, *columns).where(*still), "open_tasks").c
    query = (
        select(found.id, patient.c.number, *(found[each.name] for each in columns))
        .join(patient, patient.c.id == found.patient_id)
        .where(at_sites(patient.c.site, sites))
        .order_by(found.opened_at, found.id)
    )
    return _first(query, limit, counted)


def begun(
    connection: Connection,
    *,
    sites: Sites,
    before: datetime,
    today: date,
    limit: int,
    counted: int,
) -> Cut[Begun]:
    """The forms that were begun and untouched since `before`, while a call may bring them.

    That is as long as the window is open, no form is in, and the patient can be asked.
    """
    query = _begun(sites, today, limit, counted)
    return _cut(connection.execute(query, {"before": before}), Begun, counted)


@built_once
def _begun(sites: Sites, today: date, limit: int, counted: int) -> Select[Any]:
    columns = (draft.c.patient_id, draft.c.visit, draft.c.started_at, draft.c.updated_at)
    left = few(select(*columns).where(draft.c.updated_at < bindparam("before")), "left").c
    came = exists().where(
        form.c.patient_id == left.patient_id,
        form.c.visit == left.visit,
        ~form.c.proxy,
        ~is_void(),
    )
    plan = planned_visit.c
    query = (
        select(patient.c.number, left.visit, left.started_at, left.updated_at)
        .join(patient, patient.c.id == left.patient_id)
        .join(planned_visit, (plan.patient_id == left.patient_id) & (plan.visit == left.visit))
        .where(
            at_sites(patient.c.site, sites),
            or_(plan.closes_on.is_(None), plan.closes_on >= today),
            ~came,
            ~asked_no_more(left.patient_id),
        )
        .order_by(left.updated_at, patient.c.number, left.visit)
    )
    return _first(query, limit, counted)


def _first(query: Select[Any], limit: int, counted: int) -> Select[Any]:
    """The first rows, and how many there are, counted no further than asked for."""
    counting = query.order_by(None).limit(counted).subquery()
    total = select(func.count()).select_from(counting).scalar_subquery()
    return query.add_columns(total.label("total")).limit(limit)


def _cut(found: Iterable[Row[Any]], kind: type[RowT], counted: int) -> Cut[RowT]:
    rows = list(found)
    total = rows[0].total if rows else 0
    return Cut(tuple(kind(*row[:-1]) for row in rows), total, more=total >= counted)
