"""Who is signed in: random tokens, kept as fingerprints, ended on the server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, not_, or_, select, update

from pro_app.store.engine.transaction import Housekeeping, Tx
from pro_app.store.people.second_factors import ASKED
from pro_app.store.people.staff import ACCOUNT, CURRENT, Account, account_of
from pro_app.store.tables import patient, patient_link, patient_version, sign_in, staff, staff_right


@dataclass(frozen=True, slots=True)
class Times:
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A session that began with name and password; whether that is enough, the door says."""

    account: Account
    times: Times
    has_second_factor: bool
    second_factor_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffSignIn:
    """One of somebody's open sessions; `handle` names it and opens nothing."""

    handle: str
    started_at: datetime
    seen_at: datetime
    browser: str | None


_HANDLE = 16


@dataclass(frozen=True, slots=True)
class SignedInPatient:
    id: int
    number: str
    site: str
    language: str | None
    link_id: int
    tablet: bool
    times: Times


def begin(tx: Tx, token_sha256: str, *, link_id: int) -> None:
    _begin(tx, token_sha256, link_id=link_id)


def begin_of_staff(
    tx: Tx, token_sha256: str, staff_id: int, *, browser: str, second_factor: bool
) -> None:
    second_factor_at = tx.asked_at if second_factor else None
    _begin(
        tx,
        token_sha256,
        staff_id=staff_id,
        browser=browser or None,
        second_factor_at=second_factor_at,
    )


def _begin(tx: Tx, token_sha256: str, **values: object) -> None:
    times = {"started_at": tx.asked_at, "seen_at": tx.asked_at}
    tx.execute(insert(sign_in), {"token_sha256": token_sha256, **times, **values})


def replace(tx: Tx, token_sha256: str, new_sha256: str) -> None:
    """End a session of staff and begin one with the second factor in its place."""
    row = tx.execute(
        select(sign_in.c.staff_id, sign_in.c.browser).where(sign_in.c.token_sha256 == token_sha256)
    ).one()
    end(tx, token_sha256)
    begin_of_staff(tx, new_sha256, row.staff_id, browser=row.browser or "", second_factor=True)


def find_staff(connection: Connection, token_sha256: str) -> StaffSession | None:
    row = connection.execute(
        select(
            *ACCOUNT,
            ASKED.label("asked"),
            sign_in.c.started_at,
            sign_in.c.seen_at,
            sign_in.c.second_factor_at,
        )
        .select_from(sign_in)
        .join(staff, staff.c.id == sign_in.c.staff_id)
        .join(staff_right, CURRENT)
        .where(
            sign_in.c.token_sha256 == token_sha256,
            sign_in.c.ended_at.is_(None),
            staff.c.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    times = Times(row.started_at, row.seen_at)
    return StaffSession(account_of(row), times, bool(row.asked), row.second_factor_at)


# It runs at every request of a patient.
_SIGNED_IN_PATIENT: Select[Any] = (
    select(
        patient.c.id,
        patient.c.number,
        patient.c.site,
        patient_version.c.language,
        sign_in.c.link_id,
        patient_link.c.tablet,
        sign_in.c.started_at,
        sign_in.c.seen_at,
    )
    .select_from(sign_in)
    .join(patient_link, patient_link.c.id == sign_in.c.link_id)
    .join(patient, patient.c.id == patient_link.c.patient_id)
    .join(patient_version, patient_version.c.patient_id == patient.c.id)
    .where(
        sign_in.c.token_sha256 == bindparam("token"),
        sign_in.c.ended_at.is_(None),
        patient_link.c.revoked_at.is_(None),
        patient_version.c.superseded_at.is_(None),
    )
)


def find_patient(connection: Connection, token_sha256: str) -> SignedInPatient | None:
    row = connection.execute(_SIGNED_IN_PATIENT, {"token": token_sha256}).one_or_none()
    if row is None:
        return None
    return SignedInPatient(
        row.id,
        row.number,
        row.site,
        row.language,
        row.link_id,
        row.tablet,
        Times(row.started_at, row.seen_at),
    )


def touch(work: Housekeeping, token_sha256: str, now: datetime) -> None:
    work.execute(update(sign_in).where(sign_in.c.token_sha256 == token_sha256).values(seen_at=now))


def end_ahead(work: Housekeeping, token_sha256: str, now: datetime) -> None:
    """End a session of which a clock that ran ahead wrote when it was begun or seen."""
    work.execute(update(sign_in).where(sign_in.c.token_sha256 == token_sha256).values(ended_at=now))


def end(tx: Tx, token_sha256: str) -> None:
    tx.execute(
        update(sign_in)
        .where(sign_in.c.token_sha256 == token_sha256, sign_in.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )


def end_others(tx: Tx, staff_id: int, kept_sha256: str) -> None:
    """End every session of one person but one."""
    tx.execute(
        update(sign_in)
        .where(
            sign_in.c.staff_id == staff_id,
            sign_in.c.token_sha256 != kept_sha256,
            sign_in.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )


def of_staff(
    connection: Connection, staff_id: int, *, begun: datetime, seen: datetime
) -> list[StaffSignIn]:
    """A person's sessions that were begun and seen since, the latest first."""
    enough = or_(not_(ASKED), sign_in.c.second_factor_at.is_not(None))
    rows = connection.execute(
        select(sign_in)
        .join(staff, staff.c.id == sign_in.c.staff_id)
        .where(
            sign_in.c.staff_id == staff_id,
            sign_in.c.ended_at.is_(None),
            sign_in.c.started_at >= begun,
            sign_in.c.seen_at >= seen,
            enough,
        )
        .order_by(sign_in.c.started_at.desc())
    )
    return [
        StaffSignIn(handle_of(row.token_sha256), row.started_at, row.seen_at, row.browser)
        for row in rows
    ]


def handle_of(token_sha256: str) -> str:
    return token_sha256[:_HANDLE]


def end_one(tx: Tx, staff_id: int, handle: str) -> bool:
    """Whether there was such an open session of this person; it has ended."""
    ended = tx.execute(
        update(sign_in)
        .where(
            sign_in.c.staff_id == staff_id,
            sign_in.c.ended_at.is_(None),
            func.substr(sign_in.c.token_sha256, 1, _HANDLE) == handle,
        )
        .values(ended_at=tx.now)
    )
    return ended.rowcount > 0


def end_of_staff(tx: Tx, name: str) -> None:
    """End every session of one person, as a new password or a disabled account does."""
    account = select(staff.c.id).where(staff.c.name == name).scalar_subquery()
    tx.execute(
        update(sign_in)
        .where(sign_in.c.staff_id == account, sign_in.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
