"""What a passkey is asked to sign: chance, good for a few minutes, one session and one answer."""

from datetime import datetime, timedelta
from enum import StrEnum

from pro_app.security import secrets
from pro_app.security.ceremonies import PATIENCE_SECONDS


class Purpose(StrEnum):
    MAKE = "MAKE"  # asked for after the person proved who they are
    PROVE = "PROVE"


def make(purpose: Purpose, token: str, *, pepper: str, now: datetime) -> bytes:
    """A challenge for the session with this token."""
    return secrets.new_challenge(_bound(purpose, token), now, pepper=pepper)


def is_open(
    challenge: bytes,
    purpose: Purpose,
    token: str,
    *,
    pepper: str,
    now: datetime,
    used_up: datetime | None,
) -> bool:
    """Whether it was made for this, not long ago, and after those that were used up until then.

    `used_up` is when an answer last served this purpose: so that none serves it again, though
    no challenge is kept.
    """
    made_at = secrets.challenge_made_at(challenge, _bound(purpose, token), pepper=pepper)
    if made_at is None or not now - timedelta(seconds=PATIENCE_SECONDS) <= made_at <= now:
        return False
    return used_up is None or used_up < made_at


def _bound(purpose: Purpose, token: str) -> str:
    return f"{purpose}:{secrets.fingerprint(token)}"
