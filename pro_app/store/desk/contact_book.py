"""The contact book's rows: sealed words, one row for each field. Nothing here can read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from pro_app.store.engine.known import known
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import contact_entry, patient


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """One field of a patient as it lies in the table."""

    id: int
    patient_id: int
    number: str
    field: str
    sealed: str
    key_id: str


_ENTRY = (
    contact_entry.c.id,
    contact_entry.c.patient_id,
    patient.c.number,
    contact_entry.c.field,
    contact_entry.c.sealed,
    contact_entry.c.key_id,
)


def entries_of(connection: Connection, patient_id: int) -> list[SealedEntry]:
    """What the book holds of one patient now."""
    query = (
        select(*_ENTRY)
        .join(patient, patient.c.id == contact_entry.c.patient_id)
        .where(contact_entry.c.patient_id == patient_id, known(contact_entry, None))
    )
    return [SealedEntry(*row) for row in connection.execute(query)]


def fields_of(connection: Connection, patient_id: int) -> frozenset[str]:
    """Which fields are filled in; to know that needs no key."""
    query = select(contact_entry.c.field).where(
        contact_entry.c.patient_id == patient_id, known(contact_entry, None)
    )
    return frozenset(connection.execute(query).scalars())


def keep_entry(tx: Tx, patient_id: int, field: str, sealed: str, key_id: str) -> None:
    """Put an entry in place of the one before, which is removed: no trial needs old numbers."""
    drop_entry(tx, patient_id, field)
    tx.execute(
        insert(contact_entry),
        {
            "patient_id": patient_id,
            "field": field,
            "sealed": sealed,
            "key_id": key_id,
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )


def drop_entry(tx: Tx, patient_id: int, field: str) -> None:
    tx.execute(
        delete(contact_entry).where(
            contact_entry.c.patient_id == patient_id, contact_entry.c.field == field
        )
    )


def erase(tx: Tx, patient_id: int) -> int:
    """How many entries of a patient were removed."""
    return tx.execute(
        delete(contact_entry).where(contact_entry.c.patient_id == patient_id)
    ).rowcount


def of_other_keys(connection: Connection, key_id: str, *, limit: int) -> Sequence[SealedEntry]:
    """Entries that were sealed with another key."""
    query = (
        select(*_ENTRY)
        .join(patient, patient.c.id == contact_entry.c.patient_id)
        .where(contact_entry.c.key_id != key_id)
        .order_by(contact_entry.c.id)
        .limit(limit)
    )
    return [SealedEntry(*row) for row in connection.execute(query)]


def reseal(tx: Tx, entry_id: int, sealed: str, key_id: str) -> None:
    """The same words under another key."""
    tx.execute(
        update(contact_entry)
        .where(contact_entry.c.id == entry_id)
        .values(sealed=sealed, key_id=key_id)
    )


def keys_in_use(connection: Connection) -> dict[str, int]:
    """Key → how many entries it opens."""
    query = select(contact_entry.c.key_id, func.count().label("entries")).group_by(
        contact_entry.c.key_id
    )
    return {row.key_id: row.entries for row in connection.execute(query)}
