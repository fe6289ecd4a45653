"""What no address, field or message may hold: refused once, before anybody reads it.

PostgreSQL takes no NUL in a text, no encoding half a character, and neither database a
number beyond its columns. Nobody types these; a page that met one would end in an error.
"""

import re
from collections.abc import Iterator

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, ValidationError

#: The largest number of a row in either database.
LARGEST_ID = 2**31 - 1
_PHONES = "patient.json"
#: In JSON a NUL or half of a pair is written so; of a pair both halves stand together.
_ESCAPED = re.compile(
    rb"\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class _Id(IntegerConverter):
    """A number in an address; one that no row can have leads nowhere."""

    def to_python(self, value: str) -> int:
        if len(value) > 10 or (found := int(super().to_python(value))) > LARGEST_ID:
            raise ValidationError
        return found


def bound_numbers(app: Flask) -> None:
    """Let no route of this application be met by a number that no row can have."""
    app.url_map.converters["int"] = _Id


def refuse_malformed() -> None:
    """Return where every text of this request can be kept. Errors: 400."""
    if any("\0" in text for text in _texts()):
        abort(400)
    # What a phone hands in is read field by field, and the nurse is told why it is not taken.
    if request.is_json and request.blueprint != _PHONES and _is_malformed(request.get_data()):
        abort(400)


def _texts() -> Iterator[str]:
    yield request.path
    yield from request.cookies.values()
    for given in (request.args, request.form):
        for name, value in given.items(multi=True):
            yield name
            yield value
    for name, file in request.files.items(multi=True):
        yield name
        yield file.filename or ""


def _is_malformed(message: bytes) -> bool:
    return b"\0" in message or (b"\\u" in message and _ESCAPED.search(message) is not None)
