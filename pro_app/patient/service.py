"""What the phone alone does about a form: put its clock right, and tell the nurse of a refusal."""

from dataclasses import replace
from datetime import datetime

from pro_app.acts.filled import Filled
from pro_app.acts.forms import Outcome, keep
from pro_app.acts.occasion import Occasion
from pro_app.core.instants import corrected
from pro_app.core.tasks import TaskKind
from pro_app.store.desk.tasks import find_open_task, open_task
from pro_app.store.engine.transaction import Actor, transaction
from pro_app.store.forms.receiving import lock


def receive_form(actor: Actor, patient_id: int, filled: Filled, *, at: Occasion) -> Outcome:
    """What became of a form that a patient's phone hands in."""
    return keep(actor, patient_id, put_right(filled, at), at=at)


def put_right(filled: Filled, at: Occasion) -> Filled:
    """The form with the server's times for the phone's, and with the day that follows.

    A form may have waited on the phone without a network, for months or years: it belongs
    to the day on which it was finished, however wrong the phone's clock is. Where that
    can't be told it belongs to the day of its arrival, which its page shows.
    """

    def by_server(instant: datetime | None) -> datetime | None:
        return corrected(instant, device_at=filled.device_at, now=at.now)

    finished_at = by_server(filled.finished_at)
    return replace(
        filled,
        started_at=by_server(filled.started_at),
        finished_at=finished_at,
        told_at=filled.finished_at,
        answered_on=filled.answered_on or (at.day_of(finished_at) if finished_at else None),
    )


def tell_nurse(actor: Actor, patient_id: int, visit: str, why: str, *, at: Occasion) -> None:
    """Have the nurse told, once, that the server refuses a form which was handed in.

    The phone keeps it, and nobody but the nurse can help.
    """
    planned = any(each.code == visit for each in at.study.visits)
    with transaction(actor, at.now) as tx:
        number = lock(tx, patient_id)
        if find_open_task(tx.connection, patient_id, TaskKind.FORM_NOT_TAKEN):
            tx.abandon()
            return
        known = visit if planned else None
        open_task(tx, patient_id, TaskKind.FORM_NOT_TAKEN, visit=known, detail=why)
        tx.record("form.not_taken", number, visit=known, changes={"why": (None, why)})
