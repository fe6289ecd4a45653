"""What is left to do of a visit once its form is kept, for one form as for thousands."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, delete, select, update

from pro_app.core.tasks import TaskKind, TaskOutcome
from pro_app.store.engine.transaction import Tx
from pro_app.store.statuses.flags import Closed
from pro_app.store.tables import draft, missing_flag, nurse_task

#: (patient id, visit)
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Loose:
    """What is open of a patient's visit when a form of it comes.

    `draft_id`: the submission id of a draft of it. `flagged`: it is flagged as missing.
    `asked_for`: the nurse was told that a form of it could not be taken.
    """

    draft_id: str | None = None
    flagged: bool = False
    asked_for: bool = False


#: Nothing is open.
NOTHING = Loose()


def loose_of(tx: Tx, places: Collection[Place]) -> dict[Place, Loose]:
    """What is open of each of these visits; where nothing is, the visit does not stand there."""
    ids = sorted({patient_id for patient_id, _ in places})
    drafts: dict[Place, str] = {}
    flagged: set[Place] = set()
    asked_for: set[Place] = set()
    for start in range(0, len(ids), 5000):
        part = ids[start : start + 5000]
        begun = select(draft.c.patient_id, draft.c.visit, draft.c.submission_id)
        for row in tx.execute(begun.where(draft.c.patient_id.in_(part))):
            drafts[row.patient_id, row.visit] = row.submission_id
        missing = select(missing_flag.c.patient_id, missing_flag.c.visit).where(
            missing_flag.c.patient_id.in_(part), missing_flag.c.closed_at.is_(None)
        )
        flagged |= {(row.patient_id, row.visit) for row in tx.execute(missing)}
        asked = select(nurse_task.c.patient_id, nurse_task.c.visit).where(
            nurse_task.c.patient_id.in_(part),
            nurse_task.c.kind == TaskKind.FORM_NOT_TAKEN.value,
            nurse_task.c.closed_at.is_(None),
        )
        asked_for |= {(row.patient_id, row.visit) for row in tx.execute(asked)}
    return {
        place: Loose(drafts.get(place), place in flagged, place in asked_for)
        for place in places
        if place in drafts or place in flagged or place in asked_for
    }


def _of(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.patient_id == bindparam("of_patient"), table.c.visit == bindparam("of_visit")


_CLOSE_FLAG = update(missing_flag).where(*_of(missing_flag), missing_flag.c.closed_at.is_(None))
_CLOSE_TASK = update(nurse_task).where(
    *_of(nurse_task),
    nurse_task.c.kind == TaskKind.FORM_NOT_TAKEN.value,
    nurse_task.c.closed_at.is_(None),
)
_DROP_DRAFT = delete(draft).where(*_of(draft))


def close_flags(tx: Tx, places: Iterable[Place], because: Closed) -> None:
    """Close the missing flags of these visits, which are open."""
    if rows := _rows(places):
        tx.execute(_CLOSE_FLAG.values(closed_at=tx.now, closed_because=because.value), rows)


def close_form_tasks(tx: Tx, places: Iterable[Place]) -> None:
    """The forms that could not be taken have come: nothing is left to do."""
    if rows := _rows(places):
        closed = {"closed_at": tx.now, "closed_by": tx.actor.name}
        tx.execute(_CLOSE_TASK.values(closed | {"outcome": TaskOutcome.RECEIVED.value}), rows)


def drop_drafts(tx: Tx, places: Iterable[Place]) -> None:
    """What was begun of these visits goes."""
    if rows := _rows(places):
        tx.execute(_DROP_DRAFT, rows)


def _rows(places: Iterable[Place]) -> list[dict[str, Any]]:
    return [{"of_patient": patient_id, "of_visit": visit} for patient_id, visit in places]
