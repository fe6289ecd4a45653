"""What imports ask and write for many patients at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import and_, select, update

from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.forms import NewForm
from pro_app.store.forms.voided import is_void
from pro_app.store.patients.patients import Patient, patients_by_number
from pro_app.store.statuses.facts import standing
from pro_app.store.tables import allocation, event, form, patient

T = TypeVar("T")


def parts(things: Sequence[T], size: int = 5000) -> Iterator[Sequence[T]]:
    """The things in parts that a statement can carry.

    SQLite takes 32,766 parameters, PostgreSQL 65,535.
    """
    for start in range(0, len(things), size):
        yield things[start : start + size]


def lock_patients(tx: Tx, numbers: Iterable[str]) -> dict[str, Patient]:
    """Those of these patients that exist, by number, locked until the transaction ends.

    Locked in order, so that two imports wait for each other and never in a ring.
    """
    wanted = sorted(set(numbers))
    for part in parts(wanted):
        query = select(patient.c.id).where(patient.c.number.in_(part)).order_by(patient.c.number)
        tx.execute(query.with_for_update()).all()
    return patients_by_number(tx.connection, wanted)


def arms_of_these(tx: Tx, patient_ids: Sequence[int]) -> dict[int, str]:
    """Patient id → arm, of those who have one. For comparison, never to be shown."""
    arms: dict[int, str] = {}
    for part in parts(patient_ids):
        query = select(allocation.c.patient_id, allocation.c.arm).where(
            allocation.c.patient_id.in_(part), allocation.c.superseded_at.is_(None)
        )
        arms.update((row.patient_id, row.arm) for row in tx.execute(query))
    return arms


def supersede_events(tx: Tx, event_ids: Sequence[int]) -> None:
    """From now on these events are known otherwise; they stay for the record."""
    for part in parts(event_ids):
        tx.execute(update(event).where(event.c.id.in_(part)).values(superseded_at=tx.now))


@dataclass(slots=True)
class FormsIn:
    """What is in already: submission ids, and (patient id, visit) → the standing form's.

    `blank`: the visits whose standing form came without an answer.
    """

    submissions: set[str] = field(default_factory=set)
    standing: dict[tuple[int, str], str] = field(default_factory=dict)
    blank: set[tuple[int, str]] = field(default_factory=set)

    def add(self, new: NewForm) -> None:
        """A form that is about to be kept; the first of its visit stands."""
        self._add((new.patient_id, new.visit), new.submission_id, new.standing, new.items_answered)

    def _add(
        self, place: tuple[int, str], submission_id: str, stands: bool, items_answered: int
    ) -> None:
        self.submissions.add(submission_id)
        if stands:
            self.standing[place] = submission_id
            if not items_answered:
                self.blank.add(place)


def forms_in(tx: Tx, patient_ids: Sequence[int]) -> FormsIn:
    """What these patients have handed in."""
    found = FormsIn()
    for part in parts(patient_ids):
        query = select(
            form.c.patient_id,
            form.c.visit,
            form.c.submission_id,
            form.c.items_answered,
            and_(standing(), ~is_void()).label("stands"),
        ).where(form.c.patient_id.in_(part))
        for row in tx.execute(query):
            place = row.patient_id, row.visit
            found._add(place, row.submission_id, row.stands, row.items_answered)
    return found
