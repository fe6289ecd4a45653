"""The protocols as data files, and the door that reads them."""

import hashlib
import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
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
        data = json.loads(content)
    except ValueError as error:
        raise StudyError([f"{path}: not JSON: {error}"]) from error
    study = from_data(data, hashlib.sha256(content).hexdigest(), is_time_zone=_is_time_zone)
    folder = path.parent / study.instrument
    if own and folder.is_dir():
        study = replace(study, instrument=str(folder.resolve()))
    return study


def shipped_ids() -> tuple[str, ...]:
    """The ids that `load` knows without a path."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.json")))


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder
        return False
    return True
