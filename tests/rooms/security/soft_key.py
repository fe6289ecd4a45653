"""An authenticator in software: it makes passkeys and signs, as a phone or a security key does."""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40


def text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def content(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftKey:
    """One passkey in a browser that shows the pages of `origin`."""

    origin: str = "http://localhost"
    counts: bool = True
    id: bytes = field(default_factory=lambda: os.urandom(32))
    count: int = 0

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: dict[str, Any]) -> str:
        """What the browser sends after `navigator.credentials.create`."""
        data = self._data(options["rp"]["id"], _HAS_KEY)
        data += bytes(16) + len(self.id).to_bytes(2) + self.id + self._public()
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        said = self._said("webauthn.create", options["challenge"])
        return self._sent(clientDataJSON=said, attestationObject=cbor2.dumps(attestation))

    def sign(self, options: dict[str, Any]) -> str:
        """What the browser sends after `navigator.credentials.get`."""
        said = self._said("webauthn.get", options["challenge"])
        data = self._data(options["rpId"])
        signed = self._key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._sent(clientDataJSON=said, authenticatorData=data, signature=signed)

    def _said(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, host: str, flags: int = 0) -> bytes:
        self.count += self.counts
        flags |= _PRESENT | _VERIFIED
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _public(self) -> bytes:
        point = self._key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})

    def _sent(self, **response: bytes) -> str:
        parts = {name: text(each) for name, each in response.items()}
        named = {"id": text(self.id), "rawId": text(self.id), "type": "public-key"}
        return json.dumps(named | {"response": parts})
