"""The bytes of a file and the encoding in which they make sense; what can't be told is asked."""

import codecs
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from pro_app.intake.problems import BadOption, BadTable, CellProblem, Expected, Rule

#: As it is asked for → what reads it. GBK and GB2312 are parts of GB18030.
ENCODINGS = {
    "utf-8": "utf-8",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "utf-16": "utf-16",
    "windows-1252": "cp1252",
}
UTF_8, GB18030 = "utf-8", "gb18030"
#: What else these are called, as Python knows them.
_SAME = {
    "utf-8-sig": "utf-8",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5hkscs": "big5",
    "cp950": "big5",
    "utf-16-le": "utf-16",
    "utf-16-be": "utf-16",
    "cp1252": "windows-1252",
    "iso8859-1": "windows-1252",
}
#: How a file begins that a program keeps for itself.
_PROGRAMS = (
    (b"PK\x03\x04", ""),
    (b"\xd0\xcf\x11\xe0", ""),
    (b"$FL", "SPSS"),
    (b"<stata_dta>", "Stata"),
    (b"HEADER RECORD*******LIB", "SAS"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "SAS"),
    (b"\x1f\x8b", "R (RDS) / GZIP"),
    (b"RDX", "R"),
    (b"PAR1", "Parquet"),
    (b"%PDF", "PDF"),
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
#: What stands between Chinese characters: their punctuation, Japanese, full-width signs.
_WIDE = re.compile("[\u2e80-\u33ff\uff00-\uffef]")
_HIGH = re.compile(rb"[\x80-\xff](?:[\x40-\x7e]?[\x80-\xff])*[\x40-\x7e]?")


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a text file and how to read them; `name` without its folder.

    `encoding` is one of ENCODINGS; `mark`: it begins with a byte order mark.
    """

    content: bytes = field(repr=False)
    encoding: str
    mark: bool = False
    name: str = ""

    @property
    def codec(self) -> str:
        """What reads and writes it as it is."""
        return "utf-8-sig" if self.encoding == UTF_8 and self.mark else ENCODINGS[self.encoding]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def text(self) -> str:
        return self.content.decode(self.codec)


def encoding_asked(name: str) -> str:
    """The encoding that is called so. Errors: BadOption."""
    try:
        found = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        found = name
    found = _SAME.get(found, found)
    if found not in ENCODINGS:
        problem = CellProblem(None, "encoding", name, Expected(Rule.ONE_OF, tuple(ENCODINGS)))
        raise BadOption(problem)
    return found


def read_source(path: Path, encoding: str | None = None) -> Source:
    """The file's bytes and their encoding: the one that is asked for, or that can be told.

    Errors: BadTable when it can't be read, is no text or may be in several encodings.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _bad(Rule.READABLE, error.strerror) from error
    return source_of(content, encoding, path.name)


def source_of(content: bytes, encoding: str | None = None, name: str = "") -> Source:
    """These bytes and their encoding. Errors: as read_source."""
    for begins, program in _PROGRAMS:
        if content.startswith(begins):
            raise _bad(Rule.PROGRAM_FILE if program else Rule.WORKBOOK, None, program)
    mark = content.startswith(codecs.BOM_UTF8)
    if encoding is None:
        encoding = _told(content, mark=mark)
    elif encoding != "utf-16" and b"\0" in content:
        raise _bad(Rule.PLAIN_TEXT)
    try:
        content.decode(ENCODINGS[encoding])
    except UnicodeDecodeError as error:
        found = content[error.start : error.start + 4].hex(" ")
        line = content.count(b"\n", 0, error.start) + 1
        raise _bad(Rule.IN_ENCODING, found, encoding, line=line) from error
    return Source(content, encoding, mark, name)


def _told(content: bytes, *, mark: bool) -> str:
    """The encoding, where only one gives a text that somebody may have meant."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_wide(content):
        raise _bad(Rule.UTF_16)
    if b"\0" in content:
        raise _bad(Rule.PLAIN_TEXT)
    if content.isascii() or mark:
        return UTF_8
    as_utf_8, as_chinese = _decoded(content, UTF_8), _decoded(content, GB18030)
    if as_utf_8 is not None:
        if as_chinese and _HAN.search(as_chinese) and not _HAN.search(as_utf_8):
            _refuse_unclear(content, as_utf_8)
        return UTF_8
    if as_chinese is None:
        raise _bad(Rule.PLAIN_TEXT)
    if not any(_is_common(sign) for sign in set(as_chinese)):
        raise _unclear(content, (GB18030, "windows-1252"))
    return GB18030


def _is_wide(content: bytes) -> bool:
    """Whether every second byte is zero, as in UTF-16 without a mark."""
    start = content[:64]
    return len(start) > 3 and (not any(start[1::2]) or not any(start[::2]))


def _refuse_unclear(content: bytes, as_utf_8: str) -> None:
    """Two bytes of Chinese may read as one foreign letter or sign: Latin, Greek, Hebrew …

    Spaces, the punctuation of word processors and full-width signs are none of these.
    """
    if any(
        sign.isprintable() and (sign < "\u0800" or (sign.isalpha() and not _WIDE.match(sign)))
        for sign in set(as_utf_8)
        if not sign.isascii()
    ):
        raise _unclear(content, (UTF_8, GB18030))


def _unclear(content: bytes, encodings: tuple[str, ...]) -> BadTable:
    """The first place where the encodings differ, as each of them reads it."""
    for match in _HIGH.finditer(content):
        texts = [_decoded(match[0], each) for each in encodings]
        if all(texts):
            break
    else:
        return _bad(Rule.PLAIN_TEXT)
    told = [part for pair in zip(encodings, texts, strict=True) for part in pair]
    line = content.count(b"\n", 0, match.start()) + 1
    return _bad(Rule.ENCODING_UNCLEAR, None, *(str(part)[:30] for part in told), line=line)


def _is_common(sign: str) -> bool:
    """Whether this is one of the some 6,700 characters that nearly all Chinese is written with."""
    if not _HAN.match(sign):
        return False
    try:
        return bool(sign.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(ENCODINGS[encoding])
    except UnicodeDecodeError:
        return None


def _bad(rule: Rule, found: str | None = None, *among: str, line: int | None = None) -> BadTable:
    return BadTable(CellProblem(line, "", found, Expected(rule, tuple(filter(None, among)))))
