"""Passkeys of staff: made for one's own account, asked for an answer, listed, removed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pro_app import security_log
from pro_app.core.instants import SLACK
from pro_app.security import ceremonies, challenges, second_factor, secrets
from pro_app.security.ceremonies import Made, Place
from pro_app.security.challenges import Purpose
from pro_app.security.second_factor import Answer, Shown
from pro_app.security.service import confirm, staff_actor
from pro_app.security.waiting import Proof
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.people import passkeys, second_factors, sign_ins
from pro_app.store.people.passkeys import Passkey
from pro_app.store.people.staff import Account

LONGEST_NAME = 60


class NotAdded(StrEnum):
    """Why a passkey was not added."""

    UNNAMED = "UNNAMED"  # no name, or one that is too long
    UNFIT = "UNFIT"  # not made here, just now, in this session; or added before


@dataclass(frozen=True, slots=True)
class Added:
    """`token` is of a new session in place of all earlier ones.

    The codes are shown once; none when the person has some from an earlier second factor.
    """

    token: str
    recovery_codes: tuple[str, ...]


def find(account: Account) -> list[Passkey]:
    """The person's passkeys that count, the oldest first."""
    with reading() as connection:
        return passkeys.passkeys_of(connection, account.id)


def to_make(
    account: Account, token: str, place: Place, *, study: str, pepper: str, now: datetime
) -> dict[str, Any]:
    """What the browser needs to make one, for whoever has just proved who they are."""
    challenge = challenges.make(Purpose.MAKE, token, pepper=pepper, now=now)
    owner = secrets.passkey_owner(account.id, pepper=pepper)
    name, had = account.name, find(account)
    return ceremonies.creation_options(place, study, name, owner, had, challenge)


def to_prove(
    account: Account, token: str, place: Place, *, pepper: str, now: datetime
) -> dict[str, Any]:
    """What the browser needs to have one of this person's passkeys sign."""
    challenge = challenges.make(Purpose.PROVE, token, pepper=pepper, now=now)
    return ceremonies.request_options(place, find(account), challenge)


def add(
    account: Account, name: str, made: Answer, *, pepper: str, now: datetime
) -> Added | NotAdded:
    """Let a passkey count that was just made in the session of `made`."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        return NotAdded.UNNAMED
    token = secrets.new_token()
    with transaction(staff_actor(account), now) as tx:
        second_factors.lock_authenticator(tx, account.id)
        new = _new_credential(tx, account, made, pepper=pepper)
        if new is None:
            tx.abandon()
            return NotAdded.UNFIT
        first = not second_factors.is_asked(tx.connection, account.id)
        passkeys.add_passkey(
            tx,
            account.id,
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            name=name,
        )
        codes = second_factor.give_codes(tx, account, pepper=pepper) if first else ()
        # Whatever was begun without it ends, on whichever machine.
        sign_ins.replace(tx, secrets.fingerprint(made.token), secrets.fingerprint(token))
        sign_ins.end_others(tx, account.id, secrets.fingerprint(token))
        subject = f"staff:{account.name}"
        security_log.record("staff.passkey_added", subject, tx, changes={"passkey": [None, name]})
        security_log.record("staff.signed_in", subject, tx)
    return Added(token, codes)


def _new_credential(tx: Tx, account: Account, made: Answer, *, pepper: str) -> Made | None:
    challenge = ceremonies.challenge_in(made.said)
    last = passkeys.last_made_at(tx.connection, account.id, tx.asked_at + SLACK)
    if challenge is None or not challenges.is_open(
        challenge, Purpose.MAKE, made.token, pepper=pepper, now=tx.asked_at, used_up=last
    ):
        return None
    new = ceremonies.look_at_new(made.said, challenge, made.place)
    return None if new is None or passkeys.is_known(tx.connection, new.credential_id) else new


def remove(
    account: Account, passkey: int, password: str, shown: Shown, *, pepper: str, now: datetime
) -> Proof:
    """Whether they proved who they are; then this passkey of theirs no longer counts."""
    proof = confirm(account.name, password, shown, pepper=pepper, now=now)
    if not proof:
        return proof
    with transaction(staff_actor(account), now) as tx:
        second_factors.lock_authenticator(tx, account.id)
        held = {key.id: key for key in passkeys.passkeys_of(tx.connection, account.id)}
        if passkey not in held:
            tx.abandon()
            return proof
        passkeys.remove_passkeys(tx, account.id, but=[each for each in held if each != passkey])
        second_factor.drop_idle_codes(tx, account)
        changes = {"passkey": [held[passkey].name, None]}
        security_log.record("staff.passkey_removed", f"staff:{account.name}", tx, changes=changes)
    return proof
