"""What staff show beside their password: an authenticator's codes, codes on paper, a passkey."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import audit_event, passkey, recovery_code, staff

#: Whether an account of `staff` is asked for a second factor: it has one.
ASKED = or_(
    staff.c.totp_since.is_not(None),
    exists().where(passkey.c.staff_id == staff.c.id, passkey.c.removed_at.is_(None)),
)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """`since` is empty until a first code of it was shown; `step` is the last one used."""

    sealed: str
    since: datetime | None
    step: int | None


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    id: int
    code_hash: str


def find_authenticator(connection: Connection, staff_id: int) -> Authenticator | None:
    return _authenticator(connection, staff_id, lock=False)


def lock_authenticator(tx: Tx, staff_id: int) -> Authenticator | None:
    """The same, and nobody else counts or uses up anything of this account until the end."""
    return _authenticator(tx.connection, staff_id, lock=True)


def _authenticator(connection: Connection, staff_id: int, *, lock: bool) -> Authenticator | None:
    query = select(staff.c.totp_secret, staff.c.totp_since, staff.c.totp_step).where(
        staff.c.id == staff_id
    )
    row = connection.execute(query.with_for_update() if lock else query).one()
    if row.totp_secret is None:
        return None
    return Authenticator(row.totp_secret, row.totp_since, row.totp_step)


def lock_account(tx: Tx, staff_id: int) -> None:
    """The lock alone; of an id that no account has, nothing is locked in the same time."""
    tx.execute(select(staff.c.id).where(staff.c.id == staff_id).with_for_update())


def is_asked(connection: Connection, staff_id: int) -> bool:
    return bool(connection.execute(select(ASKED).where(staff.c.id == staff_id)).scalar_one())


def offer_authenticator(tx: Tx, staff_id: int, sealed: str) -> None:
    """Keep a secret that does not count until a code of it was shown."""
    _set(tx, staff_id, totp_secret=sealed, totp_since=None, totp_step=None)


def begin_authenticator(tx: Tx, staff_id: int, step: int) -> None:
    _set(tx, staff_id, totp_since=tx.now, totp_step=step)


def use_step(tx: Tx, staff_id: int, step: int) -> None:
    _set(tx, staff_id, totp_step=step)


def remove_authenticator(tx: Tx, staff_id: int) -> None:
    _set(tx, staff_id, totp_secret=None, totp_since=None, totp_step=None)


def _set(tx: Tx, staff_id: int, **values: object) -> None:
    tx.execute(update(staff).where(staff.c.id == staff_id).values(**values))


def replace_codes(tx: Tx, staff_id: int, hashes: Iterable[str]) -> None:
    """Give new recovery codes; earlier ones open nothing any more."""
    remove_codes(tx, staff_id)
    tx.execute(insert(recovery_code), [{"staff_id": staff_id, "code_hash": h} for h in hashes])


def remove_codes(tx: Tx, staff_id: int) -> None:
    tx.execute(delete(recovery_code).where(recovery_code.c.staff_id == staff_id))


def unused_codes(connection: Connection, staff_id: int) -> list[RecoveryCode]:
    rows = connection.execute(
        select(recovery_code.c.id, recovery_code.c.code_hash).where(
            recovery_code.c.staff_id == staff_id, recovery_code.c.used_at.is_(None)
        )
    )
    return [RecoveryCode(row.id, row.code_hash) for row in rows]


def use_code(tx: Tx, code_id: int) -> None:
    tx.execute(update(recovery_code).where(recovery_code.c.id == code_id).values(used_at=tx.now))


def last_signing_at(
    connection: Connection, name: str, session: str, *, since: datetime
) -> datetime | None:
    """When the person last confirmed in this session who signs; None when refused since."""
    rows = connection.execute(
        select(audit_event.c.at, audit_event.c.action, audit_event.c.changes)
        .where(
            audit_event.c.subject == f"staff:{name}",
            audit_event.c.action.in_(("staff.confirmed", "staff.confirm_refused")),
            audit_event.c.at >= since,
        )
        .order_by(audit_event.c.id.desc())
    )
    for row in rows:
        if row.action == "staff.confirm_refused":
            return None
        if row.changes.get("session") == [None, session]:
            at: datetime = row.at
            return at
    return None
