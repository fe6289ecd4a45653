"""Withdrawn consent to further use: at every door, what is held back is neither shown nor leaves.

The rule is core/leaving.py; here are the doors. The patient answered V0 before the withdrawal;
V1 came after it on paper, was photographed, keyed twice and corrected, and a reason was given.
"""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.corrections import AskedBy, Evidence, Truth
from pro_app.core.facts import EventKind
from pro_app.core.leaving import Ruling
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.corrections import write_correction
from pro_app.store.forms.form_detail import form_id_of
from pro_app.store.forms.keying import keep_second
from pro_app.store.forms.scans import keep_scan
from pro_app.store.patients.reasons import keep_reason
from pro_app.store.tables import form as form_table
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.conftest import HandClock
from tests.rooms.intake.desk import Desk, event, form, patient
from tests.rooms.intake.desk import desk as desk

EN = {"Accept-Language": "en"}
PATIENT = "/staff/patients/LISHUI-001"
OUT, LATER = date(2026, 2, 20), date(2026, 3, 2)
V0, V1 = 1, 2


@pytest.fixture
def world(app: Flask, clock: HandClock) -> Flask:
    """The site has not decided yet. A patient who did not withdraw has a form of their own."""
    with app.app_context():
        theirs = factories.add_patient("LISHUI-001", randomised_on=date(2025, 12, 1))
        factories.add_form(theirs, "V0", date(2025, 12, 1))
        factories.add_event(theirs, EventKind.WITHDRAWAL_CONSENT, OUT)
        later = factories.add_form(theirs, "V1", LATER, answers=factories.all_answered(3))
        other = factories.add_patient("LISHUI-002", randomised_on=date(2025, 12, 1))
        factories.add_form(other, "V1", LATER)
        with transaction(factories.LINA, deployment().now()) as tx:
            form_id = form_id_of(tx.connection, later)
            assert form_id == V1
            keep_second(tx, form_id, Truth(LATER, {}), {"GP1": [3, 4]})
            keep_scan(tx, form_id, "0" * 64, b"a picture")
            changes = {"GP2": [3, 1]}
            write_correction(
                tx, form_id, asked_by=AskedBy.SITE, source=Evidence.PAPER_FORM, why="misread",
                changes=changes,
            )  # fmt: skip
            keep_reason(
                tx, theirs, visit="V0", code="P_TOO_ILL", said_by="Patient", said_on=LATER,
                text="so tired",
            )  # fmt: skip
            tx.record("correction.opened", "LISHUI-001", visit="V1", changes=changes)
            given = {"code": [None, "P_TOO_ILL"], "text": [None, "so tired"]}
            tx.record("reason.given", "LISHUI-001", visit="V0", changes=given)
    return app


@pytest.fixture
def retained(world: Flask, clock: HandClock) -> Flask:
    """The site decided that what was collected before the withdrawal stays."""
    clock.advance(hours=1)
    with world.app_context():
        factories.decide_on_data(factories.patient_id_of("LISHUI-001"), Ruling.RETAIN)
    return world


@pytest.fixture
def erased(world: Flask, clock: HandClock) -> Flask:
    clock.advance(hours=1)
    with world.app_context():
        factories.decide_on_data(factories.patient_id_of("LISHUI-001"), Ruling.ERASE)
    return world


@pytest.fixture(params=["world", "erased"])
def nothing_leaves(request: pytest.FixtureRequest) -> Flask:
    app = request.getfixturevalue(request.param)
    assert isinstance(app, Flask)
    return app


def see(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=EN)
    assert answer.status_code == 200
    return answer.text


def record(client: FlaskClient) -> list[str]:
    """The forms of which the page of the record offers a copy."""
    return re.findall(r'/forms/([\w-]+)/copy"', see(client, "/staff/records/LISHUI-001"))


def submissions(app: Flask) -> list[str]:
    with app.app_context(), reading() as connection:
        return list(
            connection.execute(
                select(form_table.c.submission_id).order_by(form_table.c.id)
            ).scalars()
        )


def test_the_record_lists_no_form_of_whom_no_row_leaves(nothing_leaves: Flask, cast: Cast) -> None:
    for client in (cast.nurse_of_lishui(), cast.data_manager()):
        assert record(client) == []
        assert "no form is listed or exported" in see(client, "/staff/records/LISHUI-001")


def test_the_record_offers_a_copy_of_what_was_retained_alone(retained: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    assert record(nurse) == submissions(retained)[:1]
    assert "held back" in see(nurse, "/staff/records/LISHUI-001")
    later = f"{PATIENT}/forms/{submissions(retained)[1]}/copy"
    assert nurse.post(later, data={"as": "json"}).status_code == 404


def test_a_form_that_is_held_back_shows_its_day_and_nothing_that_is_in_it(
    retained: Flask, cast: Cast
) -> None:
    for client in (cast.nurse_of_lishui(), cast.investigator_of_lishui(), cast.data_manager()):
        page = see(client, f"/staff/forms/{V1}")
        assert "Held back" in page
        assert "2026-03-02" in page
        for inside in ("Answers", "Scores</h2>", "GP1", "37/37", "/photographs/", "misread"):
            assert inside not in page, inside
    assert "Answers" in see(cast.monitor(), f"/staff/forms/{V0}")


def test_any_form_of_whom_no_row_leaves_is_held_back(nothing_leaves: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    for form_id in (V0, V1):
        page = see(nurse, f"/staff/forms/{form_id}")
        assert "Held back" in page
        assert "GP1" not in page


def test_nobody_corrects_signs_or_looks_at_what_is_held_back(retained: Flask, cast: Cast) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    assert nurse.get(f"/staff/forms/{V1}/correct").status_code == 404
    assert nurse.get(f"/staff/forms/{V1}/photographs/1").status_code == 404
    asked = {"asked_by": "SITE", "source": "PAPER_FORM", "why": "misread", "GP1": "0"}
    written = nurse.post(f"/staff/forms/{V1}/correct", data=asked | {"answered_on": "2026-03-01"})
    assert written.status_code == 404
    signed = investigator.post(
        "/staff/corrections/1/sign", data={"password": PASSWORD}, headers=EN, follow_redirects=True
    )
    assert "There is no such entry here." in signed.text
    settled = nurse.post(f"/staff/forms/{V1}/settle", data={"right.GP1": "first"})
    assert settled.status_code == 404


def test_what_is_held_back_waits_for_a_decision_and_for_nothing_else(
    retained: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    queue = see(nurse, "/staff/forms/decide")
    assert "LISHUI-001 · V1" in queue
    assert "held back" in queue
    assert "37/37" not in queue
    to_check = see(nurse, "/staff/forms/to-check")
    assert "LISHUI-001 · V1" not in to_check
    assert "LISHUI-001 · V0" in to_check
    assert "LISHUI-002 · V1" in to_check


@pytest.mark.parametrize(
    ("state", "there"),
    [("retained", ["LISHUI-001 · V0", "LISHUI-002 · V1"]), ("erased", ["LISHUI-002 · V1"])],
)
def test_who_looks_the_data_over_is_shown_what_may_leave(
    request: pytest.FixtureRequest, cast: Cast, state: str, there: list[str]
) -> None:
    request.getfixturevalue(state)
    manager = cast.data_manager()
    assert re.findall(r"LISHUI-\d+ · V\d", see(manager, "/staff/review")) == there
    approve = {"form": [f"{V1}:0"]}
    done = manager.post("/staff/review/approve", data=approve, headers=EN, follow_redirects=True)
    assert "LISHUI-001 · V1" not in done.text
    rejected = manager.post(f"/staff/review/{V1}/reject", data={"revision": 0, "why": "not fit"})
    assert rejected.status_code == 404


def test_the_patient_s_page_shows_that_a_form_and_a_reason_came_and_not_what_they_say(
    retained: Flask, cast: Cast
) -> None:
    page = see(cast.nurse_of_lishui(), PATIENT)
    assert "decided to retain what was collected before" in page
    [row] = re.findall(r'<tr id="V1">.*?</tr>', page, re.DOTALL)
    assert "Query: after withdrawal" in row
    assert "2026-03-02" in row
    assert "held back" in row
    assert "37/37" not in row
    assert "37/37" in re.findall(r'<tr id="V0">.*?</tr>', page, re.DOTALL)[0]
    for inside in ("so tired", "felt too ill"):
        assert inside not in page, inside


def test_the_ledger_says_that_it_is_held_back(retained: Flask, cast: Cast) -> None:
    page = see(cast.nurse_of_lishui(), "/staff/ledger")
    assert "V1: Query: after withdrawal, held back" in page


def test_the_ledger_leaves_out_of_whom_no_row_leaves(nothing_leaves: Flask, cast: Cast) -> None:
    page = see(cast.nurse_of_lishui(), "/staff/ledger")
    assert "LISHUI-001" not in page
    assert "LISHUI-002" in page


def test_today_names_the_form_that_came_and_not_how_much_is_in_it(
    retained: Flask, cast: Cast
) -> None:
    page = see(cast.nurse_of_lishui(), "/staff/today")
    rows = re.findall(r'<li class="row[^"]*">.*?</li>', page, re.DOTALL)
    [row] = [each for each in rows if "LISHUI-001" in each and "2026-03-02" in each]
    assert "held back" in row
    assert "37/37" not in row


def test_what_is_held_back_is_not_printed(retained: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    page = see(nurse, PATIENT)
    for place in ("history", "trail", "contacts"):
        assert re.search(rf'<[^>]*no-print[^>]* id="{place}"', page), place
    assert '<span class="no-print">2026-03-02' in page
    assert 'no-print" id="history"' not in see(nurse, "/staff/patients/LISHUI-002")
    assert '<li class="row no-print">' in see(nurse, "/staff/today")
    assert '<li class="decide-row no-print">' in see(nurse, "/staff/forms/decide")
    assert '<tr class="no-print">' in see(nurse, "/staff/trail?number=LISHUI-001")


@pytest.mark.parametrize("state", ["world", "retained", "erased"])
def test_the_trail_says_what_was_done_and_not_what_was_answered(
    request: pytest.FixtureRequest, cast: Cast, state: str
) -> None:
    request.getfixturevalue(state)
    nurse = cast.nurse_of_lishui()
    page = see(nurse, "/staff/trail?number=LISHUI-001")
    assert "Correction written" in page
    assert "held back" in page
    for inside in ("so tired", "GP2"):
        assert inside not in page, inside


@pytest.mark.parametrize("state", ["world", "retained", "erased"])
def test_the_trail_that_is_downloaded_has_nothing_that_may_not_leave(
    request: pytest.FixtureRequest, cast: Cast, state: str
) -> None:
    request.getfixturevalue(state)
    answer = cast.data_manager().post("/staff/trail")
    file = answer.text
    answer.close()
    assert "patient.added" in file
    assert "LISHUI-001" not in file
    assert "so tired" not in file


@pytest.mark.parametrize("state", ["world", "retained", "erased"])
def test_a_file_names_nothing_that_is_recorded_of_whom_it_may_not_be_told(
    request: pytest.FixtureRequest, desk: Desk, state: str
) -> None:
    request.getfixturevalue(state)
    row = patient(randomised_on="2025-12-02", screened_on="2025-11-02", language="en", arm="")
    told = desk.take_nothing("patients", row, row | {"patient_id": "LISHUI-002"})
    assert "patients.csv:2: randomised_on: '2025-12-02' – expected the recorded value" in told
    own, other = (
        "\n".join(line for line in told.splitlines() if f"patients.csv:{number}:" in line)
        for number in (2, 3)
    )
    assert "2025-12-01" not in own
    assert "expected zh" not in own
    assert "expected 2025-12-01, which is recorded already" in other
    told = desk.take_nothing("events", event("death", "2025-10-01"))
    assert "on: '2025-10-01' – expected the recorded value" in told
    desk.take("forms", form("V1", "2020-01-01"), options=("--dry-run",))
    assert "another remark is not shown" in desk.remarks
    for inside in ("another form already counts", "answered before", "2026-0", "QUARANTINE"):
        assert inside not in desk.remarks.replace("read as: ", ""), inside
