"""What an amendment changes of a study, and what it must not."""

import copy
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pro_app.core.amendment import (
    Field,
    Forbidden,
    InUse,
    changed_fields,
    differences,
    identity_changes,
    obstacles,
)
from pro_app.core.study import Study
from pro_app.core.study_file import from_data
from pro_app.studies import load

SHIPPED = load("nct04158843")
TINY = load(str(Path(__file__).parents[1] / "tiny_study" / "study.json"))


def data() -> dict[str, Any]:
    return copy.deepcopy(json.loads(SHIPPED.content))  # type: ignore[no-any-return]


def study(**changes: object) -> Study:
    return from_data(data() | changes, is_time_zone=lambda _: True)


def test_every_key_of_a_study_file_is_one_that_can_be_told_of() -> None:
    known = {field.name for field in fields(Study)} - {"sha256", "content", "plans"}
    assert known == set(Field)


def test_the_same_study_has_nothing_to_tell() -> None:
    assert differences(SHIPPED, study()) == ()
    assert identity_changes(SHIPPED, study()) == ()
    assert obstacles(SHIPPED, study(), InUse(())) == ()


def test_differences_name_the_entry_and_its_key() -> None:
    changed = data()
    changed["visits"][1]["days_after"] = 21
    changed["sites"][0]["phone"] = "0578-123-4567"
    del changed["reasons"][1]
    changed["version"] = "2"
    found = differences(SHIPPED, from_data(changed, is_time_zone=lambda _: True))

    assert [(d.field, d.code, d.key, d.after) for d in found] == [
        ("sites", "LISHUI", "phone", "0578-123-4567"),
        ("version", "", "", "2"),
        ("visits", "V1", "days_after", 21),
        ("reasons", "P_HOSPITAL", "", None),
    ]


def test_a_key_that_is_left_out_says_its_default() -> None:
    changed = data()
    changed["alerts"] = []
    changed["completion_floor"] = None
    assert differences(SHIPPED, from_data(changed, is_time_zone=lambda _: True)) == ()


def test_the_order_of_a_list_is_a_difference() -> None:
    changed = data()
    changed["reasons"].reverse()
    (found,) = differences(SHIPPED, from_data(changed, is_time_zone=lambda _: True))
    assert (found.field, found.key) == ("reasons", "order")


def test_another_study_is_known_by_what_never_changes() -> None:
    assert set(identity_changes(SHIPPED, TINY)) >= {Field.ID, Field.ARMS, Field.SITES}
    assert identity_changes(SHIPPED, study(time_zone="Asia/Tokyo")) == (Field.TIME_ZONE,)
    assert identity_changes(SHIPPED, study(sites=data()["sites"][:1])) == ()


@pytest.mark.parametrize(
    ("changes", "used", "why", "field"),
    [
        ({"registry_id": "NCT0"}, InUse(()), Forbidden.FIXED, "registry_id"),
        ({"instrument": "other"}, InUse(()), Forbidden.FIXED, "instrument"),
        ({"time_zone": "Asia/Tokyo"}, InUse(()), Forbidden.FIXED, "time_zone"),
        ({"arms": data()["arms"][:1]}, InUse(()), Forbidden.ARM_CODES, "arms"),
        ({"sites": data()["sites"][1:]}, InUse({"LISHUI"}), Forbidden.SITE_IN_USE, "sites"),
        (
            {"reasons": data()["reasons"][1:]},
            InUse((), reasons={"P_TOO_ILL"}),
            Forbidden.REASON_IN_USE,
            "reasons",
        ),
        (
            {"visits": [data()["visits"][0] | {"code": "B0"}, *data()["visits"][1:]]},
            InUse(()),
            Forbidden.BASELINE,
            "visits",
        ),
        ({"languages": ["zh"]}, InUse(()), Forbidden.LANGUAGE_GONE, "languages"),
    ],
)
def test_what_must_stay_is_refused_by_its_name(
    changes: dict[str, Any], used: InUse, why: Forbidden, field: str
) -> None:
    (found,) = obstacles(SHIPPED, study(**changes), used)
    assert (found.why, found.field) == (why, field)


def test_what_nobody_uses_may_go() -> None:
    fewer = study(sites=data()["sites"][1:], reasons=data()["reasons"][1:])
    assert obstacles(SHIPPED, fewer, InUse({"JIAXING"}, {"UNKNOWN"})) == ()
    assert changed_fields(SHIPPED, fewer) == (Field.SITES, Field.REASONS)


def test_what_must_stay_is_named_as_it_was_and_as_it_would_be() -> None:
    renamed = study(visits=[data()["visits"][0] | {"code": "B0"}, *data()["visits"][1:]])
    (baseline,) = obstacles(SHIPPED, renamed, InUse(()))
    assert (baseline.before, baseline.after) == ("V0", "B0")
    (sites,) = obstacles(SHIPPED, study(sites=data()["sites"][2:]), InUse({"JIAXING", "LISHUI"}))
    assert (sites.before, sites.after) == ("JIAXING, LISHUI", "")
