"""The ledger's page says what the core says, to those who may know it."""

import re
from datetime import date

import pytest
from flask import Flask

from pro_app.core.facts import EventKind
from pro_app.nurse import grid, service
from pro_app.nurse.filters import PENDING
from tests import factories
from tests.cast import Cast
from tests.rooms.nurse.counting import statements

EN = {"Accept-Language": "en"}
TODAY = date(2026, 3, 5)


@pytest.fixture
def world(app: Flask) -> Flask:
    """Two patients at Lishui and one at Jiaxing, with a bit of everything."""
    with app.app_context():
        first = factories.add_patient(
            "LISHUI-001", pro_consent_on=date(2024, 1, 2), randomised_on=date(2024, 1, 10)
        )
        factories.add_form(first, "V0", date(2024, 1, 9))
        factories.add_form(first, "V2", date(2024, 7, 10))
        factories.add_event(first, EventKind.DEATH, date(2025, 3, 1))
        second = factories.add_patient("LISHUI-002", randomised_on=date(2025, 9, 4))
        factories.add_form(second, "V0", date(2025, 9, 4))
        factories.add_patient("JIAXING-001", "JIAXING", randomised_on=date(2025, 1, 1))
    return app


def _cells(page: str, number: str) -> list[str]:
    """The statuses of a patient's row, in the order of the visits."""
    row = next(part for part in page.split("<tr>") if f">{number}</a>" in part)
    return re.findall(r'<td class="status-(\w+)"', row)


@pytest.mark.parametrize("as_of", ["", "2024-04-30", "2025-03-02"])
def test_the_grid_shows_the_core_s_statuses_as_of_any_day(
    world: Flask, cast: Cast, as_of: str
) -> None:
    page = cast.nurse_of_lishui().get(f"/staff/ledger?as_of={as_of}").text
    with world.app_context():
        entries = service.ledger(
            as_of=date.fromisoformat(as_of or "2026-03-05"), at=factories.at_desk()
        )
    for number in ("LISHUI-001", "LISHUI-002"):
        statuses = [e.status.value for e in entries if e.patient_id == number]
        if statuses:
            assert _cells(page, number) == statuses
    assert entries


def test_every_status_has_sign_and_word_and_what_is_pending_has_a_dot(
    world: Flask, cast: Cast
) -> None:
    page = cast.nurse_of_lishui().get("/staff/ledger", headers=EN).text
    cell = re.search(r'<td class="status-MISSING" title="V1: ([^"]*)">(.*?)</td>', page)
    assert cell
    assert cell[1] == "Missing, Reason to be given"
    assert "✕" in cell[2]
    assert 'class="dot"' in cell[2]
    opened = re.search(r'<td class="status-WINDOW_OPEN" title="V2: ([^"]*)">(.*?)</td>', page)
    assert opened
    assert opened[1] == "Window open, 13 days left"
    assert "<small>13</small>" in opened[2]


def test_a_nurse_sees_one_site_and_the_others_see_all_or_one(world: Flask, cast: Cast) -> None:
    assert "JIAXING-001" not in cast.nurse_of_lishui().get("/staff/ledger").text
    assert "LISHUI-001" not in cast.nurse_of_jiaxing().get("/staff/ledger").text
    manager = cast.data_manager()
    everybody = manager.get("/staff/ledger").text
    assert "JIAXING-001" in everybody
    assert "LISHUI-001" in everybody
    one = manager.get("/staff/ledger?site=JIAXING").text
    assert "JIAXING-001" in one
    assert "LISHUI-001" not in one
    assert "RADICAL" not in everybody


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("as_of=2026-13-40", '"2026-13-40" is not a day'),
        ("as_of=20260101", '"20260101" is not a day'),
        ("as_of=2026-03-06", "2026-03-06 is in the future"),
        ("status=LOST", 'There is no status "LOST"'),
        ("site=JIAXING", 'There is no site "JIAXING" that you may see'),
        ("site=%3Cb%3E", 'There is no site "&lt;b&gt;"'),
    ],
)
def test_an_address_that_makes_no_sense_is_answered_in_words(
    world: Flask, cast: Cast, query: str, words: str
) -> None:
    answer = cast.nurse_of_lishui().get(f"/staff/ledger?{query}", headers=EN)
    assert answer.status_code == 400
    assert words in answer.text
    assert "LISHUI-001" not in answer.text


def _numbers(found: grid.Grid) -> list[str]:
    return [row.number for row in found.rows]


def _page(**asked: object) -> grid.Grid:
    return grid.page(**({"as_of": TODAY} | asked), at=factories.at_desk())


@pytest.mark.usefixtures("in_app")
def test_pages_of_fifty_follow_each_other_without_a_gap() -> None:
    for number in range(103):
        factories.add_patient(f"LISHUI-{number:03}")
    seen: list[str] = []
    after = ""
    sizes = []
    while True:
        found = _page(after=after)
        seen += _numbers(found)
        sizes.append(len(found.rows))
        if found.next_after is None:
            break
        after = found.next_after
    assert sizes == [50, 50, 3]
    assert seen == [f"LISHUI-{number:03}" for number in range(103)]


@pytest.mark.usefixtures("in_app")
def test_a_status_is_looked_for_over_many_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "_BATCH", 7)
    monkeypatch.setattr(grid, "_LOOK_THROUGH", 21)
    for number in range(30):
        patient_id = factories.add_patient(f"LISHUI-{number:03}", randomised_on=date(2026, 3, 1))
        if number not in (3, 25):
            factories.add_form(patient_id, "V0", date(2026, 3, 1))
    first = _page(status=PENDING)
    assert (_numbers(first), first.searched, first.next_after) == (["LISHUI-003"], 21, "LISHUI-020")
    second = _page(status=PENDING, after="LISHUI-020")
    assert (_numbers(second), second.next_after) == (["LISHUI-025"], None)


@pytest.mark.usefixtures("in_app")
def test_numbers_and_statuses_filter_together() -> None:
    factories.add_patient("LISHUI-1_0", randomised_on=date(2026, 3, 1))
    factories.add_patient("LISHUI-110", randomised_on=date(2026, 3, 1))
    factories.add_patient("LISHUI-220", screened_on=None, randomised_on=None)
    assert _numbers(_page(number_contains="1_0")) == ["LISHUI-1_0"]
    assert _numbers(_page(number_contains="0", status=PENDING)) == ["LISHUI-110", "LISHUI-1_0"]


def test_the_page_asks_the_database_as_often_for_sixty_patients_as_for_five(
    app: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    counts = []
    for start, end in ((0, 5), (5, 60)):
        with app.app_context():
            for number in range(start, end):
                patient_id = factories.add_patient(f"LISHUI-{number:03}")
                factories.add_form(patient_id, "V0", date(2026, 1, 5))
                factories.add_event(patient_id, EventKind.SURGERY, date(2026, 2, 1))
        with statements(app) as seen:
            assert nurse.get("/staff/ledger").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
