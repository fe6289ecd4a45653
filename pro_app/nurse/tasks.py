"""What a nurse does about a task: takes it, and says how it ended."""

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.contact import Attempt, Channel, Outcome
from pro_app.core.refused import Refused, Why
from pro_app.core.tasks import TaskOutcome
from pro_app.nurse import calls
from pro_app.store.desk.tasks import SiteTask, close_task, lock_task, take_task
from pro_app.store.engine.transaction import transaction

#: How a nurse may say that a task ended.
OUTCOMES = (TaskOutcome.REACHED, TaskOutcome.NO_ANSWER, TaskOutcome.OTHERWISE)


#: Those that say how a call to the patient ended: it goes into the contact log too.
_CALLS = {TaskOutcome.REACHED: Outcome.REACHED, TaskOutcome.NO_ANSWER: Outcome.NO_ANSWER}


def take(task_id: int, *, at: StaffOccasion) -> Refused | None:
    """None once somebody is on it; the first who says so stays."""
    with transaction(at.actor, at.now) as tx:
        task = lock_task(tx, task_id, sites=at.sites)
        if task is None or task.taken or not task.open:
            tx.abandon()
            return None if task else Refused(Why.NOT_HERE)
        take_task(tx, task_id)
        tx.record("task.taken", task.number, visit=task.visit, changes=_kind(task))
        return None


def close(task_id: int, outcome: str, *, at: StaffOccasion) -> Refused | None:
    """None once the task is done with; the first outcome stays."""
    with transaction(at.actor, at.now) as tx:
        task = lock_task(tx, task_id, sites=at.sites)
        if task is None or not task.open or outcome not in OUTCOMES:
            tx.abandon()
            if task is None:
                return Refused(Why.NOT_HERE)
            return Refused(Why.NOT_A_CHOICE, "outcome") if task.open else None
        close_task(tx, task_id, TaskOutcome(outcome))
        if outcome in _CALLS:
            calls.log(
                tx,
                task.patient_id,
                task.number,
                task.visit,
                Attempt(at.now, Channel.PHONE, _CALLS[TaskOutcome(outcome)]),
            )
        changes = _kind(task) | {"outcome": (None, outcome)}
        tx.record("task.closed", task.number, visit=task.visit, changes=changes)
        return None


def _kind(task: SiteTask) -> dict[str, tuple[str | None, str]]:
    return {"kind": (None, task.kind)}
