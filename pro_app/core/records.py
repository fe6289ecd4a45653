"""Parsed JSON → frozen dataclasses, with every problem of shape named by its place."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


def read(kind: Any, raw: Any, where: str, problems: list[str]) -> Any:
    """`raw` as a value of the type `kind`; what does not fit is added to `problems`.

    Shapes: dataclasses from objects, tuples from lists, mappings by text, and
    plain values by their exact type (true is no number). The value may be used
    only when `problems` is empty.
    """
    if isinstance(kind, type) and is_dataclass(kind):
        return _read_record(kind, raw, where, problems)
    origin = get_origin(kind)
    if origin is tuple:
        if not isinstance(raw, list):
            problems.append(f"{where}: {_shown(raw)} – expected a list")
            return ()
        member = get_args(kind)[0]
        return tuple(read(member, each, f"{where}[{i}]", problems) for i, each in enumerate(raw))
    if origin is Mapping:
        if not isinstance(raw, Mapping):
            problems.append(f"{where}: {_shown(raw)} – expected an object")
            return {}
        member = get_args(kind)[1]
        return {key: read(member, each, f"{where}.{key}", problems) for key, each in raw.items()}
    allowed = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if float in allowed and type(raw) is int:
        return float(raw)
    if type(raw) not in allowed:
        problems.append(f"{where}: {_shown(raw)} – expected {expected(kind)}")
    return raw


def _read_record(kind: type, raw: Any, where: str, problems: list[str]) -> Any:
    if not isinstance(raw, Mapping):
        wanted = expected(kind) if where else "an object"
        problems.append(f"{where or 'the file'}: {_shown(raw)} – expected {wanted}")
        return None
    hints = get_type_hints(kind)
    prefix = f"{where}." if where else ""
    known = {field.name: field.default is not MISSING for field in fields(kind)}
    missing = [name for name, optional in known.items() if name not in raw and not optional]
    problems += [f"{prefix}{name}: missing – expected {expected(hints[name])}" for name in missing]
    problems += [
        f"{prefix}{name}: unknown – expected no such key" for name in raw if name not in known
    ]
    values = {
        name: read(hints[name], raw[name], prefix + name, problems) for name in known if name in raw
    }
    return None if missing else kind(**values)


_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    type(None): "null",
}


def expected(kind: Any) -> str:
    """What JSON has for the type `kind`, in words."""
    if isinstance(kind, type) and is_dataclass(kind):
        needed = [each.name for each in fields(kind) if each.default is MISSING]
        return f"an object with {', '.join(needed)}"
    if get_origin(kind) in (tuple, Mapping):
        return "a list" if get_origin(kind) is tuple else "an object"
    allowed = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return " or ".join(_NAMES[each] for each in allowed)


def _shown(raw: Any) -> str:
    """A value as the file has it, cut short."""
    text = json.dumps(raw, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"
