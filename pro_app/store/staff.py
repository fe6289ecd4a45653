"""Staff accounts. A name, once given, is never given to another person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from pro_app.store.tables import staff, staff_right
from pro_app.store.transaction import Changes, Tx


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    role: str
    sites: tuple[str, ...]  # none: every site


#: What an account is read from, and the right that holds now.
ACCOUNT = (staff.c.id, staff.c.name, staff_right.c.role, staff_right.c.sites)
CURRENT = and_(staff_right.c.staff_id == staff.c.id, staff_right.c.superseded_at.is_(None))


def account_of(row: Any) -> Account:
    """From a row that has the columns of `ACCOUNT`."""
    return Account(row.id, row.name, row.role, tuple(row.sites))


@dataclass(frozen=True, slots=True)
class Credentials:
    account: Account
    password_hash: str


def find_credentials(connection: Connection, name: str) -> Credentials | None:
    """The account that may sign in under this name; None when unknown or disabled."""
    row = connection.execute(
        select(staff.c.password_hash, *ACCOUNT)
        .join(staff_right, CURRENT)
        .where(staff.c.name == name, staff.c.disabled_at.is_(None))
    ).one_or_none()
    return Credentials(account_of(row), row.password_hash) if row else None


def is_taken(connection: Connection, name: str) -> bool:
    return connection.execute(select(staff.c.id).where(staff.c.name == name)).first() is not None


def add_staff(tx: Tx, name: str, role: str, sites: Sequence[str], password_hash: str) -> None:
    added = tx.execute(
        insert(staff),
        {"name": name, "password_hash": password_hash, "created_at": tx.now},
    )
    [staff_id] = added.inserted_primary_key or (None,)
    tx.execute(
        insert(staff_right),
        {
            "staff_id": staff_id,
            "role": role,
            "sites": list(sites),
            "recorded_at": tx.now,
            "recorded_by": tx.actor.name,
        },
    )
    changes: Changes = {"role": [None, role], "sites": [None, list(sites)]}
    tx.record("staff.added", f"staff:{name}", changes=changes)


def set_password(tx: Tx, name: str, password_hash: str) -> None:
    tx.execute(update(staff).where(staff.c.name == name).values(password_hash=password_hash))
    tx.record("staff.password_set", f"staff:{name}")
