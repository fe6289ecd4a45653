"""What a nurse does about a task: she takes it, and says how it ended."""

from datetime import datetime
from enum import StrEnum

from pro_app.core.contact import Attempt, Channel, Outcome
from pro_app.core.sites import Sites
from pro_app.core.tasks import TaskOutcome
from pro_app.nurse import calls
from pro_app.store.desk.tasks import SiteTask, close_task, lock_task, take_task
from pro_app.store.engine.transaction import Actor, transaction


class Step(StrEnum):
    """What became of a step; a repeated one changes nothing."""

    DONE = "DONE"
    NOT_HERE = "NOT_HERE"  # there is no such task at her sites
    NO_SUCH_OUTCOME = "NO_SUCH_OUTCOME"


#: How a nurse may say that a task ended.
OUTCOMES = (TaskOutcome.REACHED, TaskOutcome.NO_ANSWER, TaskOutcome.OTHERWISE)


#: Those that say how a call to her ended: it goes into the contact log too.
_CALLS = {TaskOutcome.REACHED: Outcome.REACHED, TaskOutcome.NO_ANSWER: Outcome.NO_ANSWER}


def take(task_id: int, *, sites: Sites, actor: Actor, now: datetime) -> Step:
    """Whether somebody is on it now; the first who says so stays."""
    with transaction(actor, now) as tx:
        task = lock_task(tx, task_id, sites=sites)
        if task is None or task.taken or not task.open:
            tx.abandon()
            return Step.DONE if task else Step.NOT_HERE
        take_task(tx, task_id)
        tx.record("task.taken", task.number, visit=task.visit, changes=_kind(task))
        return Step.DONE


def close(task_id: int, outcome: str, *, sites: Sites, actor: Actor, now: datetime) -> Step:
    """Whether the task is done with; the first outcome stays."""
    with transaction(actor, now) as tx:
        task = lock_task(tx, task_id, sites=sites)
        if task is None or not task.open or outcome not in OUTCOMES:
            tx.abandon()
            if task is None:
                return Step.NOT_HERE
            return Step.NO_SUCH_OUTCOME if task.open else Step.DONE
        close_task(tx, task_id, TaskOutcome(outcome))
        if outcome in _CALLS:
            calls.log(
                tx,
                task.patient_id,
                task.number,
                task.visit,
                Attempt(now, Channel.PHONE, _CALLS[TaskOutcome(outcome)]),
            )
        changes = _kind(task) | {"outcome": (None, outcome)}
        tx.record("task.closed", task.number, visit=task.visit, changes=changes)
        return Step.DONE


def _kind(task: SiteTask) -> dict[str, tuple[str | None, str]]:
    return {"kind": (None, task.kind)}
