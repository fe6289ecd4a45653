"""What the columns of a file are called, and what they are meant to be.

A name that comes near an expected one is asked about, never taken for it: a map says so.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from pro_app.acts.entered import trimmed
from pro_app.intake.problems import BadOption, CellProblem, Expected, Rule

#: How a map names a column that has no name of its own, and all that it doesn't name.
UNNAMED, OTHERS = "#{}", "*"

_PARTS = re.compile(r"[^\W_]+")


class Renamed(NamedTuple):
    """A line of a map: this column of the file is that one, or none where `meant` is empty."""

    line: int
    title: str
    meant: str


def renamed(titles: Sequence[str], columns: Sequence[Renamed]) -> tuple[str, ...]:
    """What the columns are read as, empty for none. Errors: BadOption, of one that isn't there."""
    meant = {each.title: each.meant for each in columns}
    names = _names(titles)
    for each in columns:
        if each.title not in names and each.title != OTHERS:
            expected = Expected(Rule.MAP_COLUMN, tuple(name for name in names if name not in meant))
            raise BadOption(CellProblem(each.line, "map", each.title, expected))
    plain = [""] * len(names) if OTHERS in meant else map(trimmed, titles)
    return tuple(meant.get(name, title) for name, title in zip(names, plain, strict=True))


def left_out(titles: Sequence[str], columns: Sequence[Renamed]) -> set[int]:
    """The places of the columns that a map leaves out."""
    meant = {each.title: each.meant for each in columns}
    others = "" if OTHERS in meant else "read"
    return {place for place, name in enumerate(_names(titles)) if not meant.get(name, others)}


def _names(titles: Sequence[str]) -> list[str]:
    """The titles as a map calls them."""
    return [trimmed(title) or UNNAMED.format(place) for place, title in enumerate(titles, start=1)]


def near(wanted: str, found: Iterable[str]) -> str:
    """The name in the file that may mean the wanted one; empty where none does, or several do.

    Programs change the case of names, put a form's name before them, or take their
    punctuation away: gp1, fact_b_gp1, FACTB[GP1], patient.id, PatientID.
    """
    names = list(found)
    bare = _bare(wanted)
    same = [name for name in names if _bare(name) == bare]
    if not same:
        same = [name for name in names if bare in _endings(name)]
    if not same and len(bare) > 4:
        close = get_close_matches(bare, map(_bare, names), n=2, cutoff=0.8)
        same = [name for name in names if _bare(name) in close]
    return same[0] if len(same) == 1 else ""


def _bare(name: str) -> str:
    return "".join(_PARTS.findall(name)).casefold()


def _endings(name: str) -> set[str]:
    """What the name ends with, from one of its parts on, and its first part alone."""
    parts = [part.casefold() for part in _PARTS.findall(name)]
    return {"".join(parts[start:]) for start in range(1, len(parts))} | set(parts[:1])
