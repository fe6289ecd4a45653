"""Staff accounts. A name, once given, is never given to another person.

What somebody may do is a fact with a past: a change supersedes it, and an account that
is disabled has none that holds now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, update

from pro_app.store.engine.transaction import Changes, Tx
from pro_app.store.people.second_factors import ASKED
from pro_app.store.tables import access_review, audit_event, sign_in, staff, staff_right


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    role: str
    sites: tuple[str, ...]  # as given; the role says whose patients that means


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


@dataclass(frozen=True, slots=True)
class Right:
    """What an account may do, or could do until `until`."""

    name: str
    role: str
    sites: tuple[str, ...]
    since: datetime
    until: datetime | None
    given_by: str


@dataclass(frozen=True, slots=True)
class Person:
    """An account with the right that it has, or had last when it is disabled."""

    account: Account
    since: datetime
    disabled_at: datetime | None
    second_factor: bool
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Review:
    at: datetime
    by: str
    note: str | None


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


def people(connection: Connection) -> list[Person]:
    """Every account that ever was, by name."""
    return [_person(row) for row in connection.execute(_people().order_by(staff.c.name))]


def find_person(connection: Connection, name: str) -> Person | None:
    row = connection.execute(_people().where(staff.c.name == name)).one_or_none()
    return _person(row) if row else None


def lock_person(tx: Tx, name: str) -> Person | None:
    """The same; nobody else changes the account until the end."""
    tx.execute(select(staff.c.id).where(staff.c.name == name).with_for_update())
    return find_person(tx.connection, name)


def _people() -> Select[Any]:
    given = staff_right.alias("given")
    latest = select(func.max(given.c.id)).where(given.c.staff_id == staff.c.id).scalar_subquery()
    seen = select(func.max(sign_in.c.seen_at)).where(sign_in.c.staff_id == staff.c.id)
    return (
        select(
            *ACCOUNT,
            staff_right.c.recorded_at,
            staff.c.disabled_at,
            ASKED.label("asked"),
            seen.scalar_subquery().label("last_seen_at"),
        )
        .select_from(staff)
        .join(staff_right, staff_right.c.id == latest)
    )


def _person(row: Any) -> Person:
    has = bool(row.asked)
    return Person(account_of(row), row.recorded_at, row.disabled_at, has, row.last_seen_at)


def rights(
    connection: Connection,
    *,
    name: str | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
) -> list[Right]:
    """What anybody, or one person, might do at some time from `begin` on and before `end`."""
    query = select(*ACCOUNT, *_RIGHT).join(staff_right, staff_right.c.staff_id == staff.c.id)
    if name is not None:
        query = query.where(staff.c.name == name)
    if begin is not None:
        until = staff_right.c.superseded_at
        query = query.where(or_(until.is_(None), until > begin))
    if end is not None:
        query = query.where(staff_right.c.recorded_at < end)
    rows = connection.execute(query.order_by(staff.c.name, staff_right.c.id))
    return [_right(row) for row in rows]


_RIGHT = (staff_right.c.recorded_at, staff_right.c.superseded_at, staff_right.c.recorded_by)


def _right(row: Any) -> Right:
    sites = tuple(row.sites)
    return Right(row.name, row.role, sites, row.recorded_at, row.superseded_at, row.recorded_by)


def add_staff(tx: Tx, name: str, role: str, sites: Sequence[str], password_hash: str) -> None:
    added = tx.execute(
        insert(staff),
        {"name": name, "password_hash": password_hash, "created_at": tx.now},
    )
    [staff_id] = added.inserted_primary_key or (None,)
    _give_right(tx, staff_id, role, sites)
    changes: Changes = {"role": [None, role], "sites": [None, list(sites)]}
    tx.record("staff.added", f"staff:{name}", changes=changes)


def change_right(tx: Tx, staff_id: int, role: str, sites: Sequence[str]) -> None:
    _end_right(tx, staff_id)
    _give_right(tx, staff_id, role, sites)


def disable(tx: Tx, staff_id: int) -> None:
    _end_right(tx, staff_id)
    tx.execute(update(staff).where(staff.c.id == staff_id).values(disabled_at=tx.now))


def enable(tx: Tx, account: Account) -> None:
    """Let an account in again, with the right that it had last."""
    tx.execute(update(staff).where(staff.c.id == account.id).values(disabled_at=None))
    _give_right(tx, account.id, account.role, account.sites)


def _end_right(tx: Tx, staff_id: int) -> None:
    tx.execute(
        update(staff_right)
        .where(staff_right.c.staff_id == staff_id, staff_right.c.superseded_at.is_(None))
        .values(superseded_at=tx.now)
    )


def _give_right(tx: Tx, staff_id: int | None, role: str, sites: Sequence[str]) -> None:
    right = {"staff_id": staff_id, "role": role, "sites": list(sites)}
    tx.execute(insert(staff_right), right | {"recorded_at": tx.now, "recorded_by": tx.actor.name})


def set_password(tx: Tx, name: str, password_hash: str) -> None:
    tx.execute(update(staff).where(staff.c.name == name).values(password_hash=password_hash))
    tx.record("staff.password_set", f"staff:{name}")


def password_set_by(connection: Connection, name: str) -> str | None:
    """Who gave an account the password that it has, by the trail."""
    given = ("staff.added", "staff.password_set")
    return connection.execute(
        select(audit_event.c.actor)
        .where(audit_event.c.subject == f"staff:{name}", audit_event.c.action.in_(given))
        .order_by(audit_event.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def last_review(connection: Connection) -> Review | None:
    row = connection.execute(
        select(access_review).order_by(access_review.c.id.desc()).limit(1)
    ).one_or_none()
    return Review(row.reviewed_at, row.reviewed_by, row.note) if row else None


def add_review(tx: Tx, rights_sha256: str, note: str | None) -> None:
    tx.execute(
        insert(access_review),
        {
            "reviewed_at": tx.now,
            "reviewed_by": tx.actor.name,
            "rights_sha256": rights_sha256,
            "note": note,
        },
    )
