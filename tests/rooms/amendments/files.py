"""Study files that differ from the shipped one, as an amendment's author would write them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pro_app.studies import load

Data = dict[str, Any]


def shipped() -> Data:
    return copy.deepcopy(json.loads(load("nct04158843").content))  # type: ignore[no-any-return]


def written(folder: Path, name: str, change: Callable[[Data], object]) -> Path:
    """A study file with one change; the name differs, since a file is read once."""
    data = shipped()
    change(data)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return file


def visit(data: Data, code: str) -> Data:
    return next(each for each in data["visits"] if each["code"] == code)


def longer_v1(data: Data) -> None:
    visit(data, "V1")["days_after"] = 28


def without(*codes: str) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        data["visits"] = [each for each in data["visits"] if each["code"] not in codes]

    return change
