"""Take in a form that could not be sent, from the code on the patient's screen.

The code is `PRO1.` + owner + `.` + submission id + `.` + the form, sealed with the phone's
key (AES-256-GCM; what stands before the last point is bound to it). A long one comes
in parts: `PRO1/` number `/` count `/` first 8 characters of the submission id `/` piece.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pro_app.acts.filled import Filled
from pro_app.acts.forms import Taken, keep
from pro_app.acts.occasion import Occasion, StaffOccasion
from pro_app.core.instrument import AnswerState, Instrument
from pro_app.core.refused import Refused
from pro_app.patient.payload import read_payload
from pro_app.patient.service import put_right
from pro_app.security import secrets
from pro_app.store.engine.transaction import reading
from pro_app.store.people.phone_keys import phone_keys_at

_CODE = re.compile(r"PRO1\.([0-9a-f]{16})\.([0-9a-f-]{36})\.([\w-]{40,20000})", re.ASCII)
_PART = re.compile(r"PRO1/([1-9]\d?)/([1-9]\d?)/([0-9a-f]{8})/([\w.-]{1,4000})", re.ASCII)
_IV_BYTES = 12
_SIGNS = {
    "S": AnswerState.SKIPPED,
    "P": AnswerState.PREFER_NOT,
    "N": AnswerState.NOT_SHOWN,
}


class Unreadable(StrEnum):
    """Why no form could be had from a code."""

    NO_CODE = "NO_CODE"  # there is none of ours
    PARTS_MISSING = "PARTS_MISSING"
    SEVERAL = "SEVERAL"  # of more than one form
    NO_PATIENT = "NO_PATIENT"  # of no patient of this site
    SPOILT = "SPOILT"  # it was changed or cut on its way
    NOT_A_FORM = "NOT_A_FORM"  # it opened, and says nothing that a form says


@dataclass(frozen=True, slots=True)
class Rescued:
    """The form is kept, or was before; or why it is not taken. No answer is told."""

    number: str
    outcome: Taken | Refused


@dataclass(frozen=True, slots=True)
class _Sealed:
    owner: str
    submission_id: str
    content: bytes

    @property
    def bound(self) -> bytes:
        return f"PRO1.{self.owner}.{self.submission_id}".encode()


def rescue(texts: Iterable[str], *, pepper: str, at: StaffOccasion) -> Rescued | Unreadable:
    """What became of the form whose code stands in these texts, whole or in parts.

    It lands under its own submission id, so that it is the same form however often
    and on whatever way it comes.
    """
    sealed = _sealed(texts)
    if isinstance(sealed, Unreadable):
        return sealed
    with reading() as connection:
        stored = phone_keys_at(connection, at.sites)
    opened = (
        (patient_id, number, secrets.open_phone_key(key, patient_id, pepper=pepper) or "")
        for patient_id, number, key in stored
    )
    owned = next((row for row in opened if secrets.owner_of(row[2]) == sealed.owner), None)
    if owned is None:
        return Unreadable.NO_PATIENT
    patient_id, number, key = owned
    try:
        plain = AESGCM(_bytes(key)).decrypt(
            sealed.content[:_IV_BYTES], sealed.content[_IV_BYTES:], sealed.bound
        )
    except (InvalidTag, ValueError):
        return Unreadable.SPOILT
    filled = _filled(sealed.submission_id, plain, at)
    if filled is None:
        return Unreadable.NOT_A_FORM
    outcome = keep(at.actor, patient_id, _with_its_day(filled, at), at=at, reason="rescue")
    return Rescued(number, outcome)


def _sealed(texts: Iterable[str]) -> _Sealed | Unreadable:
    """The one whole code in these texts, its parts put together in their order."""
    words = [word for text in texts for word in text.split()]
    whole = {word for word in words if _CODE.fullmatch(word)}
    parts: dict[tuple[str, int], dict[int, str]] = {}
    for found in filter(None, map(_PART.fullmatch, words)):
        place, count, form, piece = found.groups()
        parts.setdefault((form, int(count)), {})[int(place)] = piece
    missing = False
    for (_form, count), pieces in parts.items():
        if set(pieces) == set(range(1, count + 1)):
            whole.add("".join(pieces[place] for place in sorted(pieces)))
        else:
            missing = True
    if len(whole) != 1:
        if whole:
            return Unreadable.SEVERAL
        return Unreadable.PARTS_MISSING if missing else Unreadable.NO_CODE
    return _read(whole.pop())


def _read(code: str) -> _Sealed | Unreadable:
    found = _CODE.fullmatch(code)
    if found is None or not secrets.is_submission_id(found[2]):
        return Unreadable.SPOILT
    try:
        return _Sealed(found[1], found[2], _bytes(found[3]))
    except (binascii.Error, ValueError):
        return Unreadable.SPOILT


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _filled(submission_id: str, plain: bytes, at: Occasion) -> Filled | None:
    """The form in the opened code, checked as strictly as if the phone had sent it."""
    try:
        message = _message(json.loads(plain), at.instrument, at.study.languages)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None
    filled = read_payload(
        submission_id,
        json.dumps(message).encode(),
        languages=at.study.languages,
        items=at.instrument.item_codes,
    )
    return filled if isinstance(filled, Filled) else None


def _message(short: Any, instrument: Instrument, languages: tuple[str, ...]) -> dict[str, Any]:
    """The form as a phone sends it, from the short names and signs of the code.

    Errors: ValueError, TypeError, KeyError, IndexError where it is no such code.
    """
    if not isinstance(short, dict):
        raise TypeError("no object")
    codes = instrument.item_codes
    spoken = short.get("o") or ""
    return {
        "visit": short["v"],
        "language": short["l"],
        "answers": {
            code: _SIGNS[sign] if sign in _SIGNS else int(sign)
            for code, sign in zip(codes, short["a"], strict=True)
        },
        "item_languages": {
            code: languages[int(index)] for code, index in zip(codes, spoken, strict=bool(spoken))
        },
        "item_times": _times(short.get("t"), codes),
        "assistance": short.get("h"),
        "wording_sha256": short.get("w"),
        "started_at": short.get("s"),
        "finished_at": short.get("f"),
        "device_offset_minutes": short.get("z"),
    }


def _times(text: Any, codes: Sequence[str]) -> dict[str, list[int | None]]:
    """Item → [seen, chosen] again: base 36, each item's step from the one before, and its own."""
    found: dict[str, list[int | None]] = {}
    if text is None:
        return found
    if not isinstance(text, str):
        raise TypeError("no text")
    seen = 0
    for code, each in zip(codes, text.split(","), strict=True):
        if each:
            step, _, more = each.partition(".")
            seen += int(step, 36)
            found[code] = [seen, seen + int(more, 36) if more else None]
    return found


def _with_its_day(filled: Filled, at: Occasion) -> Filled:
    """The form with the times of the code, where they are possible.

    The phone has put them right already, by what it last knew of the server's clock;
    a day ahead is not believed.
    """
    return replace(put_right(replace(filled, device_at=at.now), at), device_at=None)
