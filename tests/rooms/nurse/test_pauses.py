"""Pauses: they hold messages and move nothing."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.core.pauses import PauseFact, PauseKind
from pro_app.core.sites import only
from pro_app.store.engine.transaction import reading
from pro_app.store.patients.pauses import paused, pauses_of
from pro_app.store.trail.trail import trail_of
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.nurse.test_events import EN, PATIENT, ask, save, statuses

PAUSES = f"{PATIENT}/pauses"
TODAY = date(2026, 3, 5)


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        factories.add_patient(randomised_on=date(2025, 12, 10))
    return app


def kept(app: Flask) -> list[PauseFact]:
    with app.app_context(), reading() as connection:
        patient_id = factories.patient_id_of("LISHUI-001")
        return [pause.fact for pause in pauses_of(connection, patient_id)]


def pause_id(app: Flask) -> int:
    with app.app_context(), reading() as connection:
        [pause] = pauses_of(connection, factories.patient_id_of("LISHUI-001"))
        return pause.id


def actions(app: Flask) -> list[str]:
    with app.app_context(), reading() as connection:
        found = trail_of(connection, "LISHUI-001", limit=20)
        return [r.action for r in found if r.action.startswith("pause.")]


def begin(nurse: FlaskClient, since: str, until: str = "", kind: str = "festival") -> TestResponse:
    return save(nurse, PAUSES, kind=kind, since=since, until=until)


def test_a_pause_is_shown_before_it_is_saved_and_moves_nothing(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    before = statuses(world)
    shown = ask(nurse, PAUSES, kind="hospital_stay", since="2026-03-01")
    assert "Messages to the patient are held from now on" in shown.text
    assert "No visit changes" in shown.text
    assert kept(world) == []
    begin(nurse, "2026-03-01", kind="hospital_stay")
    assert kept(world) == [PauseFact(PauseKind.HOSPITAL_STAY, date(2026, 3, 1), None)]
    assert statuses(world) == before


def test_a_pause_is_ended_later_and_both_are_in_the_trail(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    begin(nurse, "2026-03-01", kind="other")
    page = f"{PAUSES}/{pause_id(world)}"
    assert "2026-03-01" in nurse.get(page, headers=EN).text
    early = ask(nurse, page, until="2026-02-27")
    assert (early.status_code, "lies before the first" in early.text) == (422, True)
    assert ask(nurse, page, until="").status_code == 422
    assert ask(nurse, page, until="2026-03-04").status_code == 302
    assert kept(world) == [PauseFact(PauseKind.OTHER, date(2026, 3, 1), date(2026, 3, 4))]
    assert actions(world) == ["pause.ended", "pause.begun"]
    assert ask(nurse, page, until="2026-03-05").status_code == 302  # the row that it was is gone
    assert actions(world) == ["pause.ended", "pause.begun"]


def test_a_pause_entered_by_mistake_is_taken_back_with_a_reason(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    begin(nurse, "2026-03-01")
    page = f"{PAUSES}/{pause_id(world)}"
    assert ask(nurse, page, deed="take_back").status_code == 422
    assert ask(nurse, page, deed="take_back", why="wrong patient").status_code == 302
    assert (kept(world), actions(world)[0]) == ([], "pause.taken_back")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Choose what happened."),
        ({"kind": "festival"}, "Write the day as 2026-03-05."),
        ({"kind": "festival", "since": "2027-04-01"}, "more than a year in the future"),
        ({"kind": "festival", "since": "2026-03-02", "until": "2026-03-01"}, "before the first"),
    ],
)
def test_what_can_not_be_a_pause_is_refused(
    world: Flask, cast: Cast, fields: dict[str, str], says: str
) -> None:
    answer = ask(cast.nurse_of_lishui(), PAUSES, note="kept", **fields)
    assert (answer.status_code, says in answer.text, "kept" in answer.text) == (422, True, True)


def test_two_pauses_can_not_begin_on_one_day(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    begin(nurse, "2026-03-01")
    again = ask(nurse, PAUSES, kind="other", since="2026-03-01")
    assert "recorded already for 2026-03-01" in again.text


def test_who_is_on_a_pause_today(world: Flask, cast: Cast, clock: HandClock) -> None:
    nurse = cast.nurse_of_lishui()
    begin(nurse, "2026-03-05", "2026-03-07")
    begin(nurse, "2026-03-20", "2026-03-21")

    def on(day: date, site: str = "LISHUI") -> list[str]:
        with world.app_context(), reading() as connection:
            found = paused(connection, sites=only(site), today=day, limit=10)
            return [each.number for each in found]

    assert on(TODAY) == on(date(2026, 3, 7)) == ["LISHUI-001"]
    assert on(date(2026, 3, 8)) == on(TODAY, "JIAXING") == []


def test_only_the_nurses_of_the_site_may_begin_a_pause(world: Flask, cast: Cast) -> None:
    fields = {"kind": "festival", "since": "2026-03-01", "step": "save"}
    assert ask(cast.nurse_of_jiaxing(), PAUSES, **fields).status_code == 404
    assert ask(cast.data_manager(), PAUSES, **fields).status_code == 403
    assert kept(world) == []
