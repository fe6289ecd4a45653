"""The check of a wording pack: is it whole, and can every text of it be shown as it stands."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pro_app.core.instrument import Instrument
from pro_app.core.wording import codes, required_codes


class WordingProblemKind(StrEnum):
    """What can be wrong with a wording pack."""

    UNKNOWN_CODE = "UNKNOWN_CODE"  # the instrument has no such text
    UNKNOWN_LANGUAGE = "UNKNOWN_LANGUAGE"  # the study does not use it
    DOUBLED = "DOUBLED"  # a second text for the same code and language
    EMPTY = "EMPTY"  # the code stands there without words
    MISSING = "MISSING"  # the code does not stand there in this language
    NO_ROWS = "NO_ROWS"  # the pack holds nothing at all
    PADDED = "PADDED"  # white space before or after the words
    UNSEEN = "UNSEEN"  # a control or invisible character; detail: its name, its place
    TOO_LONG = "TOO_LONG"  # detail: how long it is, how long it may be
    ALIKE = "ALIKE"  # two items, or two responses, read the same; detail: the other's code


@dataclass(frozen=True, slots=True)
class WordingProblem:
    """`line` is None where the fault is an absence; then no line can be shown.

    `detail` is what the kind names, as a reader may see it.
    """

    kind: WordingProblemKind
    line: int | None
    code: str
    language: str
    detail: tuple[str, ...] = ()


#: The longest text of each kind, in columns: a Chinese character takes two. A phone of 360
#: pixels shows about 32 in a line; an item and its responses are to stand on one screen.
LONGEST_ITEM = 200
LONGEST_RESPONSE = 60
LONGEST_HEADING = 100
LONGEST_LEAD = 400  # what stands before the items, and the box that leaves one out
LONGEST_NOTICE = 1000

#: Characters that no screen shows, beside those of the categories below.
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Control, format, surrogate, private and unassigned characters; separators of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_CONTROLS = {"\t": "TAB", "\n": "LINE FEED", "\r": "CARRIAGE RETURN"}

Row = tuple[int, str, str, str]


def check(
    rows: Iterable[Row], instrument: Instrument, languages: Iterable[str]
) -> tuple[dict[str, dict[str, str]], list[WordingProblem]]:
    """Language → code → text in the order of `codes()`, and all that is wrong.

    Shapes: a row is (line, code, language, text). Nothing of a text is changed. Only
    languages that occur in the rows are checked for completeness; of a doubled text
    the first stands.
    """
    order = codes(instrument)
    found: dict[str, dict[str, str]] = {language: {} for language in languages}
    lines: dict[tuple[str, str], int] = {}
    seen: dict[str, None] = {}  # the languages that occur, in order of appearance
    problems: list[WordingProblem] = []
    line = None
    for line, code, language, text in rows:
        kind = _fault(code, language, text, found, instrument)
        if kind is not None:
            problems.append(WordingProblem(kind, line, code, language))
        else:
            problems += _faults_of(line, code, language, text, instrument)
        if language in found:
            seen[language] = None
            if code in order and code not in found[language]:
                found[language][code] = text
                lines[language, code] = line
    if line is None:
        problems.append(WordingProblem(WordingProblemKind.NO_ROWS, None, "", ""))
    packs = {language: found[language] for language in seen}
    problems += _missing(packs, instrument)
    problems += _alike(packs, lines, instrument)
    return {
        language: {code: texts[code] for code in order if texts.get(code, "").strip()}
        for language, texts in packs.items()
    }, problems


def folded(text: str) -> str:
    """A text as a reader takes it in: without its case, widths and white space."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def columns(text: str) -> int:
    """How much room a text takes: two for a wide character, none for a mark above another."""
    return sum(_columns(each) for each in text)


def longest(code: str, instrument: Instrument) -> int:
    """How many columns the text of this code may take."""
    if code in instrument.item_codes:
        return LONGEST_ITEM
    if code.startswith("RESPONSE_"):
        return LONGEST_RESPONSE
    if code == "TITLE" or code.startswith("HEADING_"):
        return LONGEST_HEADING
    return LONGEST_NOTICE if code == "NOTICE" else LONGEST_LEAD


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


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


def _faults_of(
    line: int, code: str, language: str, text: str, instrument: Instrument
) -> Iterator[WordingProblem]:
    """Why a text can't be shown as it stands; a text of white space alone is none."""
    inner = text.strip()
    if not inner:
        return
    if inner != text:
        yield WordingProblem(WordingProblemKind.PADDED, line, code, language)
    most, length = longest(code, instrument), columns(inner)
    for detail in unseen(text, in_lines=most in (LONGEST_LEAD, LONGEST_NOTICE)):
        yield WordingProblem(WordingProblemKind.UNSEEN, line, code, language, detail)
    if length > most:
        detail = (str(length), str(most))
        yield WordingProblem(WordingProblemKind.TOO_LONG, line, code, language, detail)


def unseen(text: str, *, in_lines: bool) -> Iterator[tuple[str, str]]:
    """The name and the first place of each control or invisible character between the words.

    `in_lines`: it may have several lines, and so their ends.
    """
    shown = text.replace("\r\n", " \n") if in_lines else text
    for each in dict.fromkeys(shown.strip()):
        if _is_unseen(each) and not (in_lines and each == "\n"):
            yield _name(each), str(shown.index(each) + 1)


def _is_unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNSEEN
        or character in _FILLERS
        or "VARIATION SELECTOR" in unicodedata.name(character, "")
    )


def _name(character: str) -> str:
    """U+200B ZERO WIDTH SPACE."""
    known = unicodedata.name(character, _CONTROLS.get(character, ""))
    return f"U+{ord(character):04X} {known}".rstrip()


def _missing(
    found: Mapping[str, Mapping[str, str]], instrument: Instrument
) -> Iterator[WordingProblem]:
    for language, texts in found.items():
        for code in required_codes(instrument):
            if code not in texts:
                yield WordingProblem(WordingProblemKind.MISSING, None, code, language)


def _alike(
    found: Mapping[str, Mapping[str, str]],
    lines: Mapping[tuple[str, str], int],
    instrument: Instrument,
) -> Iterator[WordingProblem]:
    """Items, and responses, that nobody can tell apart."""
    responses = [f"RESPONSE_{value}" for value in instrument.choices]
    for language, texts in found.items():
        for group in (instrument.item_codes, responses):
            first: dict[str, str] = {}
            for code in group:
                text = folded(texts.get(code, ""))
                if text and first.setdefault(text, code) != code:
                    line, other = lines[language, code], first[text]
                    yield WordingProblem(WordingProblemKind.ALIKE, line, code, language, (other,))
