"""The digest of a row as it was stored: what lets the trail witness the data.

It is salted, since a row may hold little that can't be guessed: who knew a digest without a
salt could try the arms one after the other. Empty columns are left out, so that a column which
a later version adds changes no digest.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pro_app.core.trail_event import sealed_bytes


def row_digest(salt: str, table: str, row: Mapping[str, Any]) -> str:
    """The digest of a row of a table; `row` maps a column to its value, none of them empty."""
    return sha256(sealed_bytes([salt, table, row])).hexdigest()
