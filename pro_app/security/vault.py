"""Words that only this copy can read: AES-GCM under keys that are not in the database."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pro_app.security import secrets


@dataclass(frozen=True, slots=True)
class Sealed:
    """Words as they are stored, and by which key they open."""

    text: str
    key_id: str


class Vault:
    """Seals with the first key and opens with any: a new key goes in front of the old ones."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = {_id_of(key): _derived(key) for key in keys}

    @property
    def key_id(self) -> str:
        """Of the key that seals."""
        return next(iter(self._keys))

    def seal(self, words: str, *, bound: str) -> Sealed:
        """The words, sealed; they open only together with `bound`, which says whose they are."""
        nonce = secrets.new_nonce()
        data = AESGCM(self._keys[self.key_id]).encrypt(nonce, words.encode(), bound.encode())
        return Sealed(base64.b64encode(nonce + data).decode(), self.key_id)

    def open(self, sealed: Sealed, *, bound: str) -> str | None:
        """The words again; None when no key fits, or they were altered or moved to another."""
        key = self._keys.get(sealed.key_id)
        data = base64.b64decode(sealed.text)
        try:
            return (
                AESGCM(key).decrypt(data[:12], data[12:], bound.encode()).decode() if key else None
            )
        except InvalidTag:
            return None


def _derived(key: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"contact book 1").derive(key.encode())


def _id_of(key: str) -> str:
    """What tells keys apart and says nothing about them."""
    return hashlib.sha256(_derived(key)).hexdigest()[:8]
