"""What was ever known of a patient's own data, and who recorded it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from pro_app.store.patients.patients import PatientState
from pro_app.store.tables import patient_version


@dataclass(frozen=True, slots=True)
class StateVersion:
    """What was known of a patient from an instant on, and who recorded it."""

    state: PatientState
    recorded_at: datetime
    recorded_by: str


def versions_of(connection: Connection, patient_id: int) -> list[StateVersion]:
    """All that was ever known of a patient's own data, the earliest first."""
    version = patient_version.c
    query = (
        select(
            version.recorded_at,
            version.recorded_by,
            version.language,
            version.screened_on,
            version.pro_consent_on,
            version.randomised_on,
            version.able,
            version.consent_version,
        )
        .where(version.patient_id == patient_id)
        .order_by(version.id)
    )
    return [StateVersion(PatientState(*row[2:]), *row[:2]) for row in connection.execute(query)]
