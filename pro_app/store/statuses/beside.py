"""What leaves beside patients and forms: the versions of consents, and what was declared wrong."""

from datetime import datetime

from sqlalchemy import Connection, and_, select

from pro_app.core.extras import Consented, Voided
from pro_app.store.engine.known import known
from pro_app.store.tables import (
    allocation,
    consent,
    event,
    form,
    patient,
    patient_version,
    void,
)


def read_consents(connection: Connection, *, known_at: datetime) -> list[Consented]:
    """Every version of a consent as known at an instant: the first ones, then the later."""
    version = patient_version.c
    first = (
        select(patient.c.number, version.consent_version, version.pro_consent_on)
        .join(patient, patient.c.id == version.patient_id)
        .where(known(patient_version, known_at), version.pro_consent_on.is_not(None))
        .order_by(patient.c.number)
    )
    later = (
        select(patient.c.number, consent.c.version, consent.c.consented_on)
        .join(patient, patient.c.id == consent.c.patient_id)
        .where(known(consent, known_at))
        .order_by(patient.c.number, consent.c.consented_on, consent.c.id)
    )
    return [Consented(*row, True) for row in connection.execute(first)] + [
        Consented(*row, False) for row in connection.execute(later)
    ]


def read_voids(connection: Connection, *, known_at: datetime) -> list[Voided]:
    """All that was declared wrong by an instant, in the order in which it was."""
    other, kept = patient.alias("other"), form.alias("kept")
    query = (
        select(
            void,
            patient.c.number,
            form.c.submission_id,
            form.c.visit,
            form.c.answered_on,
            event.c.kind.label("event_kind"),
            event.c.happened_on,
            patient_version.c.randomised_on,
            allocation.c.arm,
            other.c.number.label("belongs_number"),
            kept.c.submission_id.label("kept_submission"),
        )
        .join_from(void, patient, patient.c.id == void.c.patient_id)
        .outerjoin(form, form.c.id == void.c.form_id)
        .outerjoin(event, event.c.id == void.c.event_id)
        .outerjoin(
            patient_version,
            and_(patient_version.c.id == void.c.version_id),
        )
        .outerjoin(allocation, allocation.c.id == void.c.allocation_id)
        .outerjoin(other, other.c.id == void.c.belongs_to)
        .outerjoin(kept, kept.c.id == void.c.kept_as)
        .where(void.c.recorded_at <= known_at)
        .order_by(void.c.id)
    )
    return [
        Voided(
            id=row.id,
            patient_id=row.number,
            kind=row.kind,
            what=row.event_kind or row.arm,
            on=row.answered_on or row.happened_on or row.randomised_on,
            submission_id=row.submission_id,
            visit=row.visit,
            why=row.why,
            voided_at=row.recorded_at,
            belongs_to=row.belongs_number,
            belongs_visit=row.belongs_visit,
            kept_as=row.kept_submission,
        )
        for row in connection.execute(query)
    ]
