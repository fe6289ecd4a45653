"""The second thing that staff show: a code of their authenticator, or one from paper."""

from datetime import datetime

import pyotp

from pro_app.security import log, secrets
from pro_app.store import second_factors
from pro_app.store.second_factors import Authenticator
from pro_app.store.staff import Account
from pro_app.store.transaction import Tx

#: Clocks differ and typing takes time: the code before and the one after are taken too.
_STEPS_EITHER_WAY = 1


def matching_step(key: str, typed: str, now: datetime, *, after: int | None) -> int | None:
    """The step of time whose code was typed; None when there is none later than `after`.

    Units: a step is 30 seconds, counted from 1970 (RFC 6238).
    """
    codes = pyotp.TOTP(key)
    code = "".join(sign for sign in typed if sign.isascii() and sign.isdecimal())
    present = codes.timecode(now)
    for step in range(present - _STEPS_EITHER_WAY, present + _STEPS_EITHER_WAY + 1):
        unused = after is None or step > after
        if unused and secrets.is_same(codes.generate_otp(step), code):
            return step
    return None


def take(tx: Tx, account: Account, typed: str, *, pepper: str) -> bool:
    """Whether the code is right; it opens nothing a second time.

    Right too when the account has no authenticator yet: then nothing is asked for.
    """
    held = second_factors.lock_authenticator(tx, account.id)
    if held is None or held.since is None:
        return True
    key = key_of(held, account, pepper=pepper)
    step = matching_step(key, typed, tx.now, after=held.step) if key else None
    if step is not None:
        second_factors.use_step(tx, account.id, step)
        return True
    return _take_recovery_code(tx, account, typed, pepper=pepper)


def _take_recovery_code(tx: Tx, account: Account, typed: str, *, pepper: str) -> bool:
    given = secrets.hash_recovery_code(typed, pepper=pepper)
    for code in second_factors.unused_codes(tx.connection, account.id):
        if secrets.is_same(code.code_hash, given):
            second_factors.use_code(tx, code.id)
            log.record("staff.recovery_code_used", f"staff:{account.name}", tx)
            return True
    return False


def key_of(held: Authenticator, account: Account, *, pepper: str) -> str | None:
    return secrets.unseal_key(held.sealed, owner(account), pepper=pepper)


def owner(account: Account) -> str:
    """For whom a key is sealed: moved to another's row, it opens nothing."""
    return f"staff:{account.id}"
