"""From any value to all that was recorded of it; and never a word about who got which treatment."""

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from pro_app.deployment import deployment
from pro_app.store.engine.transaction import Actor, transaction
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.intake.desk import Desk, patient

EN = {"Accept-Language": "en"}
LINA = Actor("staff:lina-of-lishui", "nurse", "LISHUI")
HISTORY = "/staff/trail?number=LISHUI-001&visit=V1&field=code"


@pytest.fixture
def world(app: Flask, clock: HandClock) -> Flask:
    """A reason given and given anew, for one visit and for another."""
    with app.app_context():
        factories.add_patient("LISHUI-001", "LISHUI", randomised_on=date(2025, 8, 1))
        factories.add_patient("LISHUI-002", "LISHUI")
        for number, visit, old, new in (
            ("LISHUI-001", "V1", None, "P_FORGOT"),
            ("LISHUI-001", "V2", None, "P_BURDEN"),
            ("LISHUI-002", "V1", None, "P_PRIVACY"),
            ("LISHUI-001", "V1", "P_FORGOT", "P_TOO_ILL"),
        ):
            clock.advance(minutes=1)
            with transaction(LINA, deployment().now()) as tx:
                changes = {"code": [old, new], "said_by": [None, "daughter"]}
                tx.record("reason.given", number, visit=visit, changes=changes, reason="a call")
        with transaction(LINA, deployment().now()) as tx:
            tx.record("task.taken", "LISHUI-001", visit="V1", changes={"kind": [None, "help"]})
    return app


def test_a_value_s_history_is_its_own_rows_old_and_new(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get(HISTORY, headers=EN).text
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "History of one value" in page
    assert re.findall(r"<ins>(\w+)</ins>", rows) == ["P_TOO_ILL", "P_FORGOT"]
    assert "<del>P_FORGOT</del>" in rows
    assert "daughter" not in rows  # another field
    for said in (
        "5 Mar 2026, 08:04 GMT+08:00", 'title="2026-03-05 00:04:00 UTC"',
        "lina-of-lishui", "nurse · The Central Hospital of Lishui", "a call",
    ):  # fmt: skip
        assert said in rows, said


def test_its_file_is_the_same_rows(world: Flask, cast: Cast) -> None:
    asked = {"number": "LISHUI-001", "visit": "V1", "field": "code"}
    with cast.data_manager().post("/staff/trail", data=asked) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert [(row["field"], row["old"], row["new"]) for row in rows] == [
        ("code", "", "P_FORGOT"), ("code", "P_FORGOT", "P_TOO_ILL"),
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["a b", '"', "$", "x" * 61, "'; --"])
def test_what_is_no_field_is_refused(world: Flask, cast: Cast, field: str) -> None:
    answer = cast.data_manager().get("/staff/trail", query_string={"field": field}, headers=EN)
    assert answer.status_code == 400
    assert "is not a field" in answer.text


def test_each_value_of_the_page_is_one_click_from_its_history(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get("/staff/patients/LISHUI-001", headers=EN).text
    for field in ("language", "screened_on", "pro_consent_on", "randomised_on", "able"):
        assert f'href="/staff/trail?number=LISHUI-001&amp;field={field}"' in page, field
    assert "history-link" not in cast.statistician().get("/staff/patients/LISHUI-001").text


def test_another_site_s_value_has_no_history(world: Flask, cast: Cast) -> None:
    assert "Nothing in the trail matches." in cast.nurse_of_jiaxing().get(HISTORY, headers=EN).text


def test_nothing_in_the_trail_tells_who_got_which_treatment(
    app: Flask, cast: Cast, tmp_path: Path
) -> None:
    desk = Desk(app, tmp_path)
    desk.take("patients", patient(arm="RADICAL"), patient("LISHUI-002", arm=""))
    desk.take("patients", patient("LISHUI-002", arm="PALLIATIVE"))
    cast.statistician().get("/staff/compliance?by=arm")
    with app.app_context():
        arms = deployment().study.arms
    words = {arm.code for arm in arms} | {name for arm in arms for name in arm.name.values()}
    readers = (cast.nurse_of_lishui, cast.investigator_of_lishui, cast.monitor, cast.data_manager)
    for make in readers:
        reader = make()
        page = reader.get("/staff/trail", headers=EN).text
        with reader.post("/staff/trail", data={}) as answer:
            file = answer.get_data(as_text=True)
        assert "patient.added" in file
        assert [word for word in words if word in page or word in file] == [], make.__name__
        for word in words:
            assert reader.get("/staff/trail", query_string={"number": word}).status_code == 200
    assert cast.statistician().get("/staff/trail").status_code == 403
