"""A site is told of a visit at which too few forms came, until enough have come."""

import dataclasses
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.core.sites import EVERYWHERE
from pro_app.followup import completion
from pro_app.followup.completion import Changed
from pro_app.store.desk.site_tasks import open_site_tasks
from pro_app.store.engine.transaction import WORKER, reading
from pro_app.store.tables import audit_event
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock

ENGLISH = {"Accept-Language": "en"}
RANDOMISED = date(2025, 11, 1)  # month 3 closed on 15 February


@pytest.fixture
def world(app: Flask) -> Flask:
    """Five patients of Lishui, all baselines and two of five forms of month 3; a floor of 60 %."""
    with app.app_context():
        for n in range(5):
            patient_id = factories.add_patient(f"LISHUI-{n}", randomised_on=RANDOMISED)
            factories.add_form(patient_id, "V0", RANDOMISED)
            if n < 2:
                factories.add_form(patient_id, "V1", date(2026, 2, 1))
        factories.add_patient("JIAXING-1", "JIAXING", randomised_on=RANDOMISED)
    set_floor(app, 0.6)
    return app


def set_floor(app: Flask, floor: float | None) -> None:
    parts = app.extensions["deployment"]
    study = dataclasses.replace(parts.study, completion_floor=floor)
    app.extensions["deployment"] = dataclasses.replace(parts, file=study)
    app.jinja_env.globals["study"] = study


def look(app: Flask) -> Changed:
    with app.app_context():
        return completion.look(holder="test", at=factories.at_server(WORKER))


def asked(app: Flask) -> list[tuple[str, str | None]]:
    with app.app_context(), reading() as connection:
        return [(task.site, task.visit) for task in open_site_tasks(connection, sites=EVERYWHERE)]


def recorded(app: Flask) -> list[tuple[str, str, str | None]]:
    with app.app_context(), reading() as connection:
        query = select(audit_event).where(audit_event.c.action.like("site_task.%"))
        rows = connection.execute(query.order_by(audit_event.c.id))
        return [(row.action, row.subject, row.visit) for row in rows]


def test_it_is_asked_once_and_ends_by_itself_when_the_form_comes(
    world: Flask, clock: HandClock
) -> None:
    assert look(world) == Changed(opened=1)
    assert asked(world) == [("LISHUI", "V1")]
    assert look(world) == Changed()  # done today
    with world.app_context():
        factories.add_form(factories.patient_id_of("LISHUI-3"), "V1", date(2026, 2, 14))
    clock.advance(days=1)
    assert look(world) == Changed(closed=1)
    assert asked(world) == []
    assert recorded(world) == [
        ("site_task.opened", "site:LISHUI", "V1"),
        ("site_task.closed", "site:LISHUI", "V1"),
    ]


def test_a_study_without_a_floor_asks_for_nothing_and_ends_what_was_asked(
    world: Flask, clock: HandClock
) -> None:
    look(world)
    set_floor(world, None)
    clock.advance(days=1)
    assert look(world) == Changed(closed=1)
    clock.advance(days=1)
    assert look(world) == Changed()


def test_the_site_s_own_people_see_it_on_today_with_the_way_to_who_it_is(
    world: Flask, cast: Cast
) -> None:
    look(world)
    nurse = cast.nurse_of_lishui()
    page = nurse.get("/staff/today", headers=ENGLISH).text
    assert "less than 60 % of the expected forms are valid" in page
    way = "/staff/compliance?site=LISHUI&amp;gap=V1.E-V#gap"
    assert f'href="{way}"' in page
    gap = nurse.get(way.replace("&amp;", "&"), headers=ENGLISH).text.partition('id="gap"')[2]
    assert [n for n in range(5) if f"LISHUI-{n}" in gap] == [2, 3, 4]
    assert "Too few forms" not in cast.nurse_of_jiaxing().get("/staff/today", headers=ENGLISH).text
