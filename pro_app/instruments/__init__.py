"""The questionnaires as data files, read, checked and checksummed here.

A folder holds `structure.json` and, for each language in which the questionnaire
can be shown without a licence, `wording_demo_<language>.json`.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pro_app.core import instrument as instruments
from pro_app.core import wording
from pro_app.core.instrument import Instrument, InstrumentError
from pro_app.core.wording import Wording
from pro_app.core.wording_check import WordingProblemKind, check

_SHIPPED = Path(__file__).parent

_WORDING_PROBLEMS = {
    WordingProblemKind.UNKNOWN_CODE: "unknown – expected a code of the instrument",
    WordingProblemKind.EMPTY: "empty – expected its words",
    WordingProblemKind.MISSING: "missing – expected its words",
    WordingProblemKind.NO_ROWS: "there are none",
    WordingProblemKind.PADDED: "white space around it – expected the words alone",
    WordingProblemKind.UNSEEN: "holds a character that nobody sees",
    WordingProblemKind.TOO_LONG: "too long for a phone",
    WordingProblemKind.ALIKE: "reads like another one – expected another text",
}


@cache
def load(name: str) -> Instrument:
    """The instrument in the shipped folder `name`, or in the folder at the path `name`.

    Its `sha256` is over the bytes of structure.json.
    Errors: InstrumentError where there is none, or the file contradicts itself.
    """
    try:
        content = (_folder(name) / "structure.json").read_bytes()
    except OSError as error:
        shipped = ", ".join(sorted(path.parent.name for path in _SHIPPED.glob("*/structure.json")))
        raise InstrumentError(
            [
                f"{name!r} is unknown – expected one of {shipped}, or a folder beside the study "
                "file with a structure.json in it"
            ]
        ) from error
    try:
        data = json.loads(content)
    except ValueError as error:
        raise InstrumentError([f"structure.json: no JSON: {error}"]) from error
    if not isinstance(data, dict):
        raise InstrumentError(["structure.json: expected an object"])
    return instruments.from_data(data, hashlib.sha256(content).hexdigest())


@cache
def demonstration(name: str, language: str) -> Wording:
    """The demonstration wording of an instrument: our own words, never the licensed ones.

    Errors: FileNotFoundError where there is none in `language`; InstrumentError
    where it is not complete.
    """
    instrument = load(name)
    path = _folder(name) / f"wording_demo_{language}.json"
    content = path.read_bytes()
    try:
        stated = json.loads(content)["texts"]
        rows = [(0, code, language, str(text)) for code, text in stated.items()]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InstrumentError(
            [f"{path.name}: expected a JSON object whose key texts has codes and their words"]
        ) from error
    texts, problems = check(rows, instrument, [language])
    if problems:
        raise InstrumentError(
            f"{path.name}: texts.{each.code}: {_WORDING_PROBLEMS[each.kind]}" for each in problems
        )
    return Wording(
        instrument=instrument.id,
        language=language,
        texts=MappingProxyType(texts[language]),
        sha256=wording.digest(language, texts[language]),
        demonstration=True,
        licence=None,
        valid_until=None,
    )


def demonstration_if_any(name: str, language: str) -> Wording | None:
    """The same, None where there is none in this language."""
    try:
        return demonstration(name, language)
    except FileNotFoundError:
        return None


def _folder(name: str) -> Path:
    shipped = _SHIPPED / name
    return shipped if (shipped / "structure.json").is_file() else Path(name)
