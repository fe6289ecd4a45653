"""Accounts: made, given rights, shut, looked over; and what people do with their own."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pro_app import security_log
from pro_app.core.instants import is_ahead
from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.security import doors, secrets
from pro_app.security.passwords import Unfit, unfit
from pro_app.security.roles import Role, limits_of, takes
from pro_app.security.service import confirm_password, staff_actor
from pro_app.security.waiting import Proof
from pro_app.store.engine.transaction import Actor, Changes, Tx, reading, transaction
from pro_app.store.people import passkeys, second_factors, sign_ins, staff
from pro_app.store.people.sign_ins import StaffSignIn
from pro_app.store.people.staff import Account, Person, Review, Right

#: A quarter: nurses rotate between wards about as often, and who has left a hospital is
#: then found before the next monitoring visit.
REVIEW_EVERY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Standing:
    """When everybody's rights were last looked at, and when that is due again."""

    last: Review | None
    due_at: datetime | None  # empty: now


def add_staff(
    name: str, role: Role, sites: Sequence[str], password: str, *, actor: Actor, now: datetime
) -> bool:
    """Whether the account was added; False when the name was ever given before."""
    if not takes(role, sites):
        raise ValueError(f"{role} and sites {sites!r} do not go together")
    with transaction(actor, now) as tx:
        if staff.is_taken(tx.connection, name):
            tx.abandon()
            return False
        staff.add_staff(tx, name, role.value, sites, secrets.hash_password(password))
    security_log.note("staff.added", actor=actor.name, subject=f"staff:{name}")
    return True


def reset_password(name: str, password: str, *, actor: Actor, now: datetime) -> bool:
    """Whether there is such a person; their sessions end."""
    with transaction(actor, now) as tx:
        if not staff.is_taken(tx.connection, name):
            tx.abandon()
            return False
        _set_password(tx, name, secrets.hash_password(password))
        sign_ins.end_of_staff(tx, name)
    return True


def _set_password(tx: Tx, name: str, hashed: str) -> None:
    staff.set_password(tx, name, hashed)
    person = staff.find_person(tx.connection, name)
    if person is not None:
        doors.begin_anew(tx, person.account)
    security_log.note("staff.password_set", actor=tx.actor.name, subject=f"staff:{name}")


def people() -> list[Person]:
    with reading() as connection:
        return staff.people(connection)


def find_person(name: str) -> Person | None:
    with reading() as connection:
        return staff.find_person(connection, name)


def rights_on(day: date, time_zone: str) -> list[Right]:
    """Who might do what at some time of a day."""
    begin, end = (
        datetime.combine(each, time(), ZoneInfo(time_zone)) for each in (day, day + timedelta(1))
    )
    with reading() as connection:
        return staff.rights(connection, begin=begin, end=end)


def rights_of(name: str) -> list[Right]:
    """What an account might do from when to when, the earliest first."""
    with reading() as connection:
        return staff.rights(connection, name=name)


def change_right(
    name: str, role: Role, sites: Sequence[str], why: str, *, actor: Actor, now: datetime
) -> Refused | None:
    """None when they may do this from now on; their sessions end."""

    def change(tx: Tx, person: Person) -> Refused | None:
        account = person.account
        if person.disabled_at is not None:
            return Refused(Why.DISABLED)
        if (role.value, tuple(sites)) == (account.role, account.sites):
            return Refused(Why.RIGHTS_UNCHANGED)
        staff.change_right(tx, account.id, role.value, sites)
        changes: Changes = {
            "role": [account.role, role.value],
            "sites": [account.sites, list(sites)],
        }
        security_log.record(
            "staff.rights_changed", f"staff:{name}", tx, changes=changes, reason=why
        )
        return None

    if not takes(role, sites):
        return Refused(Why.SITES_OF_ROLE)
    return _change(name, change, why=why, actor=actor, now=now)


def disable(name: str, why: str, *, actor: Actor, now: datetime) -> Refused | None:
    """None when they can't sign in any more; their sessions have ended."""

    def shut(tx: Tx, person: Person) -> Refused | None:
        if person.disabled_at is not None:
            return Refused(Why.DISABLED)
        staff.disable(tx, person.account.id)
        security_log.record("staff.disabled", f"staff:{name}", tx, reason=why)
        return None

    return _change(name, shut, why=why, actor=actor, now=now)


def enable(name: str, why: str, *, actor: Actor, now: datetime) -> Refused | None:
    """None when they can sign in again, with the right that they had last."""

    def open_again(tx: Tx, person: Person) -> Refused | None:
        if person.disabled_at is None:
            return Refused(Why.ENABLED)
        staff.enable(tx, person.account)
        security_log.record("staff.enabled", f"staff:{name}", tx, reason=why)
        return None

    return _change(name, open_again, why=why, actor=actor, now=now)


def reset_second_factor(name: str, why: str, *, actor: Actor, now: datetime) -> Refused | None:
    """None when their authenticator, recovery codes and passkeys count no more."""

    def reset(tx: Tx, person: Person) -> Refused | None:
        staff_id = person.account.id
        second_factors.remove_authenticator(tx, staff_id)
        second_factors.remove_codes(tx, staff_id)
        passkeys.remove_passkeys(tx, staff_id)
        security_log.record("staff.second_factor_reset", f"staff:{name}", tx, reason=why)
        return None

    return _change(name, reset, why=why, actor=actor, now=now)


def end_sessions(name: str, *, actor: Actor, now: datetime) -> Refused | None:
    """None when they are signed out everywhere."""

    def end(tx: Tx, _person: Person) -> Refused | None:
        security_log.record("staff.sessions_ended", f"staff:{name}", tx)
        return None

    return _change(name, end, actor=actor, now=now)


def _change(
    name: str,
    change: Callable[[Tx, Person], Refused | None],
    *,
    why: str | None = None,
    actor: Actor,
    now: datetime,
) -> Refused | None:
    """Change somebody else's account: whatever was begun with it before ends.

    `why`: None where no reason is asked for.
    """
    if actor.name == f"staff:{name}":
        return Refused(Why.ONESELF)
    if why == "":
        return Refused(Why.WHY_MISSING, "why")
    if len(why or "") > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "why", LONGEST_TEXT)
    with transaction(actor, now) as tx:
        person = staff.lock_person(tx, name)
        refusal = change(tx, person) if person else Refused(Why.NO_SUCH_ACCOUNT)
        if refusal:
            tx.abandon()
            return refusal
        sign_ins.end_of_staff(tx, name)
    return None


# --- the review ---------------------------------------------------------------------


def fingerprint(shown: Sequence[Person]) -> str:
    """The SHA-256 of who may do what, as it stood on the page: it changes when that does."""
    rights = [
        [p.account.name, p.account.role, list(p.account.sites), p.since.isoformat()]
        for p in shown
        if p.disabled_at is None
    ]
    return hashlib.sha256(json.dumps(rights, separators=(",", ":")).encode()).hexdigest()


def standing(*, now: datetime) -> Standing:
    with reading() as connection:
        last = staff.last_review(connection)
    if last is None or is_ahead(last.at, now):
        return Standing(last, None)
    due_at = last.at + REVIEW_EVERY
    return Standing(last, due_at if due_at > now else None)


def review(seen: str, note: str | None, *, actor: Actor, now: datetime) -> Refused | None:
    """None when it is written that somebody looked: what they saw is what there is."""
    if len(note or "") > LONGEST_TEXT:
        return Refused(Why.TOO_LONG, "note", LONGEST_TEXT)
    with transaction(actor, now) as tx:
        if fingerprint(staff.people(tx.connection)) != seen:
            tx.abandon()
            return Refused(Why.CHANGED)
        staff.add_review(tx, seen, note)
        tx.record("access.reviewed", "staff", changes={"rights_sha256": [None, seen]})
    return None


# --- one's own ----------------------------------------------------------------------


def change_password(
    account: Account, old: str, new: str, *, token: str, now: datetime
) -> Unfit | Proof | None:
    """None when the new one counts; every other session of this account has ended."""
    problem = unfit(new, name=account.name)
    if problem:
        return problem
    proof = confirm_password(account.name, old, now=now)
    if not proof:
        return proof
    hashed = secrets.hash_password(new)
    with transaction(staff_actor(account), now) as tx:
        _set_password(tx, account.name, hashed)
        sign_ins.end_others(tx, account.id, secrets.fingerprint(token))
    return None


def has_own_password(account: Account) -> bool:
    """Whether the person chose it, so that nobody else knows it."""
    with reading() as connection:
        return staff.password_set_by(connection, account.name) == staff_actor(account).name


def choose_password(account: Account, new: str, *, token: str, now: datetime) -> Unfit | str:
    """The session's token from now on, with a password of one's own; or why it is refused.

    Everything else was shown before; every other session of this account has ended.
    """
    problem = unfit(new, name=account.name)
    if problem:
        return problem
    with reading() as connection:
        given = staff.find_credentials(connection, account.name)
    if given is not None and secrets.verify_password(new, given.password_hash):
        return Unfit.SAME
    hashed, made = secrets.hash_password(new), secrets.new_token()
    with transaction(staff_actor(account), now) as tx:
        _set_password(tx, account.name, hashed)
        sign_ins.replace(tx, secrets.fingerprint(token), secrets.fingerprint(made))
        sign_ins.end_others(tx, account.id, secrets.fingerprint(made))
    return made


def sessions(account: Account, *, now: datetime) -> list[StaffSignIn]:
    """Where this person is signed in, the latest first."""
    limits = limits_of(Role(account.role))
    with reading() as connection:
        found = sign_ins.of_staff(
            connection, account.id, begun=now - limits.absolute, seen=now - limits.idle
        )
    return [each for each in found if not is_ahead(each.seen_at, now)]


def handle(token: str) -> str:
    """By what the session with this token is listed."""
    return sign_ins.handle_of(secrets.fingerprint(token))


def end_session(account: Account, handle: str, *, now: datetime) -> None:
    """End one of this person's sessions, by the `handle` it is listed with."""
    with transaction(staff_actor(account), now) as tx:
        if not sign_ins.end_one(tx, account.id, handle):
            tx.abandon()
            return
        security_log.record("staff.sessions_ended", f"staff:{account.name}", tx)


def end_others(account: Account, token: str, *, now: datetime) -> None:
    with transaction(staff_actor(account), now) as tx:
        sign_ins.end_others(tx, account.id, secrets.fingerprint(token))
        security_log.record("staff.sessions_ended", f"staff:{account.name}", tx)
