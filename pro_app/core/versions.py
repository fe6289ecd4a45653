"""The version of a record: one digest of all that stands in it, to be signed and compared."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any

#: Table → its rows, as plain values.
Record = Mapping[str, Sequence[Mapping[str, Any]]]


def version_sha256(record: Record) -> str:
    """The SHA-256 of the record's canonical JSON: the same whatever order the rows came in."""
    rows = {name: sorted(map(_canonical, found)) for name, found in record.items() if found}
    return sha256(_canonical(rows).encode("utf-8", "surrogatepass")).hexdigest()


def version_of_many(versions: Mapping[str, str]) -> str:
    """The version of many records together: trial number → each one's."""
    return sha256(_canonical(versions).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)
