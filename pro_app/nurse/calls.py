"""The contact log: write down an attempt to reach a patient, or take one back."""

from datetime import datetime, timedelta
from enum import StrEnum

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.contact import Attempt, Channel, Outcome, is_possible
from pro_app.core.refused import Refused, Why
from pro_app.store.desk.contact_log import keep_attempt, log_of, take_back
from pro_app.store.engine.transaction import Tx, transaction
from pro_app.store.patients.patients import find_patient, lock_patient

#: A second tap within so long is the same attempt.
_SAME = timedelta(minutes=1)
#: A time to call back lies within so many days.
LONGEST_WAIT = timedelta(days=60)


class Written(StrEnum):
    """What became of it."""

    DONE = "DONE"
    SAME = "SAME"  # it had just been written down


def write_down(
    number: str,
    *,
    visit: str | None,
    channel: Channel,
    outcome: Outcome,
    call_back_at: datetime | None,
    at: StaffOccasion,
) -> Written | Refused:
    """Whether the attempt stands in the log; `call_back_at` counts for CALL_BACK alone."""
    again = call_back_at if outcome is Outcome.CALL_BACK else None
    with transaction(at.actor, at.now) as tx:
        found = find_patient(tx.connection, number, sites=at.sites)
        if found is None:
            tx.abandon()
            return Refused(Why.NOT_HERE)
        if outcome is Outcome.CALL_BACK and not (again and at.now < again <= at.now + LONGEST_WAIT):
            tx.abandon()
            return Refused(Why.BAD_TIME, "call_back_at", LONGEST_WAIT.days)
        if not is_possible(channel, outcome):
            tx.abandon()
            return Refused(Why.NOT_POSSIBLE, "outcome")
        lock_patient(tx, found.id)
        made = Attempt(at.now, channel, outcome, again)
        if _is_there(tx, found.id, visit, made):
            tx.abandon()
            return Written.SAME
        log(tx, found.id, number, visit, made)
    return Written.DONE


def log(tx: Tx, patient_id: int, number: str, visit: str | None, made: Attempt) -> None:
    """The attempt with its record in the trail, inside a write that is under way."""
    keep_attempt(tx, patient_id, visit, made)
    changes = {"channel": [None, made.channel.value], "outcome": [None, made.outcome.value]}
    if made.call_back_at:
        changes["call_back_at"] = [None, made.call_back_at.isoformat()]
    tx.record("contact.tried", number, visit=visit, changes=changes)


def take_it_back(number: str, attempt_id: int, *, at: StaffOccasion) -> Written | Refused:
    """Whether an attempt that was written down by mistake counts no more."""
    with transaction(at.actor, at.now) as tx:
        found = find_patient(tx.connection, number, sites=at.sites)
        rows = log_of(tx.connection, found.id) if found else []
        row = next((each for each in rows if each.id == attempt_id), None)
        if row is None:
            tx.abandon()
            return Refused(Why.NOT_HERE)
        take_back(tx, attempt_id)
        made = row.attempt
        changes = {"channel": [made.channel.value, None], "outcome": [made.outcome.value, None]}
        tx.record("contact.taken_back", number, visit=row.visit, changes=changes)
    return Written.DONE


def _is_there(tx: Tx, patient_id: int, visit: str | None, made: Attempt) -> bool:
    return any(
        row.recorded_by == tx.actor.name
        and row.visit == visit
        and (row.attempt.channel, row.attempt.outcome) == (made.channel, made.outcome)
        and tx.now - row.attempt.made_at < _SAME
        for row in log_of(tx.connection, patient_id)
    )
