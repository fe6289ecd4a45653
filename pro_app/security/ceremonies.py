"""What the library of WebAuthn is asked: to make a passkey, and to look at what one signed.

It is imported where it is used: it takes a fifth of a second, which most processes never need.
"""

import ipaddress
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pro_app.store.people.passkeys import Passkey

Found = TypeVar("Found")

#: How long somebody may take to find the key and touch it.
PATIENCE_SECONDS = 300
_LOCAL = ("localhost",)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys are made for: the host they are bound to, and the pages' origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new credential; texts are base64url."""

    credential_id: str
    public_key: str
    sign_count: int


def place_of(base_url: str) -> Place | None:
    """The place of the pages at this address; None where browsers make no passkeys.

    Source: WebAuthn asks for a domain, never an IP address, and for https but on localhost.
    """
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    if _is_number(host) or (parts.scheme != "https" and host not in _LOCAL):
        return None
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    return Place(host, f"{parts.scheme}://{host}{port}")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def creation_options(
    place: Place, study: str, name: str, owner: bytes, had: Iterable[Passkey], challenge: bytes
) -> dict[str, Any]:
    """What `navigator.credentials.create` is to be given, as JSON holds it."""
    from webauthn import generate_registration_options
    from webauthn.helpers import options_to_json_dict, structs

    options = generate_registration_options(
        rp_id=place.host,
        rp_name=study,
        user_name=name,
        user_id=owner,
        challenge=challenge,
        timeout=PATIENCE_SECONDS * 1000,
        attestation=structs.AttestationConveyancePreference.NONE,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_described(had),
    )
    return options_to_json_dict(options)


def request_options(place: Place, had: Iterable[Passkey], challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get` is to be given, as JSON holds it."""
    from webauthn import generate_authentication_options
    from webauthn.helpers import options_to_json_dict, structs

    options = generate_authentication_options(
        rp_id=place.host,
        challenge=challenge,
        timeout=PATIENCE_SECONDS * 1000,
        allow_credentials=_described(had),
        user_verification=structs.UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def _described(had: Iterable[Passkey]) -> list[Any]:
    from webauthn import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(base64url_to_bytes(key.credential_id)) for key in had]


def challenge_in(said: str) -> bytes | None:
    """The challenge that a browser says was signed; None when that can't be read."""
    from webauthn import base64url_to_bytes

    def read() -> bytes:
        signed = json.loads(base64url_to_bytes(json.loads(said)["response"]["clientDataJSON"]))
        return base64url_to_bytes(signed["challenge"])

    return _unless_malformed(read)


def look_at_new(said: str, challenge: bytes, place: Place) -> Made | None:
    """The credential that was made for this challenge at this place; None when none was."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    def look() -> Made:
        made = verify_registration_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
        )
        key = bytes_to_base64url(made.credential_public_key)
        return Made(bytes_to_base64url(made.credential_id), key, made.sign_count)

    return _unless_malformed(look)


def look_at_answer(said: str, challenge: bytes, place: Place, key: Passkey) -> int | None:
    """What the passkey has counted up to, when it signed this challenge at this place.

    None when it did not, or when it counted no further than at its last use: then there
    are two of it, one of them copied.
    """
    from webauthn import base64url_to_bytes, verify_authentication_response

    def look() -> int:
        return verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        ).new_sign_count

    return _unless_malformed(look)


def credential_in(said: str) -> str | None:
    """The id of the passkey, as the browser states it."""

    def read() -> str:
        return str(json.loads(said)["id"])

    return _unless_malformed(read)


def _unless_malformed(read: Callable[[], Found]) -> Found | None:
    try:
        return read()
    except Exception:
        # Whatever was sent: its layers (JSON, base64, CBOR, keys) fail each in its own way.
        return None
