"""What the trail tells of the data: the digest of each row, and what comparing them finds.

A digest is salted, since a row may hold little that can't be guessed: who knew it without a
salt could try the arms one after the other. Empty columns are left out, so that a column which
a later version adds changes no digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from pro_app.core.trail_event import sealed_bytes

#: The action of the event that counts the rows that were there before any was told of.
BEGUN = "trail.witness_begun"


def row_digest(salt: str, table: str, row: Mapping[str, Any]) -> str:
    """The digest of a row of a table; `row` maps a column to its value, none of them empty."""
    return sha256(sealed_bytes([salt, table, row])).hexdigest()


class Differs(StrEnum):
    """How the tables differ from what the trail tells."""

    ALTERED = "ROW_ALTERED"  # the row says something else than when it was written
    DELETED = "ROW_DELETED"  # an event tells of a row that is gone
    ADDED = "ROW_ADDED"  # a row of which no event tells
    ENDED = "ROW_ENDED"  # superseded, or moved, otherwise than the events tell


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row that differs: its table and key, and the event that tells of it.

    `key` is None where it can't be known which of the rows from before it is. `number` and
    `visit` say whose row it is, where that can be seen.
    """

    wrong: Differs
    table: str
    key: tuple[Any, ...] | None
    event_id: int | None = None
    number: str | None = None
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class DataVerdict:
    """What a comparison of tables and trail found.

    `unwitnessed`: so many rows were written before version 2, and no event tells of them.
    """

    rows: int
    unwitnessed: int
    difference: Difference | None = None
