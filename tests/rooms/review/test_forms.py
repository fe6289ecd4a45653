"""Approval of forms: by the data manager, for the version that was looked at, changing nothing."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.store.engine.transaction import reading
from pro_app.store.tables import form_review
from tests.cast import PASSWORD, Cast
from tests.rooms.nurse.counting import statements
from tests.rooms.papers.desk import held, trail

LIST = "/staff/review"


def approve(client: FlaskClient, *shown: str) -> str:
    return client.post(f"{LIST}/approve", data={"form": list(shown)}, follow_redirects=True).text


def reject(client: FlaskClient, why: str, form_id: int = 1, revision: int = 0) -> str:
    given = {"why": why, "revision": revision}
    return client.post(f"{LIST}/{form_id}/reject", data=given, follow_redirects=True).text


def correct(cast: Cast) -> None:
    nurse, investigator = cast.nurse_of_lishui(), cast.investigator_of_lishui()
    asked = {"asked_by": "SITE", "source": "PAPER_FORM", "why": "misread", "GP1": "0"}
    nurse.post("/staff/forms/1/correct", data=asked | {"answered_on": "2025-12-01"})
    investigator.post("/staff/corrections/1/sign", data={"password": PASSWORD})


def reviews(app: Flask) -> list[tuple[int, bool, int]]:
    with app.app_context(), reading() as connection:
        current = select(form_review.c.form_id, form_review.c.approved, form_review.c.revision)
        found = current.where(form_review.c.superseded_at.is_(None)).order_by(form_review.c.form_id)
        return [tuple(row) for row in connection.execute(found)]


def test_forms_are_approved_together_and_leave_the_list(world: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    page = manager.get(LIST).text
    assert page.count('type="checkbox"') == 3
    assert "Forms approved: 2." in approve(manager, "1:0", "3:0")
    page = manager.get(LIST).text
    assert ("LISHUI-001 · V1" in page, "LISHUI-001 · V0" in page) == (True, False)
    assert "LISHUI-002 · V0" in manager.get(f"{LIST}?review=APPROVED").text
    assert reviews(world) == [(1, True, 0), (3, True, 0)]
    records = trail(world, "review.approved")
    assert [(r.subject, r.visit, r.actor) for r in records] == [
        ("LISHUI-001", "V0", "staff:zhoumin"),
        ("LISHUI-002", "V0", "staff:zhoumin"),
    ]


def test_after_a_correction_a_form_is_to_be_looked_at_again(world: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    approve(manager, "1:0")
    correct(cast)
    assert "review-CHANGED_SINCE" in manager.get(LIST).text
    assert "look" in approve(manager, "1:0")  # as it was shown before the correction
    assert reviews(world) == [(1, True, 0)]
    assert "Forms approved: 1." in approve(manager, "1:1")
    assert reviews(world) == [(1, True, 1)]
    assert "review-CHANGED_SINCE" not in manager.get(LIST).text


def test_a_rejection_needs_a_reason_and_changes_no_answer_and_no_rate(
    world: Flask, cast: Cast
) -> None:
    manager = cast.data_manager()
    before = held(world)
    assert "Write in a few words why" in reject(manager, "no")
    assert "This has changed" in reject(manager, "two pages are of another", revision=1)
    assert reviews(world) == []
    page = reject(manager, "two pages are of Wang Fang")
    assert "Its answers and every rate stay as they are." in page
    assert "two pages are of Wang Fang" in page
    assert held(world) == before
    [record] = trail(world, "review.rejected")
    assert record.changes["why"] == [None, "recorded"]
    assert record.reason is None
    assert "two pages" in manager.get(f"{LIST}?review=REJECTED").text
    approve(manager, "1:0")
    assert reviews(world) == [(1, True, 0)]


def test_approving_twice_writes_once(world: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    approve(manager, "1:0")
    assert "Forms approved: 0." in approve(manager, "1:0")
    assert len(trail(world, "review.approved")) == 1
    for nothing in ([], ["1"], ["x:0"], ["99:0"], ["²:0"], ["9" * 40 + ":0"]):
        approve(manager, *nothing)
    assert len(trail(world, "review.approved")) == 1


def test_all_that_have_no_open_query_can_be_ticked(world: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    manager.post("/staff/queries/form/1", data={"words": "which day?"})
    page = manager.get(f"{LIST}?tick=all").text
    assert [f'value="{n}:0" checked' in page for n in (1, 2, 3)] == [False, True, True]


def test_only_the_data_manager_says_which_forms_are_fit(world: Flask, cast: Cast) -> None:
    # Who knows the arm, or works at the site, may look and not decide.
    for client in (cast.statistician(), cast.nurse_of_lishui(), cast.monitor()):
        assert client.get(LIST).status_code == 403
        assert client.post(f"{LIST}/approve", data={"form": "1:0"}).status_code == 403
        assert "not looked over" in client.get("/staff/forms/1").text
    assert reviews(world) == []


def test_the_list_is_narrowed_by_site_and_visit(world: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    assert manager.get(f"{LIST}?site=JIAXING").text.count('type="checkbox"') == 0
    assert manager.get(f"{LIST}?site=LISHUI&visit=V0").text.count('type="checkbox"') == 2
    with statements(world) as seen:
        manager.get(LIST)
    assert len([each for each in seen if "form_review" in each]) == 1
