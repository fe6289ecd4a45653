"""Approval and queries in an export: a column, a filter that changes no rate, a file."""

import json
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.core.review import Deed, Review
from pro_app.deployment import deployment
from pro_app.store.desk.data_queries import add_note, open_query
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.reviews import write_review
from pro_app.store.tables import data_query, form, form_review
from tests import factories
from tests.conftest import HandClock
from tests.factories import ACTOR
from tests.rooms.export.making import TODAY, V0, content, export, rows, values
from tests.rooms.export.test_command import run

ANNA, BEA, CLEO = "LISHUI-001", "LISHUI-002", "LISHUI-003"


def look_over(number: str, approved: bool, *, revision: int = 0) -> None:
    """Approve or reject the patient's first form."""
    of_patient = select(form.c.id).where(form.c.patient_id == factories.patient_id_of(number))
    with transaction(ACTOR, deployment().now()) as tx:
        form_id = tx.execute(of_patient.order_by(form.c.id)).scalars().first()
        assert form_id is not None
        write_review(tx, form_id, approved=approved, revision=revision, why="Wang Fang said so")
        tx.record("review.approved", number)


@pytest.fixture
def forms(in_app: Flask) -> None:
    """Anna's first form is approved, the second not looked over; Bea's is rejected."""
    anna, bea = factories.add_patient(ANNA), factories.add_patient(BEA)
    factories.add_form(anna, "V0", V0)
    factories.add_form(anna, "V1", date(2026, 3, 5))
    factories.add_form(bea, "V0", V0)
    cleo = factories.add_patient(CLEO)
    factories.add_form(cleo, "V0", V0)
    look_over(ANNA, True)
    look_over(BEA, False)
    look_over(CLEO, True, revision=1)  # as if a correction of it had been taken back


def test_how_a_form_stands_is_a_column_as_it_is_in_the_database(
    forms: None, tmp_path: Path
) -> None:
    export(tmp_path / "export", TODAY)
    assert values(rows(tmp_path / "export", "forms.csv"), "patient_id", "visit", "review") == [
        (ANNA, "V0", "APPROVED"),
        (ANNA, "V1", "NOT_REVIEWED"),
        (BEA, "V0", "REJECTED"),
        (CLEO, "V0", "CHANGED_SINCE"),
    ]
    with reading() as connection:
        query = select(form.c.submission_id, form_review.c.approved).join_from(form_review, form)
        stored = {row.submission_id: row.approved for row in connection.execute(query)}
    found = rows(tmp_path / "export", "forms.csv")
    looked = {r["submission_id"]: r["review"] for r in found if r["review"] != "NOT_REVIEWED"}
    assert set(stored) == set(looked)
    assert {s for s, review in looked.items() if review == "REJECTED"} == {
        s for s, approved in stored.items() if not approved
    }


@pytest.mark.parametrize(("review", "left"), [(Review.APPROVED, 1), (Review.NOT_REVIEWED, 1)])
def test_only_forms_that_stand_so_leave_and_no_rate_knows_of_it(
    forms: None, tmp_path: Path, review: Review, left: int
) -> None:
    export(tmp_path / "all", TODAY)
    manifest = export(tmp_path / "some", TODAY, review=review)
    assert manifest.rows["forms.csv"] == left
    assert manifest.rows["items.csv"] == 37 * left
    assert manifest.content["review"] == review.value
    assert manifest.content["forms_left_out_by_review"] == 4 - left
    assert manifest.content["forms_for_analysis"] == left
    every, some = content(tmp_path / "all"), content(tmp_path / "some")
    for same in ("patients.csv", "ledger.csv", "compliance.csv", "events.csv"):
        assert every[same] == some[same], same
    # The change since a baseline that did not leave is not told.
    changes = {r["change_from_baseline"] for r in rows(tmp_path / "some", "scores.csv")}
    assert changes == ({"0.0"} if review is Review.APPROVED else {""})


def test_approval_is_known_as_of_the_instant_that_is_asked_for(
    in_app: Flask, tmp_path: Path, clock: HandClock
) -> None:
    factories.add_form(factories.add_patient(ANNA), "V0", V0)
    before = clock()
    clock.advance(hours=1)
    look_over(ANNA, True)
    export(tmp_path / "then", TODAY, known_at=before)
    assert rows(tmp_path / "then", "forms.csv")[0]["review"] == "NOT_REVIEWED"
    clock.advance(hours=1)
    between = clock()
    clock.advance(hours=1)
    look_over(ANNA, False)
    export(tmp_path / "between", TODAY, known_at=between)
    assert rows(tmp_path / "between", "forms.csv")[0]["review"] == "APPROVED"


def test_the_command_takes_the_filter_and_says_what_it_left_out(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        factories.add_form(factories.add_patient(ANNA), "V0", V0)
    folder = tmp_path / "export"
    result = run(app, folder, "--review", "approved")
    assert result.exit_code == 0
    assert "Left out, other approval status than chosen: 1 form(s)" in result.stderr
    assert rows(folder, "forms.csv") == []
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["review"] == "APPROVED"
    assert run(app, folder, "--review", "liked").exit_code == 2


def test_the_page_takes_the_filter(app: Flask, cast, tmp_path: Path) -> None:
    manager = cast.data_manager()
    given = {"as_of": TODAY.isoformat(), "review": "APPROVED"}
    with manager.post("/staff/export", data=given) as answer:
        assert "2026-03-05-approved.zip" in answer.headers["Content-Disposition"]
    assert manager.post("/staff/export", data=given | {"review": "LIKED"}).status_code == 400
    assert (
        "<td>approved</td>" in manager.get("/staff/export", headers={"Accept-Language": "en"}).text
    )


def _query(number: str, **about: str | int | None) -> int:
    with transaction(ACTOR, deployment().now()) as tx:
        asked = {"visit": None, "form_id": None, "field": None, **about}
        made = open_query(tx, factories.patient_id_of(number), words="Wang Fang?", **asked)
        tx.record("query.asked", number)
    return made


def _note(query: int, deed: Deed) -> None:
    with transaction(ACTOR, deployment().now()) as tx:
        add_note(tx, query, deed, "as Wang Fang said")
        tx.record("query.closed", str(query))


def test_queries_leave_as_far_as_they_were_on_the_day_and_without_words(
    in_app: Flask, tmp_path: Path, clock: HandClock
) -> None:
    submission_id = factories.add_form(factories.add_patient(ANNA), "V0", V0)
    gone = factories.add_patient(BEA)
    first = _query(ANNA, visit="V0", form_id=1, field="GP1")
    _query(BEA)
    clock.advance(days=9)
    _note(first, Deed.ANSWERED)
    _query(ANNA, visit="V1")
    clock.advance(days=1)
    _note(first, Deed.CLOSED)

    def told(as_of: date) -> list[tuple[str, ...]]:
        export(tmp_path / "export", as_of)
        found = rows(tmp_path / "export", "queries.csv")
        return values(found, "patient_id", "visit", "field", "state", "closed_on", "age_days")

    assert told(date(2026, 3, 5)) == [
        (ANNA, "V0", "GP1", "OPEN", "", "0"),
        (BEA, "", "", "OPEN", "", "0"),
    ]
    # By what is known now, whatever day is asked for.
    factories.add_event(gone, "withdrawal_consent", date(2026, 3, 15))
    assert [row[0] for row in told(date(2026, 3, 5))] == [ANNA]
    assert told(date(2026, 3, 14))[0] == (ANNA, "V0", "GP1", "ANSWERED", "", "9")
    assert told(date(2026, 3, 20)) == [
        (ANNA, "V0", "GP1", "CLOSED", "2026-03-15", "10"),
        (ANNA, "V1", "", "OPEN", "", "6"),
    ]
    [row, _] = rows(tmp_path / "export", "queries.csv")
    assert (row["submission_id"], row["opened_on"]) == (submission_id, "2026-03-05")
    assert not [name for name, text in content(tmp_path / "export").items() if b"Wang" in text]
    with reading() as connection:
        stored = connection.execute(select(data_query.c.id)).scalars().all()
    assert {int(r["query"]) for r in rows(tmp_path / "export", "queries.csv")} < set(stored)
