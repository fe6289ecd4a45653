"""What an amendment changes of a study, and what it must not."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pro_app.core.study import Study


class Field(StrEnum):
    """The keys of a study file; the values are those that stand in it."""

    ID = "id"
    REGISTRY_ID = "registry_id"
    INSTRUMENT = "instrument"
    TIME_ZONE = "time_zone"
    ARMS = "arms"
    SITES = "sites"
    VERSION = "version"
    TITLE = "title"
    LANGUAGES = "languages"
    FORM_LAYOUT = "form_layout"
    VISITS = "visits"
    STOP_EVENTS = "stop_events"
    REASON_GROUPS = "reason_groups"
    REASONS = "reasons"
    ALERTS = "alerts"
    COMPLETION_FLOOR = "completion_floor"
    SOURCES = "sources"


#: One value each, and none that an amendment may change.
_FIXED = (Field.ID, Field.REGISTRY_ID, Field.INSTRUMENT, Field.TIME_ZONE)
#: Lists of things with a code.
CODED = (Field.ARMS, Field.SITES, Field.VISITS, Field.REASONS, Field.ALERTS)


class Forbidden(StrEnum):
    """Why an amendment is not taken."""

    FIXED = "FIXED"  # this stays as it is as long as the study lasts
    ARM_CODES = "ARM_CODES"  # patients are allocated to these arms
    SITE_IN_USE = "SITE_IN_USE"  # patients or staff belong to a site that would be gone
    BASELINE = "BASELINE"  # the first visit keeps its code
    REASON_IN_USE = "REASON_IN_USE"  # it was given for a form, and must stay readable
    ALERT_IN_USE = "ALERT_IN_USE"  # forms were found by it, and it must stay readable
    LANGUAGE_GONE = "LANGUAGE_GONE"  # patients may be using it


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`before` and `after` are what stands in the two versions, or the codes at fault."""

    why: Forbidden
    field: Field
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class InUse:
    """The codes that stand in the database."""

    in_sites: Collection[str]
    reasons: Collection[str] = ()
    alerts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version says otherwise than the one before; None: it says nothing.

    `code` names the entry of a list, `key` what of it; both are empty where they
    don't apply. The values are those of the file.
    """

    field: Field
    code: str
    key: str
    before: Any
    after: Any


def identity_changes(held: Study, given: Study) -> tuple[Field, ...]:
    """What makes the given file another study than the one that is held.

    A site may come in by an amendment, and one that nobody belongs to may go: at least
    one must be the same.
    """
    was, is_now = _data(held), _data(given)
    found = [each for each in _FIXED if was.get(each) != is_now.get(each)]
    if set(_codes(was, Field.ARMS)) != set(_codes(is_now, Field.ARMS)):
        found.append(Field.ARMS)
    if not set(_codes(was, Field.SITES)) & set(_codes(is_now, Field.SITES)):
        found.append(Field.SITES)
    return tuple(found)


def changed_fields(before: Study, after: Study) -> tuple[Field, ...]:
    """The keys of the file that say something else."""
    return tuple(dict.fromkeys(each.field for each in differences(before, after)))


def obstacles(before: Study, after: Study, used: InUse) -> tuple[Obstacle, ...]:
    """Why the second can't follow upon the first."""
    return tuple(_obstacles(before, after, used))


def _obstacles(before: Study, after: Study, used: InUse) -> Iterator[Obstacle]:
    was, is_now = _data(before), _data(after)
    for each in _FIXED:
        if was.get(each) != is_now.get(each):
            yield Obstacle(Forbidden.FIXED, each, str(was.get(each)), str(is_now.get(each)))
    arms = (_codes(was, Field.ARMS), _codes(is_now, Field.ARMS))
    if set(arms[0]) != set(arms[1]):
        yield Obstacle(Forbidden.ARM_CODES, Field.ARMS, *map(_listed, arms))
    if before.visits[0].code != after.visits[0].code:
        codes = (before.visits[0].code, after.visits[0].code)
        yield Obstacle(Forbidden.BASELINE, Field.VISITS, *codes)
    for why, field, in_use in (
        (Forbidden.SITE_IN_USE, Field.SITES, used.in_sites),
        (Forbidden.REASON_IN_USE, Field.REASONS, used.reasons),
        (Forbidden.ALERT_IN_USE, Field.ALERTS, used.alerts),
    ):
        gone = set(_codes(was, field)) - set(_codes(is_now, field))
        if at_fault := sorted(gone & set(in_use)):
            yield Obstacle(why, field, _listed(at_fault), "")
    lost = [each for each in before.languages if each not in after.languages]
    if lost:
        yield Obstacle(Forbidden.LANGUAGE_GONE, Field.LANGUAGES, _listed(lost), "")


def differences(before: Study, after: Study) -> tuple[Difference, ...]:
    """What differs, in the order of the file's keys; entries of lists by their codes.

    A key that is left out says the same as its default.
    """
    return tuple(_differences(_data(before), _data(after)))


def _differences(was: Mapping[str, Any], is_now: Mapping[str, Any]) -> Iterator[Difference]:
    for field in Field:
        old, new = was.get(field), is_now.get(field)
        if old == new:
            continue
        if field in CODED:
            yield from _of_list(field, old or [], new or [])
        else:
            yield Difference(field, "", "", old, new)


def _of_list(field: Field, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Difference]:
    was, is_now = ({entry["code"]: entry for entry in entries} for entries in (old, new))
    same_kept = [c for c in was if c in is_now] == [c for c in is_now if c in was]
    if not same_kept:
        yield Difference(field, "", "order", _listed(was), _listed(is_now))
    for code in was | is_now:
        before, after = was.get(code), is_now.get(code)
        if before is None or after is None:
            yield Difference(field, code, "", before, after)
            continue
        for key in before | after:
            if before.get(key) != after.get(key):
                yield Difference(field, code, key, before.get(key), after.get(key))


def _data(study: Study) -> dict[str, Any]:
    """The file as it was read, with the defaults that it leaves out."""
    stated: dict[str, Any] = json.loads(study.content)
    defaults: dict[str, Any] = {
        "form_layout": "item",
        "alerts": [],
        "completion_floor": None,
    }
    return defaults | stated


def _codes(data: Mapping[str, Any], field: Field) -> list[str]:
    return [entry["code"] for entry in data.get(field, [])]


def _listed(codes: Collection[str]) -> str:
    return ", ".join(codes)
