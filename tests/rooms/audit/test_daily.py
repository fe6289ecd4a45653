"""Trail and data are verified once a day, and the page says what was found."""

import pytest
from flask import Flask
from sqlalchemy import text

from pro_app import worker
from pro_app.audit import service
from pro_app.core.witness import Differs
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import WITNESSED, audit_event
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.audit.test_witness import DAY, free

EN = {"Accept-Language": "en"}
ZH = {"Accept-Language": "zh"}


@pytest.fixture
def filled(app: Flask) -> Flask:
    with app.app_context():
        factories.add_form(factories.add_patient(), "V1", DAY)
        worker.seal(app)
    return app


def _times() -> int:
    with reading() as connection:
        rows = connection.execute(audit_event.select()).all()
    return sum(row.action == "trail.verified" for row in rows)


def test_the_worker_verifies_once_a_day(filled: Flask, clock: HandClock) -> None:
    with filled.app_context():
        assert service.sealing_now().verified is None
        for _ in range(3):
            worker.verify_data(filled)
        assert _times() == 1
        clock.advance(days=1)
        worker.verify_data(filled)
        assert _times() == 2
        found = service.sealing_now().verified
        assert found is not None
        assert (found.whole, found.rows, found.sealed) == (True, 5, 3)


def test_the_page_says_that_all_is_what_was_written(filled: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    assert "have not been verified yet" in nurse.get("/staff/trail", headers=EN).text
    worker.verify_data(filled)
    page = nurse.get("/staff/trail", headers=EN).text
    assert "Verified at 5 Mar 2026, 08:00 GMT+08:00: the trail is whole." in page
    assert "数据与稽查轨迹一致" in nurse.get("/staff/trail", headers=ZH).text


def test_the_page_names_the_row_that_differs_to_whoever_sees_all_sites(
    filled: Flask, cast: Cast
) -> None:
    with filled.app_context():
        free(*WITNESSED)
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE form SET mode = 'x'"))
        worker.verify_data(filled)
        found = service.sealing_now().verified
        assert found is not None
        assert found.difference is not None
        assert (found.difference.wrong, found.difference.number) == (Differs.ALTERED, "LISHUI-001")
    named = "form (LISHUI-001 V1) [form 1] was altered"
    assert named in cast.data_manager().get("/staff/trail", headers=EN).text
    for nurse in (cast.nurse_of_lishui(), cast.nurse_of_jiaxing()):
        page = nurse.get("/staff/trail", headers=EN).text
        assert "something differs from what was written. Tell the coordinating centre." in page
        assert named not in page


def test_the_page_names_the_event_that_was_altered(filled: Flask, cast: Cast) -> None:
    with filled.app_context():
        free("audit_event")
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE audit_event SET reason = 'x' WHERE id = 2"))
        worker.verify_data(filled)
    page = cast.data_manager().get("/staff/trail", headers=EN).text
    assert "event 2 (position 2) was altered after it was sealed" in page
