"""The one condition that keeps a query within the reader's sites."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.core.sites import EVERYWHERE, Sites, only
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import patient
from tests import factories


@pytest.fixture
def two_sites(app: Flask) -> Flask:
    with app.app_context():
        factories.add_patient("LISHUI-001", "LISHUI")
        factories.add_patient("JIAXING-001", "JIAXING")
    return app


def _seen(sites: Sites) -> set[str]:
    with reading() as connection:
        query = select(patient.c.site).where(at_sites(patient.c.site, sites))
        return set(connection.execute(query).scalars())


@pytest.mark.parametrize(
    ("sites", "seen"),
    [
        (EVERYWHERE, {"LISHUI", "JIAXING"}),
        (only("LISHUI"), {"LISHUI"}),
        (only("LISHUI", "JIAXING"), {"LISHUI", "JIAXING"}),
        (only("ELSEWHERE"), set()),
        (only(), set()),
    ],
)
def test_a_reader_sees_their_sites_and_of_none_nothing(
    two_sites: Flask, sites: Sites, seen: set[str]
) -> None:
    with two_sites.app_context():
        assert _seen(sites) == seen


@pytest.mark.parametrize("wrong", [None, (), [], ("LISHUI",), "LISHUI", {"LISHUI"}])
def test_what_is_no_set_of_sites_opens_no_door(wrong: Any) -> None:
    with pytest.raises(TypeError, match="not a set of sites"):
        at_sites(patient.c.site, wrong)
