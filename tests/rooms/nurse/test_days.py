"""A day is read by one rule wherever staff enter one: as YYYY-MM-DD, and not before 1900."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from pro_app.core.oddities import Oddity
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import data_request, form, reason
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.intake.desk import Desk
from tests.rooms.intake.desk import desk as desk

PATIENT = "/staff/patients/LISHUI-001"
#: A week, a day without hyphens, another order, a slip of the pen, none.
NO_DAYS = ["2026-W09-1", "20260301", "01.03.2026", "0001-01-01", "1899-12-31", "2026-02-30", "x"]


def answers(app: Flask, cast: Cast, clock: HandClock, text: str) -> list[int]:
    """How each page answers to this day."""
    clock.set("2026-06-05T08:00+08:00")
    with app.app_context():
        factories.add_patient()
    nurse, manager = cast.nurse_of_lishui(), cast.data_manager()
    said = {"code": "P_FORGOT", "said_by": "patient", "text": "", "said_on": text}
    keyed = {
        "submission_id": "5b2ad1b6-6b0c-4d8a-9b0b-6f1f5f4c1a10",
        "mode": "paper",
        "assistance": "ALONE",
        "language": "zh",
        "answered_on": text,
        "all_the_same": list(Oddity),  # it is blank, which is asked about once more
    }
    asked = {"kind": "COPY", "asked_on": text}
    as_of = {"as_of": text}
    exported = manager.post("/staff/export", data=as_of)
    exported.close()
    return [
        nurse.post(f"{PATIENT}/visits/V1/reason", data=said).status_code,
        nurse.post(f"{PATIENT}/visits/V2/key-in", data=keyed).status_code,
        nurse.post(f"{PATIENT}/requests", data=asked).status_code,
        nurse.get("/staff/ledger", query_string=as_of).status_code,
        nurse.get("/staff/compliance", query_string=as_of).status_code,
        exported.status_code,
    ]


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_is_refused_at_every_page(
    app: Flask, cast: Cast, clock: HandClock, text: str
) -> None:
    assert answers(app, cast, clock, text) == [422, 422, 422, 400, 400, 400]
    with app.app_context(), reading() as connection:
        for table in (reason, form, data_request):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_day_is_taken_at_every_page(app: Flask, cast: Cast, clock: HandClock) -> None:
    assert answers(app, cast, clock, "2026-06-01") == [302, 302, 302, 200, 200, 200]


@pytest.mark.parametrize("text", ["2026-W09-1", "20260301", "2026-02-30", "x"])
def test_what_is_no_day_is_refused_by_commands(desk: Desk, text: str) -> None:
    said = ("LISHUI-001", "V1", "P_FORGOT", "--said-by", "patient", "--on", text)
    for words in (("reason", *said), ("plan", "--anchor", text), ("ledger", "--as-of", text)):
        told = desk.refused(*words)
        assert f"{text} is not a day; expected YYYY-MM-DD" in told
