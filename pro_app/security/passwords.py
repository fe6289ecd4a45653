"""What may be a new password: long, and not among those that are guessed first."""

from enum import StrEnum

from zxcvbn import zxcvbn

SHORTEST = 15
LONGEST = 256
#: Fewer than 10^8 guesses find what is rated lower, once somebody has stolen its hash.
_LEAST_RATING = 3
#: The rating's own limit; what comes after makes no password easier to guess.
_RATED = 72


class Unfit(StrEnum):
    """Why a password is not taken. Nothing is asked of its letters, digits or signs."""

    SHORT = "SHORT"
    LONG = "LONG"
    GUESSED = "GUESSED"  # common words, rows of keys, repetitions, the person's own name
    SAME = "SAME"  # the one that somebody else gave them


def unfit(password: str, *, name: str) -> Unfit | None:
    """Why it may not be the password of this account; None when it may."""
    if len(password) < SHORTEST:
        return Unfit.SHORT
    if len(password) > LONGEST:
        return Unfit.LONG
    rating = zxcvbn(password[:_RATED], user_inputs=[name])["score"]
    return Unfit.GUESSED if rating < _LEAST_RATING else None
