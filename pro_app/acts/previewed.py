"""A change that is looked at before it is saved: what it would do is decided both times.

What is saved is what was shown, or it is shown again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.preview import Preview
from pro_app.core.refused import Refused, Why
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.patients.patients import Patient, find_patient, lock_patient
from pro_app.store.statuses.gathered import Gathered, gather


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """What would be saved of a patient, and all that it would change. Nothing is written yet.

    `drafts` are the visits of which an unfinished form is kept; `changed_since`: it would
    do something else now than when it was looked at.
    """

    patient: Patient
    preview: Preview
    drafts: tuple[str, ...]
    has_card: bool
    changed_since: bool = False


ShownT = TypeVar("ShownT", bound=Previewed)
SavedT = TypeVar("SavedT")


def look(
    decide: Callable[[Gathered], ShownT | Refused], *, number: str, at: StaffOccasion
) -> ShownT | Refused:
    """What saving would change by `decide`, or why it can't be saved."""
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return Refused(Why.UNKNOWN_PATIENT, "number")
        return decide(gather(connection, patient))


def save(
    decide: Callable[[Gathered], ShownT | Refused],
    apply: Callable[[Tx, ShownT], SavedT],
    *,
    as_shown: str,
    number: str,
    at: StaffOccasion,
) -> SavedT | ShownT | Refused:
    """What `apply` gives once it is kept; or what it would change now, if not what was shown.

    `as_shown`: the fingerprint of the preview that was looked at.
    """
    with transaction(at.actor, at.now) as tx:
        patient = find_patient(tx.connection, number, sites=at.sites)
        if patient is None:
            tx.abandon()
            return Refused(Why.UNKNOWN_PATIENT, "number")
        shown = decide(gather(tx.connection, lock_patient(tx, patient.id)))
        if isinstance(shown, Refused):
            tx.abandon()
            return shown
        if shown.preview.fingerprint != as_shown:
            tx.abandon()
            return replace(shown, changed_since=True)
        return apply(tx, shown)
