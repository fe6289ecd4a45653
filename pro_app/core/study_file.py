"""A study's parsed JSON → Study, refused with everything that is wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, get_origin, get_type_hints

from pro_app.core.records import read
from pro_app.core.study import Study, StudyError
from pro_app.core.study_checks import contradictions


def from_data(data: object, sha256: str, *, is_time_zone: Callable[[str], bool]) -> Study:
    """The study that `data` (a parsed study file) describes; its `comment` is left out.

    `is_time_zone` tells whether a name is known, which no pure value can.
    Errors: StudyError with every problem of shape (missing or unknown keys, wrong
    types), and with every contradiction in what has the right shape.
    """
    problems: list[str] = []
    stated = data
    if isinstance(data, Mapping):
        stated = {key: value for key, value in data.items() if key != "comment"}
        stated |= {"sha256": sha256}
    study: Study = read(Study, stated, "", problems)
    if isinstance(stated, Mapping):
        problems += _further_problems(stated, {_key(each) for each in problems}, is_time_zone)
    if problems:
        raise StudyError(problems)
    return study


def _further_problems(
    stated: Mapping[str, Any], misshapen: set[str], is_time_zone: Callable[[str], bool]
) -> list[str]:
    """What is wrong apart from these keys, whose values can't be looked at."""
    kinds = get_type_hints(Study)
    empty = {
        each.name: _empty(kinds[each.name]) for each in fields(Study) if each.default is MISSING
    }
    usable = {key: value for key, value in stated.items() if key in kinds and key not in misshapen}
    study: Study = read(Study, empty | usable, "", [])
    found = list(contradictions(study))
    if not is_time_zone(study.time_zone):
        found.append(f"time_zone: {study.time_zone!r} is unknown – expected one like Asia/Shanghai")
    if "reason_groups" in misshapen:
        found = [each for each in found if "expected one of reason_groups" not in each]
    return [each for each in found if _key(each) not in misshapen]


def _key(problem: str) -> str:
    """The key of the file with which a problem begins."""
    return re.split(r"[.:\[]", problem, maxsplit=1)[0]


def _empty(kind: Any) -> Any:
    """A value of the right shape that says nothing."""
    return {tuple: [], Mapping: {}}.get(get_origin(kind), "")
