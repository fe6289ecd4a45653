"""A wording pack written as JSON → rows of (place, code, language, text)."""

import json
from typing import Any, NamedTuple


class PackRow(NamedTuple):
    """`place`: the line of a CSV file, or the number of an entry."""

    place: int
    code: str
    language: str
    text: str
    back_translation: str = ""


class BadPack(Exception):
    """A JSON text that is no wording pack; `place` is the line or entry at fault."""

    def __init__(self, what: str, place: int | None = None) -> None:
        self.what = what
        self.place = place
        super().__init__(what)


class _Object(list[tuple[str, Any]]):
    """An object as its pairs: a dictionary would hide a doubled code."""


def looks_like_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def rows_of_json(text: str) -> list[PackRow]:
    """The rows of [{"code", "language", "text"}, …] or {language: {code: text}}.

    An entry of the first may have a "back_translation".

    Errors: BadPack, with the line of a fault in the notation.
    """
    try:
        data = json.loads(text, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        raise BadPack(error.msg, error.lineno) from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits; a thousand brackets
        raise BadPack("nested too deeply, or too large a number") from error
    pairs = _by_language(data) if isinstance(data, _Object) else _entries(data)
    return [PackRow(place, *pair) for place, pair in enumerate(pairs, start=1)]


def _by_language(data: _Object) -> list[tuple[str, str, str]]:
    found = []
    for language, texts in data:
        if not isinstance(texts, _Object):
            raise BadPack(f"{language}: not an object of code and text")
        for code, text in texts:
            if not isinstance(text, str):
                raise BadPack(f"{language}.{code}: not a text")
            found.append((code, language, text))
    return found


def _entries(data: list[Any]) -> list[tuple[str, str, str, str]]:
    found = []
    for place, entry in enumerate(data, start=1):
        pairs = dict(entry) if isinstance(entry, _Object) else {}
        back = pairs.pop("back_translation", "")
        values = [*(pairs.get(name) for name in ("code", "language", "text")), back]
        if len(pairs) != 3 or not all(isinstance(value, str) for value in values):
            raise BadPack("not an object of code, language and text", place)
        code, language, text, back = map(str, values)
        found.append((code, language, text, back))
    return found
