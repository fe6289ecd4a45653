"""A patient's call for help: a nurse is told, and the patient sees how far it is."""

from pro_app.acts.occasion import Occasion
from pro_app.core.tasks import TaskKind
from pro_app.store.desk.tasks import Task, find_open_task, open_task
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.forms.receiving import lock


def ask_for_help(actor: Actor, patient_id: int, *, at: Occasion) -> None:
    """Have a nurse told that the patient asks for help; once, until somebody has seen to it."""
    with transaction(actor, at.now) as tx:
        number = lock(tx, patient_id)
        if find_open_task(tx.connection, patient_id, TaskKind.HELP):
            tx.abandon()
            return
        open_task(tx, patient_id, TaskKind.HELP)
        tx.record("help.asked", number)


def help_asked(patient_id: int) -> Task | None:
    """The patient's call for help that is not done with yet."""
    with reading() as connection:
        return find_open_task(connection, patient_id, TaskKind.HELP)
