"""Patients' personal links: only a fingerprint is kept, and the seasoned hashes of what opens."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import patient, patient_link, sign_in


@dataclass(frozen=True, slots=True)
class Activation:
    """The code with which a PIN is chosen, once: its hash, and until when it is taken."""

    code_hash: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Link:
    id: int
    patient_id: int
    number: str
    site: str
    pin_hash: str | None
    activation: Activation | None
    created_at: datetime
    revoked_at: datetime | None


_LINK: Select[Any] = select(
    patient_link.c.id,
    patient_link.c.patient_id,
    patient.c.number,
    patient.c.site,
    patient_link.c.pin_hash,
    patient_link.c.activation_hash,
    patient_link.c.activation_until,
    patient_link.c.created_at,
    patient_link.c.revoked_at,
).join(patient, patient.c.id == patient_link.c.patient_id)


def _one(connection: Connection, query: Select[Any]) -> Link | None:
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    code_hash, until = values.pop("activation_hash"), values.pop("activation_until")
    return Link(activation=Activation(code_hash, until) if code_hash else None, **values)


def find_link(connection: Connection, token_sha256: str) -> Link | None:
    """The link with this fingerprint, revoked or not."""
    return _one(connection, _LINK.where(patient_link.c.token_sha256 == token_sha256))


def lock_link(tx: Tx, link: Link) -> Link:
    """The link, locked: guesses made at once are counted one after the other."""
    _lock_patient(tx, link.patient_id)
    found = _one(tx.connection, _LINK.where(patient_link.c.id == link.id))
    assert found is not None  # noqa: S101 - links are never removed
    return found


def find_card(connection: Connection, patient_id: int) -> Link | None:
    """The link on the card that a patient has now."""
    return _one(connection, _of_card(patient_id))


def lock_card(tx: Tx, patient_id: int) -> Link | None:
    _lock_patient(tx, patient_id)
    return find_card(tx.connection, patient_id)


def _lock_patient(tx: Tx, patient_id: int) -> None:
    # The patient's row stands for all their links: two cards made at once would both be valid.
    tx.execute(select(patient.c.id).where(patient.c.id == patient_id).with_for_update())


def _of_card(patient_id: int) -> Select[Any]:
    return _LINK.where(
        patient_link.c.patient_id == patient_id,
        patient_link.c.revoked_at.is_(None),
        patient_link.c.tablet.is_(False),
    )


def add_link(tx: Tx, patient_id: int, token_sha256: str, activation: Activation) -> None:
    """Give a patient a new link; the earlier ones and their sessions end at once."""
    _lock_patient(tx, patient_id)
    tx.execute(
        update(patient_link)
        .where(patient_link.c.patient_id == patient_id, patient_link.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    earlier = select(patient_link.c.id).where(patient_link.c.patient_id == patient_id)
    tx.execute(
        update(sign_in)
        .where(sign_in.c.link_id.in_(earlier), sign_in.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    tx.execute(
        insert(patient_link),
        {
            "patient_id": patient_id,
            "token_sha256": token_sha256,
            "activation_hash": activation.code_hash,
            "activation_until": activation.until,
            "created_at": tx.now,
            "created_by": tx.actor.name,
        },
    )


def add_tablet(tx: Tx, patient_id: int, token_sha256: str) -> int:
    """A link for one sitting at the hospital's tablet; the patient's card stays as it is."""
    made = tx.execute(
        insert(patient_link).returning(patient_link.c.id),
        {
            "patient_id": patient_id,
            "token_sha256": token_sha256,
            "tablet": True,
            "created_at": tx.now,
            "created_by": tx.actor.name,
        },
    )
    return int(made.scalar_one())


@dataclass(frozen=True, slots=True)
class Session:
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class WayIn:
    """A link that still opens, and the sessions of it that nobody ended."""

    id: int
    tablet: bool
    made_at: datetime
    made_by: str
    sessions: tuple[Session, ...]


def ways_in(connection: Connection, patient_id: int) -> list[WayIn]:
    """A patient's links that were not revoked, the latest first, in one statement."""
    query = (
        select(
            patient_link.c.id,
            patient_link.c.tablet,
            patient_link.c.created_at,
            patient_link.c.created_by,
            sign_in.c.started_at,
            sign_in.c.seen_at,
        )
        .outerjoin(sign_in, (sign_in.c.link_id == patient_link.c.id) & sign_in.c.ended_at.is_(None))
        .where(patient_link.c.patient_id == patient_id, patient_link.c.revoked_at.is_(None))
        .order_by(patient_link.c.id.desc(), sign_in.c.seen_at.desc())
    )
    found: list[WayIn] = []
    for link, group in groupby(connection.execute(query), key=lambda row: row[:4]):
        sessions = tuple(Session(*row[4:]) for row in group if row.started_at is not None)
        found.append(WayIn(link[0], link[1], link[2], link[3], sessions))
    return found


def revoke_link(tx: Tx, patient_id: int, link_id: int) -> bool | None:
    """Whether it was the tablet's link; it opens nothing any more, and its sessions ended.

    None when the patient has no such link, or it was revoked before.
    """
    _lock_patient(tx, patient_id)
    wanted = (
        patient_link.c.id == link_id,
        patient_link.c.patient_id == patient_id,
        patient_link.c.revoked_at.is_(None),
    )
    tablet = tx.execute(select(patient_link.c.tablet).where(*wanted)).scalar_one_or_none()
    if tablet is None:
        return None
    _change(tx, link_id, revoked_at=tx.now)
    tx.execute(
        update(sign_in)
        .where(sign_in.c.link_id == link_id, sign_in.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    return bool(tablet)


def forget_pin(tx: Tx, link_id: int, activation: Activation) -> None:
    """The link stays; its sessions end, and the next PIN is chosen with a new code."""
    _change(
        tx,
        link_id,
        pin_hash=None,
        activation_hash=activation.code_hash,
        activation_until=activation.until,
    )
    tx.execute(
        update(sign_in)
        .where(sign_in.c.link_id == link_id, sign_in.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )


def set_pin(tx: Tx, link_id: int, pin_hash: str) -> None:
    """The PIN is chosen, and the code with which it was is used up."""
    _change(tx, link_id, pin_hash=pin_hash, activation_hash=None, activation_until=None)


def last_sign_in(connection: Connection, link_id: int) -> datetime | None:
    query = select(func.max(sign_in.c.started_at)).where(sign_in.c.link_id == link_id)
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def _change(tx: Tx, link_id: int, **values: Any) -> None:
    tx.execute(update(patient_link).where(patient_link.c.id == link_id).values(**values))
