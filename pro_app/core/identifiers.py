"""Trial numbers: how they are read, compared and refused; one rule for every door.

A number is compared in a normal form, which knows no case, no full-width signs, no other
dash than the hyphen, no punctuation around it and no leading zeros. A site may give the
pattern of its numbers: letters, digits and separators stand for themselves, # for one digit.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, zip_longest

from pro_app.core.study import Site

#: As long as a number, and its pattern, may be.
LONGEST = 40
#: Stands for a digit in a pattern.
DIGIT = "#"

_NUMBER = re.compile(rf"[A-Z0-9._-]{{1,{LONGEST}}}")
_PATTERN = re.compile(r"[A-Z0-9#]+([._-][A-Z0-9#]+)*")
_RUNS = re.compile(r"[^\W\d_]+|[\d#]+")
#: What people put around a number, or a spreadsheet does; a percent sign or a slash means more.
_AROUND = "".join(chr(n) for n in range(0x3100) if unicodedata.category(chr(n))[0] in "PZ")
_AROUND = "".join(sign for sign in _AROUND if sign not in "%#&@*/\\") + "=\t\r\n"
#: Dashes that are no dash to Unicode: minus, hyphen bullet, a line, the Japanese long vowel.
_DASHES = frozenset("\u2212\u2043\u2500\u30fc")

#: What stands in a table where there is no value; compared without punctuation.
_MISSING = re.compile(
    r"NA|NAN|NAP|NULL|NIL|NONE|NO|YES|TRUE|FALSE|UNK(NOWN)?|UK|N[DKR]|MISS(ING)?|EMPTY|BLANK"
    r"|TB[ACD]|REF|VALUE|NAME|NUM|DIV0|X{1,4}|无|空|缺失|未知|不详|不明|暂无|没有|待定|未填|未编号"
)
_MISSING_FIGURE = re.compile(r"-[0-9]+|99+|0+")
_PATH = re.compile(
    r".*[/\\].*|.*\.\..*|~.*|[A-Z]:.*|.*\.(CSV|TSV|TXT|XLSX?|PDF|DOCX?|JSON|XML|ZIP|PNG|JPE?G)"
    r"|CON|PRN|AUX|COM[0-9]|LPT[0-9]"
)
_MONTH = "(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
#: Decimals, figures with an exponent, days and months, as spreadsheets write them.
_FIGURE = re.compile(
    r"[0-9]+[.][0-9]+|[0-9]+([.][0-9]+)?E[+-]?[0-9]+"
    r"|[0-9]{4}(?P<a>[-.])[0-9]{1,2}(?P=a)[0-9]{1,2}|[0-9]{1,2}(?P<b>[-.])[0-9]{1,2}(?P=b)[0-9]{4}"
    rf"|[0-9]{{1,2}}-{_MONTH}(-[0-9]{{2,4}})?|{_MONTH}-[0-9]{{2}}"
)
#: A mainland mobile number, with its country or without; an identity number, whose last
#: place may be an X.
_PERSONAL = re.compile(r"(00)?(86)?1[0-9]{10}|[0-9]{17}[0-9X]")


class Fault(StrEnum):
    """Why a text is no number that a patient can be given."""

    EMPTY = "EMPTY"  # nothing was written
    NO_NUMBER = "NO_NUMBER"  # it means missing, or is a path, a day or a measured figure
    PERSONAL = "PERSONAL"  # a telephone or identity number: a person is known by it elsewhere
    SIGNS = "SIGNS"  # other signs than letters, digits, dot, underscore, hyphen; or too many
    PATTERN = "PATTERN"  # not as the site's numbers are made
    OTHER_SITE = "OTHER_SITE"  # as the numbers of another site are made


@dataclass(frozen=True, slots=True)
class NotANumber:
    """`pattern` is that of the site, empty where it has none; `site` whose number it would be."""

    fault: Fault
    pattern: str = ""
    site: str = ""


def plain(text: str) -> str:
    """The text in capitals, half width, with plain hyphens, and nothing around it.

    Leading zeros stay: how many there are is for the pattern to say.
    """
    if not text.isascii():
        text = "".join(map(_usual, text))
    text = text.strip(_AROUND).upper()
    return re.sub(r"\s*([._-])[\s._-]*", r"\1", text)


def _usual(sign: str) -> str:
    """The sign as a keyboard without an input method writes it."""
    kind = unicodedata.category(sign)
    if kind == "Cf":  # marks of direction, joints of no width and the like come by pasting
        return ""
    if kind == "No":  # 1² is not 12, it is 1 with a footnote
        return sign
    return "-" if kind == "Pd" or sign in _DASHES else unicodedata.normalize("NFKC", sign)


def key(text: str) -> tuple[str, ...]:
    """What makes two numbers the same: their letters and their figures, in order."""
    runs = _RUNS.findall(plain(text))
    return tuple(run.lstrip("0") or "0" if run[0].isdecimal() else run for run in runs)


def read(text: str, site: str, sites: Sequence[Site]) -> str | NotANumber:
    """The number of a new patient of this site, as it is kept; or why it can be none.

    Where the site has a pattern, what has exactly one reading in it is that.
    """
    patterns = {each.code: each.identifier for each in sites}
    own = patterns.get(site, "")
    fault = fault_of(text)
    if fault in (Fault.EMPTY, Fault.PERSONAL) or _means_missing(text):
        return NotANumber(fault or Fault.NO_NUMBER, own)
    fitting = _fit(text, own) if own else None
    if fitting:
        return fitting
    for code, pattern in patterns.items():
        if pattern and pattern != own and _fit(text, pattern):
            return NotANumber(Fault.OTHER_SITE, own, code)
    if own or fault:
        return NotANumber(Fault.PATTERN if own else fault or Fault.SIGNS, own)
    return plain(text)


def fault_of(text: str) -> Fault | None:
    """Why this is no patient's number at any site, None where it may be one."""
    bare = plain(text)
    if not text.strip():
        return Fault.EMPTY
    if _PERSONAL.fullmatch(re.sub(r"[\s+._()-]", "", bare)):
        return Fault.PERSONAL
    if _means_missing(text) or _PATH.fullmatch(_as_written(text)) or _FIGURE.fullmatch(bare):
        return Fault.NO_NUMBER
    return None if _NUMBER.fullmatch(bare) and key(bare) else Fault.SIGNS


def _means_missing(text: str) -> bool:
    words = re.sub(r"[\W_]", "", plain(text))
    return not words or bool(
        _MISSING.fullmatch(words) or _MISSING_FIGURE.fullmatch(_as_written(text))
    )


def _as_written(text: str) -> str:
    """With its sign and its points, which `plain` takes from the ends."""
    return "".join(map(_usual, text)).strip().upper()


def _fit(text: str, pattern: str) -> str | None:
    """The one number of this pattern that the text can be read as, if there is one."""
    bare = plain(text)
    if not _NUMBER.fullmatch(bare.replace(" ", "-")):
        return None
    given, wanted = _RUNS.findall(bare), _RUNS.findall(pattern)
    if len(given) != len(wanted):
        return None
    filled = [_fill(*pair) for pair in zip(given, wanted, strict=True)]
    readings = iter(filled)
    return None if None in filled else _RUNS.sub(lambda _run: next(readings) or "", pattern)


def _fill(given: str, wanted: str) -> str | None:
    """A run of letters or digits as the pattern has it: of figures, the zeros may differ."""
    if not (given.isdecimal() and (DIGIT in wanted or wanted.isdecimal())):
        return given if given == wanted else None
    digits = given.lstrip("0").rjust(len(wanted), "0")
    fits = len(digits) == len(wanted) and all(
        sign in (DIGIT, digit) for sign, digit in zip(wanted, digits, strict=True)
    )
    return digits if fits else None


def nth(site: Site, count: int) -> str:
    """A number for the patient who comes as the `count`-th to a site.

    As its pattern says; `SITE-001` where it has none, or has not so many.
    """
    if len(str(count)) > site.identifier.count(DIGIT):
        return f"{site.code}-{count:03d}"
    return _numbered(site.identifier, count)


def example(pattern: str) -> str:
    """The first number of a pattern."""
    return _numbered(pattern, 1)


def _numbered(pattern: str, count: int) -> str:
    digits = iter(str(count).rjust(pattern.count(DIGIT), "0"))
    return re.sub(DIGIT, lambda _sign: next(digits), pattern)


def pattern_problems(sites: Sequence[Site]) -> Iterator[str]:
    """What is wrong with the patterns of a study's sites, each problem with what is expected."""
    given = [site for site in sites if site.identifier]
    sound = []
    for site in given:
        problem = _pattern_problem(site.identifier)
        if problem:
            yield f"sites.{site.code}.identifier: {site.identifier!r} {problem}"
        else:
            sound.append(site)
    for one, other in combinations(sound, 2):
        same = one.identifier == other.identifier
        if not same and _overlap(one.identifier, other.identifier):
            yield (
                f"sites.{other.code}.identifier: a number can fit {other.identifier!r} and the "
                f"{one.identifier!r} of {one.code} – expected the same for both, or letters or "
                "digits that tell them apart"
            )


def _pattern_problem(pattern: str) -> str | None:
    if len(pattern) > LONGEST:
        return f"has {len(pattern)} signs – expected at most {LONGEST}"
    if not _PATTERN.fullmatch(pattern):
        return (
            "is no pattern – expected capital letters A to Z, digits and # for each digit that "
            "counts, with single hyphens, dots or underscores between them, such as 'ABC-###'"
        )
    if DIGIT not in pattern:
        return "has no # – expected one # for each digit that counts, such as 'ABC-###'"
    if fault_of(example(pattern)):
        return (
            f"makes {example(pattern)!r} a number, which looks like a day, a figure, a file, or a "
            "telephone or identity number – expected letters that make it none, such as 'ABC-###'"
        )
    return None


def _overlap(one: str, other: str) -> bool:
    """Whether some text is a number of both patterns."""
    runs = _RUNS.findall(one), _RUNS.findall(other)
    return len(runs[0]) == len(runs[1]) and all(map(_can_be_same, *runs))


def _can_be_same(one: str, other: str) -> bool:
    if one.isalpha() or other.isalpha():
        return one == other
    places = zip_longest(reversed(one), reversed(other), fillvalue="0")
    return all(a == b or DIGIT in (a, b) for a, b in places)


class Numbers:
    """The numbers that patients have, to be found however they are typed."""

    def __init__(self, numbers: Iterable[str]) -> None:
        self._numbers = set(numbers)
        self._by_key: dict[tuple[str, ...], list[str]] | None = None

    def find(self, text: str) -> str | None:
        """The number that was meant: this very one, or else the only one of its normal form."""
        text = text.strip()
        if text in self._numbers:
            return text
        same = self._keys().get(key(text), ())
        return same[0] if len(same) == 1 else None

    def several(self, text: str) -> bool:
        """Whether more than one of them could be meant, and none is this very one."""
        return text.strip() not in self._numbers and len(self._keys().get(key(text), ())) > 1

    def add(self, number: str) -> None:
        if number not in self._numbers:
            self._numbers.add(number)
            if self._by_key is not None:
                self._by_key.setdefault(key(number), []).append(number)

    def _keys(self) -> dict[tuple[str, ...], list[str]]:
        if self._by_key is None:
            self._by_key = {}
            for number in sorted(self._numbers):
                self._by_key.setdefault(key(number), []).append(number)
        return self._by_key
