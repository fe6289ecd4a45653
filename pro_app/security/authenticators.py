"""Setting up an authenticator for one's own account, and doing without it again."""

from dataclasses import dataclass
from datetime import datetime

import pyotp

from pro_app import security_log
from pro_app.security import second_factor, secrets
from pro_app.security.second_factor import Shown
from pro_app.security.service import confirm, staff_actor
from pro_app.security.waiting import Proof
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.people import second_factors, sign_ins
from pro_app.store.people.staff import Account


@dataclass(frozen=True, slots=True)
class Offer:
    """What an authenticator takes in: `address` as a picture, `key` typed by hand."""

    key: str
    address: str


@dataclass(frozen=True, slots=True)
class Begun:
    """`token` is of a new session in place of all earlier ones; the codes are shown once."""

    token: str
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The authenticator of an account."""

    since: datetime


def find(account: Account) -> Held | None:
    with reading() as connection:
        held = second_factors.find_authenticator(connection, account.id)
    return Held(held.since) if held is not None and held.since is not None else None


def codes_left(account: Account) -> int:
    """How many of this person's recovery codes were not used yet."""
    with reading() as connection:
        return len(second_factors.unused_codes(connection, account.id))


def offer(account: Account, *, pepper: str, now: datetime) -> None:
    """Make a new key, unless the account has an authenticator already."""
    key = secrets.new_authenticator_key()
    sealed = secrets.seal_key(key, second_factor.owner(account), pepper=pepper)
    with transaction(staff_actor(account), now) as tx:
        held = second_factors.lock_authenticator(tx, account.id)
        if held is not None and held.since is not None:
            tx.abandon()
            return
        second_factors.offer_authenticator(tx, account.id, sealed)
        security_log.record("staff.authenticator_offered", f"staff:{account.name}", tx)


def offered(account: Account, issuer: str, *, pepper: str) -> Offer | None:
    """The key whose first code is still to be shown; None when there is none."""
    with reading() as connection:
        held = second_factors.find_authenticator(connection, account.id)
    if held is None or held.since is not None:
        return None
    key = second_factor.key_of(held, account, pepper=pepper)
    if key is None:
        return None
    return Offer(key, pyotp.TOTP(key).provisioning_uri(name=account.name, issuer_name=issuer))


def begin(account: Account, code: str, token: str, *, pepper: str, now: datetime) -> Begun | None:
    """Let the offered key count, once a code of it was shown; None when the code is wrong."""
    made = secrets.new_token()
    with transaction(staff_actor(account), now) as tx:
        held = second_factors.lock_authenticator(tx, account.id)
        key = second_factor.key_of(held, account, pepper=pepper) if held else None
        if held is None or held.since is not None or key is None:
            tx.abandon()
            return None
        step = second_factor.matching_step(key, code, now, after=None)
        if step is None:
            tx.abandon()
            return None
        second_factors.begin_authenticator(tx, account.id, step)
        codes = second_factor.give_codes(tx, account, pepper=pepper)
        # Whatever was begun with the password alone ends, on whichever machine.
        sign_ins.replace(tx, secrets.fingerprint(token), secrets.fingerprint(made))
        sign_ins.end_others(tx, account.id, secrets.fingerprint(made))
        security_log.record("staff.authenticator_set", f"staff:{account.name}", tx)
        security_log.record("staff.signed_in", f"staff:{account.name}", tx)
    return Begun(made, codes)


def renew_codes(
    account: Account, password: str, shown: Shown, *, pepper: str, now: datetime
) -> tuple[str, ...] | Proof:
    """New recovery codes in place of the earlier ones; None without the proof."""
    proof = confirm(account.name, password, shown, pepper=pepper, now=now)
    if not proof:
        return proof
    with transaction(staff_actor(account), now) as tx:
        codes = second_factor.give_codes(tx, account, pepper=pepper)
        security_log.record("staff.recovery_codes_made", f"staff:{account.name}", tx)
    return codes


def remove(account: Account, password: str, shown: Shown, *, pepper: str, now: datetime) -> Proof:
    """Whether they proved who they are; then the account has no authenticator any more."""
    proof = confirm(account.name, password, shown, pepper=pepper, now=now)
    if not proof:
        return proof
    with transaction(staff_actor(account), now) as tx:
        second_factors.remove_authenticator(tx, account.id)
        second_factor.drop_idle_codes(tx, account)
        security_log.record("staff.authenticator_removed", f"staff:{account.name}", tx)
    return proof
