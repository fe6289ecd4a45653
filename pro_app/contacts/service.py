"""Look up, write, erase and reseal what the contact book holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pro_app.acts.occasion import StaffOccasion
from pro_app.core import refused
from pro_app.core.contact_card import Field, fits
from pro_app.core.refused import Refused
from pro_app.security.vault import Sealed, Vault
from pro_app.store.desk import contact_book
from pro_app.store.desk.contact_book import SealedEntry
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.patients.patients import Patient, find_patient, lock_patient

#: Entries are resealed so many in a transaction, so that nobody waits for long.
_TOGETHER = 200


class Why(StrEnum):
    """Why somebody looks a patient up."""

    CALL = "CALL"  # to call the patient about a questionnaire
    PATIENT_CALLED = "SHE_CALLED"  # they called, and have to be recognised; the trail has this word
    VISIT = "VISIT"  # they are here
    CORRECT = "CORRECT"  # an entry is to be corrected


@dataclass(frozen=True, slots=True)
class Card:
    """What the book holds of one patient; None for an entry that no key opens."""

    number: str
    entries: Mapping[Field, str | None]


def find(number: str, *, at: StaffOccasion) -> tuple[Patient, frozenset[str]] | None:
    """The patient and which of their fields are filled in; None when not at these sites."""
    with reading() as connection:
        found = find_patient(connection, number, sites=at.sites)
        return (found, contact_book.fields_of(connection, found.id)) if found else None


def look_up(vault: Vault, number: str, why: Why, *, at: StaffOccasion) -> Card | None:
    """The patient's card. The trail has who looked at it, and why, before it is seen."""
    with transaction(at.actor, at.now) as tx:
        found = find_patient(tx.connection, number, sites=at.sites)
        if found is None:
            tx.abandon()
            return None
        rows = contact_book.entries_of(tx.connection, found.id)
        tx.record(
            "contacts.viewed",
            number,
            changes={"fields": [None, sorted(row.field for row in rows)]},
            reason=why.value,
        )
    return Card(number, {Field(row.field): _opened(vault, row) for row in rows})


def write(
    vault: Vault, number: str, given: Mapping[Field, str], *, at: StaffOccasion
) -> Refused | bool:
    """Whether there is such a patient, and their card now says what was given.

    An empty text removes a field; a field that is not given stays. The trail learns
    which fields changed, never what stands in them.
    """
    cleaned = {field: words.strip() for field, words in given.items()}
    wrong = tuple(field for field, words in cleaned.items() if words and not fits(field, words))
    if wrong:
        return Refused(refused.Why.NOT_A_CONTACT, wrong[0], wrong)
    with transaction(at.actor, at.now) as tx:
        found = find_patient(tx.connection, number, sites=at.sites)
        if found is None:
            tx.abandon()
            return False
        lock_patient(tx, found.id)
        rows = contact_book.entries_of(tx.connection, found.id)
        before = {Field(row.field): _opened(vault, row) for row in rows}
        changed = [f for f, words in cleaned.items() if (before.get(f) or "") != words]
        for field in changed:
            if cleaned[field]:
                sealed = vault.seal(cleaned[field], bound=_bound(number, field))
                contact_book.keep_entry(tx, found.id, field, sealed.text, sealed.key_id)
            else:
                contact_book.drop_entry(tx, found.id, field)
        if not changed:
            tx.abandon()
            return True
        tx.record("contacts.written", number, changes={"fields": [None, sorted(changed)]})
    return True


def erase(number: str, why: str, *, at: StaffOccasion) -> bool:
    """Whether there is such a patient; nothing is left of them in the book."""
    with transaction(at.actor, at.now) as tx:
        found = find_patient(tx.connection, number, sites=at.sites)
        if found is None:
            tx.abandon()
            return False
        count = contact_book.erase(tx, found.id)
        tx.record("contacts.erased", number, changes={"entries": [count, 0]}, reason=why)
    return True


def reseal_all(vault: Vault, *, at: StaffOccasion) -> tuple[int, int]:
    """(how many entries now open with the newest key, how many no key opens)."""
    done = 0
    unread: set[int] = set()
    while True:
        with transaction(at.actor, at.now) as tx:
            rows = contact_book.of_other_keys(
                tx.connection, vault.key_id, limit=_TOGETHER + len(unread)
            )
            resealed = 0
            for row in rows:
                words = _opened(vault, row)
                if words is None:
                    unread.add(row.id)
                    continue
                sealed = vault.seal(words, bound=_bound(row.number, row.field))
                contact_book.reseal(tx, row.id, sealed.text, sealed.key_id)
                resealed += 1
            if not resealed:
                tx.abandon()
                return done, len(unread)
            tx.record("contacts.resealed", vault.key_id, changes={"entries": [None, resealed]})
        done += resealed


def _opened(vault: Vault, row: SealedEntry) -> str | None:
    return vault.open(Sealed(row.sealed, row.key_id), bound=_bound(row.number, row.field))


def _bound(number: str, field: str) -> str:
    """An entry opens only as this field of this patient: rows can't change places."""
    return f"{number}/{field}"
