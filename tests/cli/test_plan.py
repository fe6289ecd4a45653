"""`flask plan`: the visits of an anchor day."""

import json
from pathlib import Path

import pytest
from flask import Flask

from pro_app import create_app
from tests.conftest import settings_for
from tests.rooms.intake.desk import Desk


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An application whose database is nowhere: planning must not ask for it."""
    return create_app(settings_for("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path))


def plan(desk: Desk, anchor: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(desk.do("plan", "--anchor", anchor, "--json"))
    return found


def test_a_plan_has_every_visit_with_its_window(desk: Desk) -> None:
    visits = plan(desk, "2022-11-30")

    assert [visit["visit"] for visit in visits] == [f"V{n}" for n in range(11)]
    assert json.dumps(visits[1]) == json.dumps(
        {
            "visit": "V1",
            "month": 3,
            "opens_on": "2023-02-14",
            "target_on": "2023-02-28",
            "closes_on": "2023-03-14",
        }
    )


def test_a_plan_is_also_a_table_to_read(desk: Desk) -> None:
    lines = desk.do("plan", "--anchor", "2024-02-29").splitlines()

    assert lines[0].split() == ["visit", "month", "opens_on", "target_on", "closes_on"]
    assert lines[4].split() == ["V3", "9", "2024-11-15", "2024-11-29", "2024-12-13"]


@pytest.mark.parametrize("anchor", ["2023-02-29", "29.2.2024", "20240229", "", "x"])
def test_what_is_no_day_is_refused(desk: Desk, anchor: str) -> None:
    assert "YYYY-MM-DD" in desk.refused("plan", "--anchor", anchor)


@pytest.mark.parametrize("anchor", ["9999-12-31", "0001-01-01"])
def test_a_day_at_the_end_of_the_calendar_is_refused(desk: Desk, anchor: str) -> None:
    assert anchor in desk.refused("plan", "--anchor", anchor)


def test_the_anchor_is_asked_for(desk: Desk) -> None:
    assert "--anchor" in desk.refused("plan")
