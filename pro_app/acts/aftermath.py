"""What follows when facts of a patient change: flags of what is no longer missing are closed.

The worker opens new ones, and closes what was left, at night.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from pro_app.core.instrument import Instrument
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.preview import VisitChange, differences
from pro_app.core.sites import EVERYWHERE
from pro_app.core.study import Study
from pro_app.store.engine.transaction import Tx
from pro_app.store.forms.aftermath import close_flags
from pro_app.store.patients.intake import parts
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.flags import Closed


def settle_flags(tx: Tx, patient_id: int, changes: Iterable[VisitChange]) -> None:
    """Close the flags of visits that are no longer missing."""
    close_flags(tx, {(patient_id, visit) for visit in _no_longer(changes)}, Closed.NOT_EXPECTED)


@contextmanager
def settling(
    tx: Tx, patient_ids: Sequence[int], study: Study, instrument: Instrument, today: date
) -> Iterator[None]:
    """What is written of these patients inside the block has its aftermath when it ends."""
    before = _ledgers(tx, patient_ids, study, instrument, today)
    yield
    after = _ledgers(tx, patient_ids, study, instrument, today)
    codes = [visit.code for visit in study.visits]
    settled = {
        (patient_id, visit)
        for patient_id, entries in before.items()
        for visit in _no_longer(differences(entries, after.get(patient_id, ()), codes))
    }
    close_flags(tx, settled, Closed.NOT_EXPECTED)


def _no_longer(changes: Iterable[VisitChange]) -> Iterator[str]:
    for change in changes:
        was_missing = change.before and change.before.status is Status.MISSING
        if was_missing and (change.after is None or change.after.status is not Status.MISSING):
            yield change.entry.visit


def _ledgers(
    tx: Tx, patient_ids: Sequence[int], study: Study, instrument: Instrument, today: date
) -> dict[int, tuple[Entry, ...]]:
    return {
        known.id: ledger(known.facts, study, valid_from=instrument.valid_from, as_of=today)
        for part in parts(sorted(patient_ids))
        for known in read_facts(tx.connection, Scope(EVERYWHERE, ids=tuple(part)))
    }
