"""Bring both catalogues in line with the strings in the code.

`python scripts/translations.py [FILE.json …]`: strings that are gone are dropped,
new ones are added: in English as they stand, in Chinese from the files
({"English": "中文"}) or empty, to be filled in by hand. A test refuses empty ones.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "translations"
# Fixed, else every run would change the files.
STAMP = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {"_": None, "gettext": None, "_l": None, "lazy_gettext": None, "ngettext": (1, 2)}


def extracted() -> dict[str, list[str]]:
    """Every string of the interface → the files it stands in."""
    with (FOLDER / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found: dict[str, list[str]] = {}
    rows = extract_from_dir(
        ROOT / "pro_app", method_map=methods, options_map=options, keywords=KEYWORDS
    )
    for name, _line, message, _comments, _context in rows:
        found.setdefault(message, []).append(name)
    return found


def catalogue(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> dict[str, str]:
    """The strings of one catalogue and what they are in its language."""
    path = catalogue(locale)
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {m.id: m.string for m in read_po(file, locale=locale) if m.id and not m.fuzzy}


def write(locale: str, texts: dict[str, str], places: dict[str, list[str]]) -> None:
    made = Catalog(
        locale=locale,
        fuzzy=False,
        header_comment="# The interface's strings; the items' wording is data of its own.",
        creation_date=STAMP,
        revision_date=STAMP,
    )
    for message in sorted(texts):
        where = [(name, None) for name in sorted(set(places[message]))]
        made.add(message, texts[message], locations=where)
    path = catalogue(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, made, width=100, include_lineno=False, omit_header=False)


def main(files: list[str]) -> None:
    places = extracted()
    given: dict[str, str] = {}
    for name in files:
        given |= json.loads(Path(name).read_text(encoding="utf8"))
    chinese = given | {message: text for message, text in read("zh_Hans_CN").items() if text}
    write("en", {message: message for message in places}, places)
    write("zh_Hans_CN", {message: chinese.get(message, "") for message in places}, places)
    for message in sorted(places):
        if not chinese.get(message):
            print(f"no Chinese yet: {message}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
