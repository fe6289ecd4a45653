"""The only source of chance: tokens, submission ids, and how secrets are kept."""

import base64
import hashlib
import hmac
import itertools
import secrets
import unicodedata
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pro_app.security import pins

# argon2-cffi's defaults follow RFC 9106's low-memory profile (64 MiB, 3 passes).
_HASHER = PasswordHasher()
# Crockford's base 32: no I, L, O or U, so that it can be read out over a phone.
_PHONE_KEY_LENGTH = 43
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")


def new_token() -> str:
    """A secret of 160 bits, safe in a URL."""
    return secrets.token_urlsafe(20)


def new_password() -> str:
    """A generated password of 80 bits in four groups, to be read from a terminal."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(16)).lower()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def new_pin() -> str:
    """A PIN of six digits, drawn evenly from those that the patient's door takes."""
    return pins.first_allowed(f"{secrets.randbelow(10**6):06}" for _ in itertools.count())


def new_code() -> str:
    """An activation code of 40 bits as it stands on a card: XXXX-XXXX."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{text[:4]}-{text[4:]}"


def code_in(typed: str) -> str:
    """The code as it was made, from what somebody typed, pasted or misread."""
    text = unicodedata.normalize("NFKC", typed).upper().translate(_MISREAD)
    text = "".join(sign for sign in text if sign.isalnum())
    return f"{text[:4]}-{text[4:]}"


def new_submission_id() -> str:
    """A random UUID, the idempotency key of one handed-in form."""
    return str(uuid.uuid4())


def submission_id_of(content: str) -> str:
    """The same UUID for the same content: a paper form keyed twice is one form."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, content))


def is_submission_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def receipt_of(submission_id: str) -> str:
    """Eight characters that a patient can read out, the same for the same form."""
    number = int.from_bytes(hashlib.sha256(submission_id.encode()).digest()[:5])
    text = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5))
    return f"{text[:4]}-{text[4:]}"


def new_phone_key() -> str:
    """A key of 256 bits, base64url without padding."""
    return secrets.token_urlsafe(32)


def is_open(stored: str) -> bool:
    """Whether a phone's key lies there as it is, which it did before November 2026."""
    return len(stored) == _PHONE_KEY_LENGTH


def new_nonce() -> bytes:
    """96 random bits, for one sealing."""
    return secrets.token_bytes(12)


def owner_of(phone_key: str) -> str:
    """By what a phone knows whose an unsent form is: 16 hexadecimal digits, no person's."""
    return hashlib.sha256(f"owner:{phone_key}".encode()).hexdigest()[:16]


def fingerprint(token: str) -> str:
    """How a random token is stored: its SHA-256. Enough, since it is not guessable."""
    return hashlib.sha256(token.encode()).hexdigest()


def sealed_mark(mark: str, bound: str, *, pepper: str) -> str:
    """A browser's mark as it keeps it: it shows that it was given out here, for this door."""
    return f"{mark}.{_seasoned(f'mark:{bound}:{mark}', pepper)}"


def mark_in(kept: str, bound: str, *, pepper: str) -> str:
    """The mark that a browser kept; empty where it was not given out here, for this door."""
    mark = kept.partition(".")[0]
    return mark if mark and is_same(kept, sealed_mark(mark, bound, pepper=pepper)) else ""


def name_key(name: str) -> str:
    """By what tries under a name are counted: one of 4096, so that nothing is told of a password
    that was typed there, and made-up names fill no table."""
    return hashlib.sha256(name.encode()).hexdigest()[:3]


@cache
def _nobody() -> str:
    """A hash to check when there is no such user, so that the answer takes as long."""
    return _HASHER.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password fits; takes as long when there is no stored hash."""
    try:
        return _HASHER.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def hash_code(code: str, *, pepper: str) -> str:
    """How an activation code is stored. Its 40 bits are chance and soon used up, so that
    unlike a PIN it needs no slow hash beside the key that is not in the database."""
    return _seasoned(f"code:{code_in(code)}", pepper)


def verify_code(code: str, stored: str, *, pepper: str) -> bool:
    return hmac.compare_digest(hash_code(code, pepper=pepper), stored)


def hash_recovery_code(code: str, *, pepper: str) -> str:
    """The same for a code that opens once in place of the authenticator's."""
    return _seasoned(f"recovery:{code_in(code)}", pepper)


def is_same(one: str, other: str) -> bool:
    """Whether two texts are the same; how long it takes does not tell how much of them is."""
    return hmac.compare_digest(one.encode(), other.encode())


def new_authenticator_key() -> str:
    """A key of 160 bits, as authenticators take it: base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def seal_key(key: str, owner: str, *, pepper: str) -> str:
    """An authenticator's key as it is stored: for its owner alone, unread without the pepper."""
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_sealing_key(pepper)).encrypt(nonce, key.encode(), owner.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal_key(sealed: str, owner: str, *, pepper: str) -> str | None:
    """The key; None when it was sealed with another pepper, for somebody else, or altered."""
    data = base64.b64decode(sealed)
    try:
        return AESGCM(_sealing_key(pepper)).decrypt(data[:12], data[12:], owner.encode()).decode()
    except InvalidTag:
        return None


def seal_phone_key(key: str, patient_id: int, *, pepper: str) -> str:
    """A phone's key as it is stored: of one patient's alone, unread without the pepper."""
    return seal_key(key, f"phone of {patient_id}", pepper=pepper)


def open_phone_key(stored: str, patient_id: int, *, pepper: str) -> str | None:
    """The key again; None under another pepper."""
    if is_open(stored):
        return stored
    return unseal_key(stored, f"phone of {patient_id}", pepper=pepper)


def _sealing_key(pepper: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"authenticator keys 1").derive(pepper.encode())


#: The parts of a challenge, in bytes; its seal comes after them.
_NONCE, _INSTANT = 16, 8
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def new_challenge(bound: str, at: datetime, *, pepper: str) -> bytes:
    """128 random bits that say when, and for what alone, a passkey is asked to sign them.

    They carry that themselves, sealed by an HMAC: nothing has to be kept until the answer.
    """
    said = secrets.token_bytes(_NONCE) + ((at - _EPOCH) // _MICROSECOND).to_bytes(_INSTANT)
    return said + _challenge_seal(said, bound, pepper)


def challenge_made_at(challenge: bytes, bound: str, *, pepper: str) -> datetime | None:
    """When it was made; None when it is not ours, or was made for something else."""
    said = challenge[: _NONCE + _INSTANT]
    if not hmac.compare_digest(challenge[len(said) :], _challenge_seal(said, bound, pepper)):
        return None
    return _EPOCH + int.from_bytes(said[_NONCE:]) * _MICROSECOND


def _challenge_seal(said: bytes, bound: str, pepper: str) -> bytes:
    return hmac.new(pepper.encode(), b"challenge:" + said + bound.encode(), hashlib.sha256).digest()


def passkey_owner(staff_id: int, *, pepper: str) -> bytes:
    """By what an authenticator knows whose a passkey is: the same each time, and no name."""
    return bytes.fromhex(_seasoned(f"passkeys of:{staff_id}", pepper))


def hash_pin(pin: str, *, pepper: str) -> str:
    return _HASHER.hash(_seasoned(pin, pepper))


def verify_pin(pin: str, stored: str | None, *, pepper: str) -> bool:
    return verify_password(_seasoned(pin, pepper), stored)


def _seasoned(secret: str, pepper: str) -> str:
    # Six digits can be tried out in minutes against a stolen table of hashes;
    # with a key that is not in the database they can't.
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()
