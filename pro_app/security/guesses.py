"""Wrong tries at a patient's card: counted, told to the nurse, and ended by what replaces it."""

from pro_app import security_log
from pro_app.core.tasks import Guessing, TaskKind, TaskOutcome
from pro_app.security.waiting import MOST_WRONG, TOLD_EVERY
from pro_app.store.desk import tasks
from pro_app.store.engine.transaction import Tx
from pro_app.store.people import tries
from pro_app.store.people.links import Link
from pro_app.store.people.tries import Counter, Place


def count_wrong_pin(tx: Tx, link: Link, counter: Counter) -> Counter:
    """The counter after one more wrong PIN; the nurse is told where there were many."""
    security_log.record("patient.sign_in_refused", link.number, tx)
    counted = tries.count_wrong(tx, counter)
    used_up = counted.in_all >= MOST_WRONG
    if used_up and not counted.known:
        _tell(tx, link, Guessing.USED_UP)
    elif tries.wrong_in_all(tx.connection, counted.place) % TOLD_EVERY == 0:
        _tell(tx, link, Guessing.WRONG_PINS)
    if used_up and counted.known:
        tries.forget(tx, counted)
    return counted


def count_wrong_code(tx: Tx, link: Link, counter: Counter, *, most: int) -> Counter:
    """The same for a wrong activation code, which is void after so many."""
    security_log.record("code.refused", link.number, tx)
    counted = tries.count_wrong(tx, counter)
    if counted.in_all >= most:
        _tell(tx, link, Guessing.CODE_VOID)
    return counted


def _tell(tx: Tx, link: Link, how_far: Guessing) -> None:
    kind = TaskKind.PIN_TRIED
    there = tasks.find_open_task(tx.connection, link.patient_id, kind)
    if there is not None and there.detail == how_far:
        return
    if there is None:
        tasks.open_task(tx, link.patient_id, kind, detail=how_far.value)
    else:
        tasks.change_detail(tx, there.id, how_far.value)
    changes = {"kind": (None, kind.value), "detail": (there and there.detail, how_far.value)}
    security_log.record("card.guessed_at", link.number, tx, changes=changes)


def begin_anew(tx: Tx, link: Link) -> None:
    """The link has another PIN, or none: earlier guesses count no more."""
    tries.begin_anew(tx, Place(link_id=link.id))


def close_task(tx: Tx, patient_id: int, number: str) -> None:
    """Close the task: what was guessed at is void, so nobody has to do anything about it."""
    there = tasks.find_open_task(tx.connection, patient_id, TaskKind.PIN_TRIED)
    if there is None:
        return
    tasks.close_task(tx, there.id, TaskOutcome.REPLACED)
    changes = {"kind": (None, there.kind), "outcome": (None, TaskOutcome.REPLACED.value)}
    tx.record("task.closed", number, changes=changes)
