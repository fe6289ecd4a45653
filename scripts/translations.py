"""Bring the catalogue of each language in line with the strings in the code.

`python scripts/translations.py [--language CODE] [FILE.json …]`: strings that are gone
are dropped, new ones are added: in English as they stand, in the others as they were, or
empty, to be filled in. The files give a language its strings, Chinese if no other is
named: {"English": "中文"}. A test refuses empty ones.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pro_app.languages import LANGUAGES, SOURCE  # noqa: E402 - a script starts beside its folder

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


def bring_in_line(code: str, places: dict[str, list[str]], given: Mapping[str, str]) -> list[str]:
    """The strings that have no text yet in this language, whose catalogue is written."""
    locale = LANGUAGES[code].locale
    if code == SOURCE:
        known: Mapping[str, str] = {message: message for message in places}
    else:
        known = {**given, **{message: text for message, text in read(locale).items() if text}}
    write(locale, {message: known.get(message, "") for message in places}, places)
    return [message for message in sorted(places) if not known.get(message)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--language", choices=[*LANGUAGES], default="zh")
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args()
    given: dict[str, str] = {}
    for file in asked.files:
        given |= json.loads(file.read_text(encoding="utf8"))
    places = extracted()
    for code in LANGUAGES:
        missing = bring_in_line(code, places, given if code == asked.language else {})
        for message in missing:
            print(f"no text in {LANGUAGES[code].name} yet: {message}", file=sys.stderr)


if __name__ == "__main__":
    main()
