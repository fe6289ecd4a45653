"""What a patient or her phone asks a nurse to do, from the asking to the outcome."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from pro_app.store.tables import nurse_task
from pro_app.store.transaction import Tx


class TaskKind(StrEnum):
    """What is asked for; a patient has at most one open task of each kind."""

    HELP = "HELP"  # she pressed the help button
    FORM_NOT_TAKEN = "FORM_NOT_TAKEN"  # her phone holds a form that the server refused


class TaskOutcome(StrEnum):
    """How a task ended."""

    REACHED = "REACHED"  # the nurse spoke with her
    NO_ANSWER = "NO_ANSWER"
    OTHERWISE = "OTHERWISE"
    RECEIVED = "RECEIVED"  # the form came after all


@dataclass(frozen=True, slots=True)
class Task:
    """An open task; `taken_at` is set when a nurse has said that she is on it."""

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


def close_form_task(tx: Tx, patient_id: int, visit: str) -> None:
    """The form that could not be taken has come: nothing is left to do."""
    tx.execute(
        update(nurse_task)
        .where(
            nurse_task.c.patient_id == patient_id,
            nurse_task.c.kind == TaskKind.FORM_NOT_TAKEN.value,
            nurse_task.c.visit == visit,
            nurse_task.c.closed_at.is_(None),
        )
        .values(closed_at=tx.now, closed_by=tx.actor.name, outcome=TaskOutcome.RECEIVED.value)
    )
