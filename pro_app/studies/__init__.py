"""The protocols as data files, and the door that reads them."""

import json
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pro_app.core.study import Study, StudyError
from pro_app.core.study_file import from_data

_SHIPPED = Path(__file__).parent


@lru_cache(maxsize=8)
def load(name: str) -> Study:
    """The study of a shipped id, or of a path that ends in `.json`.

    The instrument of a file of one's own may be a folder beside it.
    Errors: StudyError if there is no such study or its data can't be used.
    """
    own = name.endswith(".json")
    path = Path(name) if own else _SHIPPED / f"{name}.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        known = ", ".join(shipped_ids())
        raise StudyError([f"{name}: no such study file, nor one of {known}"]) from error
    try:
        data = json.loads(content, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise StudyError([f"{path}: not JSON: {error}"]) from error
    study = from_data(data, is_time_zone=_is_time_zone)
    folder = path.parent / study.instrument
    if own and folder.is_dir():
        study = replace(study, instrument=str(folder.resolve()))
    return study


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys all differ: else the last would win without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        doubled = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
        raise ValueError(f"the key {doubled[0]} stands twice in one object")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


@lru_cache(maxsize=64)
def from_content(content: str, *, instrument: str) -> Study:
    """The study of a version that was kept; `instrument` is where the copy at hand has it."""
    study = from_data(json.loads(content), is_time_zone=_is_time_zone)
    return replace(study, instrument=instrument)


def shipped_ids() -> tuple[str, ...]:
    """The ids that `load` knows without a path."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.json")))


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder
        return False
    return True
