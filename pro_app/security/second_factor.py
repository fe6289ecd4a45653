"""The second thing that staff show: a code of their authenticator, one from paper, a passkey."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from pro_app import security_log
from pro_app.core.instants import SLACK
from pro_app.security import ceremonies, challenges, secrets
from pro_app.security.ceremonies import Place
from pro_app.security.challenges import Purpose
from pro_app.store.engine.transaction import Tx, reading
from pro_app.store.people import passkeys, second_factors
from pro_app.store.people.second_factors import Authenticator
from pro_app.store.people.staff import Account

#: Clocks differ and typing takes time: the code before and the one after are taken too.
_STEPS_EITHER_WAY = 1
_STEPS_OF_SLACK = SLACK // timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser says that a passkey signed, in the session with this token."""

    said: str
    token: str
    place: Place


#: What may be shown: a code as it was typed, or a passkey's answer.
Shown = str | Answer


def matching_step(key: str, typed: str, now: datetime, *, after: int | None) -> int | None:
    """The step of time whose code was typed; None when there is none later than `after`.

    Units: a step is 30 seconds, counted from 1970 (RFC 6238).
    """
    codes = pyotp.TOTP(key)
    present = codes.timecode(now)
    if after is not None and after > present + _STEPS_EITHER_WAY + _STEPS_OF_SLACK:
        after = None  # used while the clock ran ahead: else no code would open until then
    code = "".join(sign for sign in typed if sign.isascii() and sign.isdecimal())
    for step in range(present - _STEPS_EITHER_WAY, present + _STEPS_EITHER_WAY + 1):
        unused = after is None or step > after
        if unused and secrets.is_same(codes.generate_otp(step), code):
            return step
    return None


@dataclass(frozen=True, slots=True)
class Kinds:
    """What an account has beside its password; recovery codes stand for either."""

    authenticator: bool
    passkey: bool

    @property
    def any(self) -> bool:
        return self.authenticator or self.passkey


def kinds(account: Account) -> Kinds:
    with reading() as connection:
        held = second_factors.find_authenticator(connection, account.id)
        keys = passkeys.passkeys_of(connection, account.id)
    return Kinds(held is not None and held.since is not None, bool(keys))


def take(tx: Tx, account: Account, shown: Shown, *, pepper: str) -> bool:
    """Whether what was shown is right; it opens nothing a second time.

    Right too when the account has no second factor yet: then nothing is asked for.
    """
    held = second_factors.lock_authenticator(tx, account.id)
    if not second_factors.is_asked(tx.connection, account.id):
        return True
    if isinstance(shown, Answer):
        return _take_answer(tx, account, shown, pepper=pepper)
    key = key_of(held, account, pepper=pepper) if held and held.since else None
    step = matching_step(key, shown, tx.asked_at, after=held.step) if held and key else None
    if step is not None:
        second_factors.use_step(tx, account.id, step)
        return True
    return _take_recovery_code(tx, account, shown, pepper=pepper)


def _take_answer(tx: Tx, account: Account, answer: Answer, *, pepper: str) -> bool:
    challenge = ceremonies.challenge_in(answer.said)
    named = ceremonies.credential_in(answer.said)
    key = next(
        (k for k in passkeys.passkeys_of(tx.connection, account.id) if k.credential_id == named),
        None,
    )
    if key is None or challenge is None:
        return False
    last = passkeys.last_used_at(tx.connection, account.id, tx.asked_at + SLACK)
    if not challenges.is_open(
        challenge, Purpose.PROVE, answer.token, pepper=pepper, now=tx.asked_at, used_up=last
    ):
        return False
    count = ceremonies.look_at_answer(answer.said, challenge, answer.place, key)
    if count is None:
        return False
    passkeys.use_passkey(tx, key.id, count)
    return True


def _take_recovery_code(tx: Tx, account: Account, typed: str, *, pepper: str) -> bool:
    given = secrets.hash_recovery_code(typed, pepper=pepper)
    for code in second_factors.unused_codes(tx.connection, account.id):
        if secrets.is_same(code.code_hash, given):
            second_factors.use_code(tx, code.id)
            security_log.record("staff.recovery_code_used", f"staff:{account.name}", tx)
            return True
    return False


_RECOVERY_CODES = 10


def give_codes(tx: Tx, account: Account, *, pepper: str) -> tuple[str, ...]:
    """Ten new recovery codes, shown once; earlier ones open nothing any more."""
    codes = tuple(secrets.new_code() for _ in range(_RECOVERY_CODES))
    hashes = [secrets.hash_recovery_code(code, pepper=pepper) for code in codes]
    second_factors.replace_codes(tx, account.id, hashes)
    return codes


def drop_idle_codes(tx: Tx, account: Account) -> None:
    """Without another factor there is nothing that recovery codes could stand for."""
    if not second_factors.is_asked(tx.connection, account.id):
        second_factors.remove_codes(tx, account.id)


def key_of(held: Authenticator, account: Account, *, pepper: str) -> str | None:
    return secrets.unseal_key(held.sealed, owner(account), pepper=pepper)


def owner(account: Account) -> str:
    """For whom a key is sealed: moved to another's row, it opens nothing."""
    return f"staff:{account.id}"
