"""Patients' personal links: only a fingerprint is kept, and the PIN's seasoned hash."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from pro_app.store.tables import patient, patient_link, sign_in
from pro_app.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Link:
    id: int
    patient_id: int
    number: str
    site: str
    pin_hash: str | None
    wrong_pins: int
    last_wrong_at: datetime | None
    created_at: datetime
    revoked_at: datetime | None


def find_link(connection: Connection, token_sha256: str) -> Link | None:
    """The link with this fingerprint, revoked or not."""
    row = connection.execute(
        select(
            patient_link.c.id,
            patient_link.c.patient_id,
            patient.c.number,
            patient.c.site,
            patient_link.c.pin_hash,
            patient_link.c.wrong_pins,
            patient_link.c.last_wrong_at,
            patient_link.c.created_at,
            patient_link.c.revoked_at,
        )
        .join(patient, patient.c.id == patient_link.c.patient_id)
        .where(patient_link.c.token_sha256 == token_sha256)
    ).one_or_none()
    return Link(*row) if row else None


def lock_link(tx: Tx, link: Link) -> Link:
    """The link, locked: guesses made at once are counted one after the other."""
    row = tx.execute(
        select(
            patient_link.c.pin_hash,
            patient_link.c.wrong_pins,
            patient_link.c.last_wrong_at,
            patient_link.c.revoked_at,
        )
        .where(patient_link.c.id == link.id)
        .with_for_update()
    ).one()
    return Link(
        id=link.id,
        patient_id=link.patient_id,
        number=link.number,
        site=link.site,
        created_at=link.created_at,
        **row._mapping,
    )


def add_link(tx: Tx, patient_id: int, token_sha256: str) -> None:
    """Give a patient a new link; the earlier ones and their sessions end at once."""
    earlier = select(patient_link.c.id).where(patient_link.c.patient_id == patient_id)
    tx.execute(
        update(sign_in)
        .where(sign_in.c.link_id.in_(earlier), sign_in.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    tx.execute(
        update(patient_link)
        .where(patient_link.c.patient_id == patient_id, patient_link.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    tx.execute(
        insert(patient_link),
        {
            "patient_id": patient_id,
            "token_sha256": token_sha256,
            "created_at": tx.now,
            "created_by": tx.actor.name,
        },
    )


def set_pin(tx: Tx, link_id: int, pin_hash: str) -> None:
    tx.execute(update(patient_link).where(patient_link.c.id == link_id).values(pin_hash=pin_hash))


def count_wrong_pin(tx: Tx, link: Link) -> None:
    tx.execute(
        update(patient_link)
        .where(patient_link.c.id == link.id)
        .values(wrong_pins=link.wrong_pins + 1, last_wrong_at=tx.now)
    )


def forget_wrong_pins(tx: Tx, link_id: int) -> None:
    tx.execute(
        update(patient_link)
        .where(patient_link.c.id == link_id)
        .values(wrong_pins=0, last_wrong_at=None)
    )
