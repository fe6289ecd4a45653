"""Corrections: asked for at the site, signed by its investigator, never by anybody else."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pro_app.store.engine.transaction import reading
from pro_app.store.tables import (
    correction,
    correction_decision,
    form,
    form_decision,
    form_score,
    keying_decision,
    second_keying,
    signature,
)
from tests.cast import PASSWORD, Cast
from tests.rooms.export.making import export, rows
from tests.rooms.papers.desk import facts, held, key_in, trail, typed

_ASKED = {
    "asked_by": "PATIENT",
    "source": "CALL_NOTE",
    "why": "The patient rang: tired, not rested",
    "answered_on": "2026-03-01",
}


def _ask(client: FlaskClient, **changes: str) -> str:
    data = _ASKED | changes
    return client.post("/staff/forms/1/correct", data=data).text


def _says(client: FlaskClient, text: str) -> bool:
    return text in client.get("/staff/forms/1").text


def test_a_correction_from_the_call_to_the_export(world: Flask, cast: Cast, tmp_path: Path) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    key_in(nurse, world)
    _ask(nurse, GP1="0")
    assert held(world).stands.answers["GP1"] == 2
    assert _says(nurse, "waits for the investigator")

    wrong = {"password": "not the right one"}
    investigator.post("/staff/corrections/1/sign", data=wrong)
    assert _says(investigator, "Not signed. The password or the second factor is not right")
    assert held(world).stands.answers["GP1"] == 2

    investigator.post("/staff/corrections/1/sign", data={"password": PASSWORD})
    assert (held(world).stands.answers["GP1"], held(world).handed_in.answers["GP1"]) == (0, 2)
    [record] = trail(world, "correction.signed")
    assert (record.actor, record.changes) == ("staff:gaofeng", {"GP1": [2, 0]})
    with world.app_context():
        export(tmp_path / "export", date(2026, 3, 5))
        with reading() as connection:
            [signed] = connection.execute(select(signature))
    assert (signed.kind, signed.subject, signed.signed_by) == ("correction", "1", "staff:gaofeng")
    scores = [r["value"] for r in rows(tmp_path / "export", "scores.csv") if r["scale"] == "PWB"]
    assert scores == ["14.0", "16.0"]


def test_what_is_declined_changes_nothing_and_is_kept(world: Flask, cast: Cast) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    key_in(nurse, world)
    _ask(nurse, GP1="SKIPPED")
    investigator.post("/staff/corrections/1/decline", data={"why": ""})
    assert trail(world, "correction.declined") == []
    investigator.post("/staff/corrections/1/decline", data={"why": "the paper says 2"})
    assert facts(world) == [("V1", "2026-03-01", 37)]
    assert _says(nurse, "the paper says 2")
    investigator.post("/staff/corrections/1/sign", data={"password": PASSWORD})
    assert _says(
        investigator, "This correction has already been signed or declined. Nothing was changed."
    )
    _ask(nurse, GP1="SKIPPED")
    assert len(trail(world, "correction.opened")) == 2


def test_answers_and_the_day_move_the_ledger_once_signed(world: Flask, cast: Cast) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    key_in(nurse, world)
    blank = {f"GP{n}": "SKIPPED" for n in range(1, 8)} | {"GS1": "SKIPPED"}
    _ask(nurse, **blank, answered_on="2026-02-28")
    investigator.post("/staff/corrections/1/sign", data={"password": PASSWORD})
    assert facts(world) == [("V1", "2026-02-28", 29)]
    assert _says(nurse, "Partly answered")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Nothing was changed. Change"),
        ({"GP1": "9"}, "GP1"),
        ({"GP1": "PREFER_NOT"}, "GP1"),
        ({"GP1": "0", "why": ""}, "Write in a few words why"),
        ({"GP1": "0", "source": ""}, "what shows it"),
        ({"GP1": "0", "answered_on": "2026-03-06"}, "it cannot lie ahead"),
    ],
)
def test_what_is_no_correction_is_refused_and_said(
    world: Flask, cast: Cast, changes: dict[str, str], said: str
) -> None:
    nurse = cast.nurse_of_lishui()
    key_in(nurse, world)
    assert said in _ask(nurse, **changes)
    assert trail(world, "correction.opened") == []


def test_one_correction_waits_at_a_time(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    key_in(nurse, world)
    _ask(nurse, GP1="0")
    assert "Write yours when that one is" in _ask(nurse, GP2="0")


_KEPT = (
    correction,
    correction_decision,
    form,
    form_decision,
    form_score,
    keying_decision,
    second_keying,
    signature,
)


def _kept(app: Flask) -> dict[str, int]:
    with app.app_context(), reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _KEPT
        }


def test_nobody_at_the_coordinating_side_changes_an_answer(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    key_in(nurse, world)
    _ask(nurse, GP1="0")
    before = _kept(world)
    values = {"number": "LISHUI-001", "visit": "V1", "form_id": 1, "correction": 1}
    fields = typed(world, GP2="0", password=PASSWORD, choice="counts") | _ASKED
    for client in (cast.monitor(), cast.data_manager(), cast.statistician()):
        assert client.get("/staff/forms/1").status_code == 200
        refused = 0
        for rule in world.url_map.iter_rules():
            if "POST" in (rule.methods or ()) and rule.endpoint != "security.sign_out":
                known = {name: values.get(name, 1) for name in rule.arguments}
                with world.test_request_context():
                    path = world.url_map.bind("localhost").build(rule.endpoint, known, "POST")
                with client.post(path, data=fields) as answer:
                    refused += answer.status_code == 403
        assert refused > 5
    nurse.post("/staff/corrections/1/sign", data={"password": PASSWORD})
    assert _kept(world) == before
    assert held(world).stands.answers["GP1"] == 2
