"""The words of a questionnaire in one language, and the check of a wording pack."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.core.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Wording:
    """`texts` maps every code of `codes()` that has words; `sha256` is its digest.

    `demonstration` marks words that are not the licensed questionnaire;
    `licence` is the site's reference, `valid_until` the last day it holds.
    """

    instrument: str
    language: str
    texts: Mapping[str, str]
    sha256: str
    demonstration: bool
    licence: str | None
    valid_until: date | None


class WordingProblemKind(StrEnum):
    """What can be wrong with a wording pack."""

    UNKNOWN_CODE = "UNKNOWN_CODE"  # the instrument has no such text
    UNKNOWN_LANGUAGE = "UNKNOWN_LANGUAGE"  # the study does not use it
    DOUBLED = "DOUBLED"  # a second text for the same code and language
    EMPTY = "EMPTY"  # the code stands there without words
    MISSING = "MISSING"  # the code does not stand there in this language
    NO_ROWS = "NO_ROWS"  # the pack holds nothing at all


@dataclass(frozen=True, slots=True)
class WordingProblem:
    """`line` is None where the fault is an absence; then no line can be shown."""

    kind: WordingProblemKind
    line: int | None
    code: str
    language: str


def codes(instrument: Instrument) -> tuple[str, ...]:
    """Every text code of a wording pack, in the order in which packs list them."""
    sections = [section.code for section in instrument.sections]
    responses = instrument.choices
    return (
        *(f"{part}_{section}" for section in sections for part in ("HEADING", "INTRO")),
        *instrument.item_codes,
        *(box.code for box in instrument.opt_outs),
        *(f"RESPONSE_{value}" for value in responses),
        "RECALL",
        "TITLE",
        "NOTICE",
    )


def required_codes(instrument: Instrument) -> tuple[str, ...]:
    """The text codes without which a pack is refused: all but headings and title."""
    optional = {"TITLE", *(f"HEADING_{section.code}" for section in instrument.sections)}
    return tuple(code for code in codes(instrument) if code not in optional)


def digest(language: str, texts: Mapping[str, str]) -> str:
    """The SHA-256, in hexadecimal, of the texts in one language, whatever their order."""
    canonical = json.dumps(
        {"language": language, "texts": dict(texts)},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def check(
    rows: Iterable[tuple[int, str, str, str]],
    instrument: Instrument,
    languages: Iterable[str],
) -> tuple[dict[str, dict[str, str]], list[WordingProblem]]:
    """Language → code → text in the order of `codes()`, and all that is wrong.

    Shapes: a row is (line, code, language, text). White space around a text is
    dropped, nothing else is changed. Only languages that occur in the rows are
    checked for completeness; of a doubled text the first stands.
    """
    order = codes(instrument)
    found: dict[str, dict[str, str]] = {language: {} for language in languages}
    seen: dict[str, None] = {}  # the languages that occur, in order of appearance
    problems: list[WordingProblem] = []
    line = None
    for line, code, language, text in rows:
        kind = _fault(code, language, text, found, instrument)
        if kind is not None:
            problems.append(WordingProblem(kind, line, code, language))
        if language in found:
            seen[language] = None
            if code in order:
                found[language].setdefault(code, text.strip())
    if line is None:
        problems.append(WordingProblem(WordingProblemKind.NO_ROWS, None, "", ""))
    packs = {language: found[language] for language in seen}
    problems += _missing(packs, instrument)
    return {
        language: {code: texts[code] for code in order if texts.get(code)}
        for language, texts in packs.items()
    }, problems


def _fault(
    code: str,
    language: str,
    text: str,
    found: Mapping[str, Mapping[str, str]],
    instrument: Instrument,
) -> WordingProblemKind | None:
    """What is wrong with a row, given the texts of the rows before it."""
    if language not in found:
        return WordingProblemKind.UNKNOWN_LANGUAGE
    if code not in codes(instrument):
        return WordingProblemKind.UNKNOWN_CODE
    if code in found[language]:
        return WordingProblemKind.DOUBLED
    if not text.strip() and code in required_codes(instrument):
        return WordingProblemKind.EMPTY
    return None


def _missing(
    found: Mapping[str, Mapping[str, str]], instrument: Instrument
) -> Iterator[WordingProblem]:
    for language, texts in found.items():
        for code in required_codes(instrument):
            if code not in texts:
                yield WordingProblem(WordingProblemKind.MISSING, None, code, language)
