"""Read what a phone sent as JSON, strictly: every fault is named, nothing is guessed."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pro_app.acts.filled import Filled
from pro_app.core.facts import Assistance
from pro_app.patient.from_phone import Unfinished
from pro_app.security import secrets


class Fault(StrEnum):
    """What is wrong with one field of the message."""

    NOT_AN_OBJECT = "NOT_AN_OBJECT"  # the message is no JSON object
    MISSING = "MISSING"
    NO_SUCH_FIELD = "NO_SUCH_FIELD"
    NOT_POSSIBLE = "NOT_POSSIBLE"  # not of the kind that this field takes


@dataclass(frozen=True, slots=True)
class FieldProblem:
    field: str
    fault: Fault


_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
#: No zone is further from UTC than this.
_FURTHEST_MINUTES = 14 * 60
#: A clock that lost its battery says 1970, and what it says of how long ago something was
#: still holds. Days much further away can't be turned into UTC, or be stored.
_YEARS = range(1900, 2200)
_FORM = ("visit", "answers", "language")
_DRAFT = ("submission_id", "base", "answers", "language")
#: Seconds; a phone whose clock was set meanwhile may well count backwards.
_LONGEST_SECONDS = 10**8
#: No draft is saved more often.
_MOST_REVISIONS = 10**6


def read_payload(
    submission_id: str, body: bytes, *, languages: Collection[str], items: Collection[str]
) -> Filled | list[FieldProblem]:
    """The form in the message, or all that is wrong with its shape.

    The answers' values are left to the core, which names each that is no choice.
    """
    readers = {
        **_common(languages, items),
        "visit": _text,
        "wording_sha256": _sha256,
        "finished_at": _instant,
        "device_offset_minutes": _offset,
        "assistance": _assistance,
    }
    values = _read(body, readers, _FORM)
    return values if isinstance(values, list) else Filled(submission_id=submission_id, **values)


def read_draft(
    body: bytes, *, languages: Collection[str], items: Collection[str]
) -> Unfinished | list[FieldProblem]:
    """The unfinished form in the message, or all that is wrong with its shape."""
    readers = {**_common(languages, items), "submission_id": _submission_id, "base": _revision}
    values = _read(body, readers, _DRAFT)
    return values if isinstance(values, list) else Unfinished(**values)


def _read(
    body: bytes, readers: Mapping[str, Callable[[Any], Any]], required: Collection[str]
) -> dict[str, Any] | list[FieldProblem]:
    message = _object(body)
    if message is None:
        return [FieldProblem("", Fault.NOT_AN_OBJECT)]
    problems = [FieldProblem(name, Fault.MISSING) for name in required if name not in message]
    values: dict[str, Any] = {}
    for name, raw in message.items():
        if name not in readers:
            problems.append(FieldProblem(name[:40], Fault.NO_SUCH_FIELD))
            continue
        # An optional field may be there and empty.
        if raw is None and name not in required:
            continue
        values[name] = readers[name](raw)
        if values[name] is None:
            problems.append(FieldProblem(name, Fault.NOT_POSSIBLE))
    return problems or values


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):  # no JSON or UTF-8; a thousand brackets
        return None
    return message if isinstance(message, dict) else None


def _common(
    languages: Collection[str], items: Collection[str]
) -> Mapping[str, Callable[[Any], Any]]:
    """Field → what turns its raw value into ours, None where it can't be."""

    def language(raw: Any) -> str | None:
        return raw if isinstance(raw, str) and raw in languages else None

    def item_languages(raw: Any) -> dict[str, str] | None:
        fits = isinstance(raw, dict) and all(
            code in items and language(value) for code, value in raw.items()
        )
        return raw if fits else None

    def item_times(raw: Any) -> dict[str, list[int | None]] | None:
        fits = isinstance(raw, dict) and all(
            code in items and _is_span(value) for code, value in raw.items()
        )
        return raw if fits else None

    return {
        "answers": lambda raw: raw if isinstance(raw, dict) else None,
        "language": language,
        "item_languages": item_languages,
        "item_times": item_times,
        "started_at": _instant,
        "device_at": _instant,
    }


def _text(raw: Any) -> str | None:
    return raw if isinstance(raw, str) else None


def _assistance(raw: Any) -> Assistance | None:
    return Assistance(raw) if isinstance(raw, str) and raw in set(Assistance) else None


def _submission_id(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and secrets.is_submission_id(raw) else None


def _revision(raw: Any) -> int | None:
    return raw if type(raw) is int and 0 <= raw <= _MOST_REVISIONS else None


def _is_span(raw: Any) -> bool:
    """Whether it is [first seen, last chosen], in seconds after the start; none if not yet."""
    return (
        isinstance(raw, list)
        and len(raw) == 2
        and all(
            each is None or (type(each) is int and abs(each) <= _LONGEST_SECONDS) for each in raw
        )
    )


def _sha256(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and _SHA256.fullmatch(raw) else None


def _instant(raw: Any) -> datetime | None:
    try:
        instant = datetime.fromisoformat(raw)
    except (TypeError, ValueError):
        return None
    if instant.tzinfo is None or instant.year not in _YEARS:
        return None
    return instant.astimezone(UTC)


def _offset(raw: Any) -> int | None:
    fits = type(raw) is int and -_FURTHEST_MINUTES <= raw <= _FURTHEST_MINUTES
    return raw if fits else None
