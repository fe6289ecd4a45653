"""The same form by three doors: what it leaves behind is the same but for the door's columns."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.contact import Attempt, Channel, Outcome
from pro_app.core.oddities import Oddity
from pro_app.core.sites import only
from pro_app.deployment import deployment
from pro_app.patient import drafting, service
from pro_app.security.secrets import new_submission_id
from pro_app.store.desk.contact_log import call_backs, keep_attempt
from pro_app.store.engine.transaction import WORKER, reading, transaction
from pro_app.store.statuses.flags import synchronise_flags
from pro_app.store.tables import audit_event, draft, form, form_score, missing_flag, nurse_task
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import ACTOR, NUMBER, occasion

#: V1 of a patient randomised on 5 January 2026 is open from 22 March to 19 April.
ANSWERED_ON, KEPT_AT = "2026-04-10", "2026-04-20T09:00+08:00"

#: What may differ: who brought it and by which way, its number, and what a phone alone tells.
_OF_DOOR = frozenset(
    {
        *("id", "form_id", "submission_id", "mode", "entered_by", "assistance"),
        *("wording_sha256", "received_from", "closed_by", "actor", "role", "site"),
        *("started_at", "finished_at", "device_at", "device_offset_minutes", "item_times"),
    }
)

Door = Callable[[Flask, Cast, Path], None]


@pytest.fixture
def patient_id(app: Flask, clock: HandClock) -> int:
    """A patient of whose V1 everything is open: flag, task, draft and a promised call."""
    clock.set("2026-04-01T08:00+08:00")
    with app.app_context():
        patient_id = factories.add_patient(NUMBER)
        clock.set("2026-04-19T23:00+08:00")
        at = occasion()
        drafting.begin_form(ACTOR, patient_id, "V1", submission_id=new_submission_id(), at=at)
        service.tell_nurse(ACTOR, patient_id, "V1", "NO_WORDING", at=at)
        call_at = datetime(2026, 4, 20, 2, tzinfo=UTC)
        with transaction(factories.ACTOR, at.now) as tx:
            made = Attempt(at.now, Channel.PHONE, Outcome.CALL_BACK, call_at)
            keep_attempt(tx, patient_id, "V1", made)
            tx.record("contact.tried", NUMBER, visit="V1")
        clock.set(KEPT_AT)
        with transaction(WORKER, deployment().now()) as tx:
            synchronise_flags(tx, deployment().study, deployment().today())
            tx.record("flags.synchronised", "study")
    return patient_id


def _items() -> dict[str, int]:
    codes = deployment().instrument.item_codes
    return {code: place % 5 for place, code in enumerate(codes)}


def _by_phone(app: Flask, cast: Cast, _folder: Path) -> None:
    with app.app_context():
        items = _items()
    body = {
        "visit": "V1",
        "language": "zh",
        "answers": items,
        "finished_at": f"{ANSWERED_ON}T12:00:00+08:00",
        "device_at": "2026-04-20T09:00:00+08:00",
    }
    answer = cast.patient(NUMBER).put(f"/api/forms/{new_submission_id()}", json=body)
    assert answer.status_code == 201, answer.text


def _by_paper(app: Flask, cast: Cast, _folder: Path) -> None:
    with app.app_context():
        items = {code: str(value) for code, value in _items().items()}
    fields = items | {
        "submission_id": new_submission_id(),
        "mode": "paper",
        "assistance": "ALONE",
        "language": "zh",
        "answered_on": ANSWERED_ON,
    }
    nurse = cast.nurse_of_lishui()
    answer = nurse.post(f"/staff/patients/{NUMBER}/visits/V1/key-in", data=fields)
    assert answer.status_code == 302, answer.text


def _by_file(app: Flask, _cast: Cast, folder: Path) -> None:
    with app.app_context():
        row = {"patient_id": NUMBER, "visit": "V1", "answered_on": ANSWERED_ON, "mode": "paper"}
        row |= {"language": "zh", "entered_by": "Li Na", "Q1": ""}
        row |= {code: str(value) for code, value in _items().items()}
    file = folder / "forms.csv"
    with file.open("w", newline="", encoding="utf8") as lines:
        writer = csv.DictWriter(lines, row)
        writer.writeheader()
        writer.writerow(row)
    done = app.test_cli_runner().invoke(args=["import", "forms", str(file)])
    assert done.exit_code == 0, done.output


def _rows(query: Any) -> list[dict[str, Any]]:
    with reading() as connection:
        return [
            {name: value for name, value in row._mapping.items() if name not in _OF_DOOR}
            for row in connection.execute(query)
        ]


def _left_behind(app: Flask) -> dict[str, Any]:
    """Everything that a form leaves, but for what is the door's own."""
    with app.app_context():
        now = deployment().now()
        with reading() as connection:
            calls = call_backs(
                connection,
                sites=only("LISHUI"),
                since=now - timedelta(days=60),
                until=now + timedelta(days=7),
                limit=9,
            )
        recorded = _rows(
            select(audit_event)
            .where(audit_event.c.at == now, audit_event.c.visit == "V1")
            .order_by(audit_event.c.id)
        )
        for event in recorded:
            changes = event["changes"]
            told = {name: pair for name, pair in changes.items() if name not in _OF_DOOR}
            event["changes"] = sorted(changes), told
        return {
            "form": _rows(select(form)),
            "score": _rows(select(form_score)),
            "flag": _rows(select(missing_flag).where(missing_flag.c.visit == "V1")),
            "task": _rows(select(nurse_task)),
            "draft": _rows(select(draft)),
            "call-back": calls.rows,
            "trail": recorded,
        }


@pytest.mark.parametrize("door", [_by_phone, _by_paper, _by_file])
def test_the_same_form_leaves_the_same_behind_by_every_door(
    app: Flask, cast: Cast, patient_id: int, tmp_path: Path, door: Door
) -> None:
    before = _left_behind(app)
    assert [len(before[each]) for each in ("flag", "task", "draft", "call-back")] == [1, 1, 1, 1]
    door(app, cast, tmp_path)
    left = _left_behind(app)

    with app.app_context():
        items, now = _items(), deployment().now()
    [kept], [scored], [flag], [task] = (left[each] for each in ("form", "score", "flag", "task"))
    assert kept == {
        "patient_id": patient_id,
        "visit": "V1",
        "standing": True,
        "answered_on": datetime.fromisoformat(ANSWERED_ON).date(),
        "language": "zh",
        "why_not_self": None,
        "proxy": False,
        "instrument": kept["instrument"],
        "instrument_sha256": kept["instrument_sha256"],
        "answers": items,
        "item_languages": {},
        "items_answered": 37,
        "received_at": now,
    }
    assert (scored["revision"], scored["scores"]["FACT_B"][1], scored["scored_at"]) == (0, 37, now)
    assert (flag["closed_at"], flag["closed_because"]) == (now, "FORM")
    assert (task["closed_at"], task["outcome"]) == (now, "RECEIVED")
    assert (left["draft"], left["call-back"]) == ([], ())
    fields = ["answered_on", "assistance", "entered_by", "mode", "submission_id"]
    assert [(event["action"], event["changes"]) for event in left["trail"]] == [
        ("draft.discarded", (["submission_id"], {})),
        ("form.received", (fields, {"answered_on": [None, ANSWERED_ON]})),
    ]


def _nurse(cast: Cast) -> FlaskClient:
    nurse = cast.nurse_of_lishui()
    with nurse.session_transaction() as session:
        session["language"] = "en"
    return nurse


def _odd_page(nurse: FlaskClient, app: Flask, *sure: Oddity, **changes: str) -> Any:
    with app.app_context():
        blank = dict.fromkeys(deployment().instrument.item_codes, "")
    fields: dict[str, Any] = blank | {
        "submission_id": new_submission_id(),
        "mode": "paper",
        "assistance": "ALONE",
        "language": "zh",
        "answered_on": "2020-01-01",
        "all_the_same": list(sure),
    }
    return nurse.post(f"/staff/patients/{NUMBER}/visits/V1/key-in", data=fields | changes)


def test_an_odd_form_is_kept_only_when_somebody_has_looked_at_what_is_odd(
    app: Flask, cast: Cast, patient_id: int
) -> None:
    nurse = _nurse(cast)
    asked = _odd_page(nurse, app, GP1="3")
    assert asked.status_code == 422
    assert "before the screening on 2026-01-01" in asked.text
    assert 'value="BEFORE_SCREENING"' in asked.text
    assert 'value="3"' in asked.text
    # Whoever empties the lines then is asked again: that is odd in another way.
    sure = (Oddity.BEFORE_SCREENING, Oddity.BEFORE_CONSENT, Oddity.OUT_OF_WINDOW)
    assert "no line is answered" in _odd_page(nurse, app, *sure).text
    assert _left_behind(app)["form"] == []
    assert _odd_page(nurse, app, *sure, Oddity.ALL_BLANK).status_code == 302
    [kept] = _left_behind(app)["form"]
    assert kept["items_answered"] == 0


def test_a_blank_form_leaves_its_reason_to_be_asked_for(
    app: Flask, cast: Cast, patient_id: int
) -> None:
    nurse = _nurse(cast)
    answer = _odd_page(nurse, app, Oddity.ALL_BLANK, answered_on=ANSWERED_ON)
    assert answer.status_code == 302
    assert _left_behind(app)["flag"][0]["closed_at"] is None


def test_a_page_that_is_sent_again_with_other_answers_is_not_swallowed(
    app: Flask, cast: Cast, patient_id: int
) -> None:
    nurse, submission_id = _nurse(cast), new_submission_id()
    about = {"submission_id": submission_id, "answered_on": ANSWERED_ON}
    assert _odd_page(nurse, app, GP1="3", **about).status_code == 302
    assert _odd_page(nurse, app, GP1="3", **about).status_code == 302
    again = _odd_page(nurse, app, GP1="4", **about)
    assert again.status_code == 422
    assert "what was saved first stands" in again.text
    assert 'value="4"' in again.text
    assert len(_left_behind(app)["form"]) == 1
