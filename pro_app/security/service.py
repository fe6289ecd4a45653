"""Sign-in of staff and patients: check, limit, remember, end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app.security import pins, secrets
from pro_app.security.roles import (
    PATIENT_LIMITS,
    STAFF_LIMITS,
    TABLET_LIMITS,
    Limits,
    Role,
    takes,
)
from pro_app.store import links, phone_keys, sign_ins, staff
from pro_app.store.links import Link
from pro_app.store.sign_ins import SignedInPatient, Times
from pro_app.store.staff import Account
from pro_app.store.transaction import Actor, Tx, asking, housekeeping, reading, transaction

#: After this many wrong PINs or codes the next try has to wait; each further one doubles it.
_FREE_TRIES = 4
#: After this many wrong codes the code is void: unlike a PIN, a new one can be had at once.
_CODE_TRIES = 10
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)


def staff_actor(account: Account) -> Actor:
    return Actor(f"staff:{account.name}", account.role, ",".join(account.sites) or None)


def patient_actor(number: str, site: str) -> Actor:
    return Actor(f"patient:{number}", "patient", site)


def sign_in_staff(name: str, password: str, *, now: datetime) -> str | None:
    """A new session's token; None when name or password is wrong (not said which)."""
    with reading() as connection:
        found = staff.find_credentials(connection, name)
    if not secrets.verify_password(password, found.password_hash if found else None):
        with transaction(Actor("anonymous", "none"), now) as tx:
            # Not the name as typed: people type their password there.
            tx.record("staff.sign_in_refused", f"staff:{name}" if found else "staff:unknown")
        return None
    assert found is not None  # noqa: S101 - an unknown name never verifies
    token = secrets.new_token()
    with transaction(staff_actor(found.account), now) as tx:
        sign_ins.begin(tx, secrets.fingerprint(token), staff_id=found.account.id)
        tx.record("staff.signed_in", f"staff:{name}")
    return token


def signed_in_staff(token: str, *, now: datetime) -> Account | None:
    with asking() as connection:
        found = sign_ins.find_staff(connection, secrets.fingerprint(token))
    if found is None or not _keeps(token, found[1], STAFF_LIMITS, now):
        return None
    return found[0]


def signed_in_patient(token: str, *, now: datetime) -> SignedInPatient | None:
    with asking() as connection:
        found = sign_ins.find_patient(connection, secrets.fingerprint(token))
    if found is None:
        return None
    limits = TABLET_LIMITS if found.tablet else PATIENT_LIMITS
    return found if _keeps(token, found.times, limits, now) else None


def _keeps(token: str, times: Times, limits: Limits, now: datetime) -> bool:
    if now - times.seen_at > limits.idle or now - times.started_at > limits.absolute:
        return False
    if now - times.seen_at > limits.noted:
        with housekeeping() as work:
            sign_ins.touch(work, secrets.fingerprint(token), now)
    return True


def sign_out(token: str, actor: Actor, *, now: datetime) -> None:
    with transaction(actor, now) as tx:
        sign_ins.end(tx, secrets.fingerprint(token))
        tx.record("signed_out", actor.name)


def note_refusal(actor: Actor, endpoint: str, now: datetime) -> None:
    """Keep in the trail that somebody asked for what her role does not allow."""
    with transaction(actor, now) as tx:
        tx.record("access.refused", endpoint)


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
    return True


def reset_password(name: str, password: str, *, actor: Actor, now: datetime) -> bool:
    """Whether there is such a person; her sessions end."""
    with transaction(actor, now) as tx:
        if not staff.is_taken(tx.connection, name):
            tx.abandon()
            return False
        staff.set_password(tx, name, secrets.hash_password(password))
        sign_ins.end_of_staff(tx, name)
    return True


# --- patients -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str


@dataclass(frozen=True, slots=True)
class WrongPin:
    """`wait` is how long until the next try is taken; zero: at once."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The same for the activation code."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class EasyPin:
    """The PIN that was chosen is one of those that are guessed first."""


@dataclass(frozen=True, slots=True)
class CodeEnded:
    """No PIN can be chosen: the code is too old, void, or there never was one."""


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The link is unknown, replaced or revoked: the site gives a new one."""


Entering = SignedIn | WrongPin | WrongCode | EasyPin | CodeEnded | LinkEnded


def find_link(token: str) -> Link | None:
    """The link, None when it is unknown or ended. Looking changes nothing."""
    with reading() as connection:
        link = links.find_link(connection, secrets.fingerprint(token))
    return link if link and link.revoked_at is None else None


def takes_code(link: Link, now: datetime) -> bool:
    """Whether a PIN can be chosen for it with the code on the card."""
    activation = link.activation
    return (
        link.pin_hash is None
        and activation is not None
        and now <= activation.until
        and link.wrong_codes < _CODE_TRIES
    )


def sign_in_patient(
    token: str, pin: str, code: str = "", *, pepper: str, now: datetime
) -> Entering:
    """Sign a patient in by link and PIN; on first use she chooses the PIN with her code.

    Wrong PINs make the next try wait, longer each time but never more than
    15 minutes, and never for good; a new PIN from the site helps at once.
    """
    link = find_link(token)
    if link is None:
        return LinkEnded()
    if link.pin_hash is None:
        return _choose_pin(link, pin, code, pepper=pepper, now=now)
    # Hashing takes long on purpose: not while the row, or SQLite, is locked.
    fits = secrets.verify_pin(pin, link.pin_hash, pepper=pepper)
    with transaction(patient_actor(link.number, link.site), now) as tx:
        locked = links.lock_link(tx, link)
        if locked.revoked_at is not None:
            tx.abandon()
            return LinkEnded()
        wait = _wait(locked.wrong_pins, locked, now)
        if wait > timedelta(0) or locked.pin_hash != link.pin_hash:
            tx.abandon()
            return WrongPin(wait)
        if not fits:
            links.count_wrong_pin(tx, locked)
            tx.record("patient.sign_in_refused", link.number)
            return WrongPin(_wait_after(locked.wrong_pins + 1))
        return _begin(tx, locked)


def _choose_pin(link: Link, pin: str, code: str, *, pepper: str, now: datetime) -> Entering:
    if link.activation is None or not takes_code(link, now):
        return CodeEnded()
    if pins.is_easily_guessed(pin):
        return EasyPin()
    fits = secrets.verify_code(code, link.activation.code_hash, pepper=pepper)
    # Hashed either way: how long it takes must not tell, during a wait, which code fits.
    chosen = secrets.hash_pin(pin, pepper=pepper)
    with transaction(patient_actor(link.number, link.site), now) as tx:
        locked = links.lock_link(tx, link)
        if locked.revoked_at is not None:
            tx.abandon()
            return LinkEnded()
        if locked.activation != link.activation or not takes_code(locked, now):
            tx.abandon()  # used up, replaced or void while this one was looked at
            return CodeEnded() if locked.pin_hash is None else WrongPin(timedelta(0))
        wait = _wait(locked.wrong_codes, locked, now)
        if wait > timedelta(0):
            tx.abandon()
            return WrongCode(wait)
        if not fits:
            links.count_wrong_code(tx, locked)
            tx.record("code.refused", link.number)
            wrong = locked.wrong_codes + 1
            return WrongCode(_wait_after(wrong)) if wrong < _CODE_TRIES else CodeEnded()
        links.set_pin(tx, link.id, chosen)
        tx.record("pin.chosen", link.number)
        return _begin(tx, locked)


def _begin(tx: Tx, link: Link) -> SignedIn:
    if link.wrong_pins or link.wrong_codes:
        links.forget_wrong_tries(tx, link.id)
    if phone_keys.find_phone_key(tx.connection, link.patient_id) is None:
        phone_keys.add_phone_key(tx, link.patient_id, secrets.new_phone_key())
    session = secrets.new_token()
    sign_ins.begin(tx, secrets.fingerprint(session), link_id=link.id)
    tx.record("patient.signed_in", link.number)
    return SignedIn(session)


def phone_key(patient_id: int) -> tuple[str, str] | None:
    """(owner, key): the key with which her phone keeps what is unsent, and whose it is."""
    with reading() as connection:
        key = phone_keys.find_phone_key(connection, patient_id)
    return (secrets.owner_of(key), key) if key else None


def _wait(wrong: int, link: Link, now: datetime) -> timedelta:
    if link.last_wrong_at is None:
        return timedelta(0)
    return max(timedelta(0), link.last_wrong_at + _wait_after(wrong) - now)


def _wait_after(wrong: int) -> timedelta:
    beyond = wrong - _FREE_TRIES
    if beyond < 0:
        return timedelta(0)
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << min(beyond, 10)))
