"""The words of a questionnaire in one language: which there are, and their digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

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


def differing(before: str, after: str) -> tuple[str, str, str]:
    """The second text in three: what both begin with, what differs, what both end with."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    most = min(len(before), len(after)) - head
    while tail < most and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    end = len(after) - tail
    return after[:head], after[head:end], after[end:]
