"""Passkeys of staff: public keys alone; what signs with them never leaves the person's device."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, func, insert, select, update

from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import passkey


@dataclass(frozen=True, slots=True)
class Passkey:
    """Credential and key are base64url; `sign_count` is what it counted at its last use."""

    id: int
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    made_at: datetime
    used_at: datetime | None


_COLUMNS = (
    passkey.c.id,
    passkey.c.credential_id,
    passkey.c.public_key,
    passkey.c.sign_count,
    passkey.c.name,
    passkey.c.made_at,
    passkey.c.used_at,
)


def passkeys_of(connection: Connection, staff_id: int) -> list[Passkey]:
    """Those that count, the oldest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(passkey.c.staff_id == staff_id, passkey.c.removed_at.is_(None))
        .order_by(passkey.c.id)
    )
    return [Passkey(*row) for row in rows]


def last_made_at(connection: Connection, staff_id: int, until: datetime) -> datetime | None:
    """When one of the account's was last made, be it removed by now; later than `until` is none."""
    return _last(connection, staff_id, passkey.c.made_at, until)


def last_used_at(connection: Connection, staff_id: int, until: datetime) -> datetime | None:
    """When one of them last opened something, be it removed by now; later than `until` is none."""
    return _last(connection, staff_id, passkey.c.used_at, until)


def _last(
    connection: Connection, staff_id: int, at: Column[datetime], until: datetime
) -> datetime | None:
    query = select(func.max(at)).where(passkey.c.staff_id == staff_id, at <= until)
    return connection.execute(query).scalar_one()


def is_known(connection: Connection, credential_id: str) -> bool:
    """Whether anybody ever added it: a credential is one person's, once."""
    query = select(passkey.c.id).where(passkey.c.credential_id == credential_id)
    return connection.execute(query).first() is not None


def add_passkey(
    tx: Tx, staff_id: int, *, credential_id: str, public_key: str, sign_count: int, name: str
) -> None:
    tx.execute(
        insert(passkey),
        {
            "staff_id": staff_id,
            "credential_id": credential_id,
            "public_key": public_key,
            "sign_count": sign_count,
            "name": name,
            "made_at": tx.asked_at,
        },
    )


def use_passkey(tx: Tx, passkey_id: int, sign_count: int) -> None:
    tx.execute(
        update(passkey)
        .where(passkey.c.id == passkey_id)
        .values(sign_count=sign_count, used_at=tx.asked_at)
    )


def remove_passkeys(tx: Tx, staff_id: int, *, but: Sequence[int] = ()) -> None:
    """This person's passkeys count no more, `but` for some; that they were there is kept."""
    tx.execute(
        update(passkey)
        .where(
            passkey.c.staff_id == staff_id,
            passkey.c.removed_at.is_(None),
            passkey.c.id.not_in(but),
        )
        .values(removed_at=tx.now)
    )
