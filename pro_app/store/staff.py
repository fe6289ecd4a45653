"""Staff accounts. A name, once given, is never given to another person."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from pro_app.store.tables import staff
from pro_app.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    role: str
    site: str | None  # None: not bound to one site


@dataclass(frozen=True, slots=True)
class Credentials:
    account: Account
    password_hash: str


def find_credentials(connection: Connection, name: str) -> Credentials | None:
    """The account that may sign in under this name; None when unknown or disabled."""
    row = connection.execute(
        select(staff).where(staff.c.name == name, staff.c.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return Credentials(Account(row.id, row.name, row.role, row.site), row.password_hash)


def is_taken(connection: Connection, name: str) -> bool:
    return connection.execute(select(staff.c.id).where(staff.c.name == name)).first() is not None


def add_staff(tx: Tx, name: str, role: str, site: str | None, password_hash: str) -> None:
    tx.execute(
        insert(staff),
        {
            "name": name,
            "role": role,
            "site": site,
            "password_hash": password_hash,
            "created_at": tx.now,
        },
    )
    tx.record("staff.added", f"staff:{name}", changes={"role": [None, role], "site": [None, site]})


def set_password(tx: Tx, name: str, password_hash: str) -> None:
    tx.execute(update(staff).where(staff.c.name == name).values(password_hash=password_hash))
    tx.record("staff.password_set", f"staff:{name}")
