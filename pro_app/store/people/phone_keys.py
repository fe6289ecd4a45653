"""The keys with which patients' phones keep what is not received yet."""

from sqlalchemy import Connection, delete, insert, select

from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import patient, phone_key


def find_phone_key(connection: Connection, patient_id: int) -> str | None:
    """The patient's key as it is stored, None while they have never signed in on a phone."""
    query = select(phone_key.c.key).where(phone_key.c.patient_id == patient_id)
    return connection.execute(query).scalar_one_or_none()


def put_phone_key(tx: Tx, patient_id: int, key: str) -> None:
    """Keep this one, in the place of another."""
    tx.execute(delete(phone_key).where(phone_key.c.patient_id == patient_id))
    tx.execute(insert(phone_key), {"patient_id": patient_id, "key": key, "made_at": tx.now})


def phone_keys_at(connection: Connection, sites: Sites) -> list[tuple[int, str, str]]:
    """(patient id, trial number, stored key) of every patient of these sites who has one."""
    query = select(patient.c.id, patient.c.number, phone_key.c.key).join(
        patient, patient.c.id == phone_key.c.patient_id
    )
    query = query.where(at_sites(patient.c.site, sites))
    return [(row.id, row.number, row.key) for row in connection.execute(query)]
