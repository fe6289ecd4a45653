"""Today: what waits, in which order, and that it costs the same for many patients."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from pro_app.core.facts import EventKind
from pro_app.core.pauses import PauseFact, PauseKind
from pro_app.core.schedule import plan
from pro_app.core.sites import only
from pro_app.deployment import deployment
from pro_app.nurse import day
from pro_app.store.engine.transaction import transaction
from pro_app.store.patients.pauses import add_pause
from pro_app.store.statuses.flags import synchronise_flags
from tests import factories
from tests.cast import Cast
from tests.rooms.nurse.counting import statements

TODAY = date(2026, 3, 5)
LISHUI = only("LISHUI")


def closing_on(closes_on: date) -> date:
    """The randomisation day whose month-3 window closes on a day."""
    for back in range(80, 130):
        anchor = closes_on - timedelta(back)
        if plan(deployment().study.visits, anchor)[1].closes_on == closes_on:
            return anchor
    raise AssertionError(closes_on)


def add(number: str, left: int, **changes: object) -> int:
    """A patient whose month-3 window closes in so many days; the baseline is in."""
    anchor = closing_on(TODAY + timedelta(left))
    site = number.split("-")[0]
    patient_id = factories.add_patient(number, site, randomised_on=anchor, **changes)
    factories.add_form(patient_id, "V0", anchor, now=datetime(2026, 1, 1, tzinfo=UTC))
    return patient_id


def flag() -> None:
    with transaction(factories.ACTOR, deployment().now()) as tx:
        synchronise_flags(tx, deployment().study, TODAY)
        tx.record("flags.synchronised", "study")


def work() -> day.Today:
    return day.at_site(at=factories.at_desk(today=TODAY))


@pytest.mark.usefixtures("in_app")
def test_windows_stand_by_the_days_they_have_left() -> None:
    for number, left in (("A", 7), ("B", 0), ("C", 8), ("D", 3), ("E", 4), ("F", 28)):
        add(f"LISHUI-{number}", left)
    add("LISHUI-GONE", -1)
    add("LISHUI-AHEAD", 29)
    found = work()
    lists = [[row.number[-1] for row in cut.rows] for cut in (found.soon, found.week, found.later)]
    assert lists == [["B", "D"], ["E", "A"], ["C", "F"]]
    assert found.opened == 1  # F's window opened today


@pytest.mark.usefixtures("in_app")
def test_nobody_is_asked_who_died_withdrew_answered_or_can_not_answer() -> None:
    factories.add_event(add("LISHUI-1", 3), EventKind.DEATH, TODAY)
    factories.add_event(add("LISHUI-2", 3), EventKind.WITHDRAWAL_FOLLOW_UP, TODAY)
    factories.add_form(add("LISHUI-3", 3), "V1", TODAY)
    add("LISHUI-4", 3, able=False)
    add("LISHUI-5", 3, pro_consent_on=None)
    factories.add_event(add("LISHUI-6", 3), EventKind.PROGRESSION, TODAY)
    assert [row.number for row in work().soon.rows] == ["LISHUI-6"]


@pytest.mark.usefixtures("in_app")
def test_a_screened_patient_s_baseline_is_open_until_randomisation() -> None:
    factories.add_patient(screened_on=TODAY, randomised_on=None)
    assert [(row.visit, row.closes_on) for row in work().later.rows] == [("V0", None)]


@pytest.mark.usefixtures("in_app")
def test_what_is_missing_without_a_reason_comes_latest_first() -> None:
    add("LISHUI-1", -20)
    add("LISHUI-2", -2)
    flag()
    found = work().flagged
    assert [row.number for row in found.rows] == ["LISHUI-2", "LISHUI-1"]
    assert (found.total, found.new) == (2, 2)


@pytest.mark.usefixtures("in_app")
def test_new_is_what_came_since_yesterday_in_the_trial_s_zone() -> None:
    patient_id = add("LISHUI-1", 3)
    yesterday = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    factories.add_form(patient_id, "V1", TODAY, now=yesterday)
    factories.add_form(patient_id, "V2", TODAY, now=yesterday - timedelta(seconds=1))
    assert [row.visit for row in work().came_in.rows] == ["V1"]


@pytest.mark.usefixtures("in_app")
def test_a_list_is_cut_and_says_its_true_length() -> None:
    for number in range(day.ROWS + 3):
        add(f"LISHUI-{number:03}", 3)
    found = work().soon
    assert (len(found.rows), found.total) == (day.ROWS, day.ROWS + 3)


def test_a_very_long_list_is_counted_no_further_and_says_so(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for number in range(day.COUNTED + 1):
            add(f"LISHUI-{number:03}", 3)
        found = work().soon
        assert (len(found.rows), found.total, found.more) == (day.ROWS, day.COUNTED, True)
        assert not work().week.more
    page = cast.nurse_of_lishui().get("/staff/today").text
    assert f"{day.COUNTED}+" in page


@pytest.mark.usefixtures("in_app")
def test_nothing_of_another_site_is_in_any_list() -> None:
    patient_id = add("JIAXING-1", 3)
    add("JIAXING-2", -3)
    flag()
    factories.add_form(patient_id, "V2", TODAY)
    found = work()
    totals = (found.soon.total, found.flagged.total, found.came_in.total)
    assert totals == (0, 0, 0)


def test_the_page_shows_the_lists_and_the_way_to_each_patient(app: Flask, cast: Cast) -> None:
    with app.app_context():
        add("LISHUI-1", 0)
        add("LISHUI-2", 1)
        add("LISHUI-3", -2)
        flag()
    page = cast.nurse_of_lishui().get("/staff/today", headers={"Accept-Language": "en"}).text
    assert "closes today" in page
    assert "closes tomorrow" in page
    assert 'href="/staff/patients/LISHUI-1"' in page
    assert 'action="/staff/patients/LISHUI-3/visits/V1/reason"' in page


def test_what_others_ask_of_the_site_leads_to_where_it_is_answered(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient("LISHUI-1")
    asked = {"kind": "COPY", "asked_on": "2026-03-02"}
    nurse = cast.nurse_of_lishui()
    nurse.post("/staff/patients/LISHUI-1/requests", data=asked)
    cast.data_manager().post("/staff/queries/about/LISHUI-1", data={"words": "Are they well?"})
    page = nurse.get("/staff/today").text
    assert '<a class="button quiet" href="/staff/queries"><strong>1</strong>' in page
    assert '<a class="button quiet" href="/staff/requests"><strong>1</strong>' in page


def test_an_empty_day_is_kind(app: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get("/staff/today", headers={"Accept-Language": "en"}).text
    assert "No window waits for a form today." in page
    assert "Every missing form has its reason." in page


def test_looking_for_a_number_leads_to_the_one_patient(app: Flask, cast: Cast) -> None:
    with app.app_context():
        add("LISHUI-017", 3)
        add("LISHUI-018", 3)
    nurse = cast.nurse_of_lishui()
    assert nurse.get("/staff/ledger?search=1&number=017").location == "/staff/patients/LISHUI-017"
    assert nurse.get("/staff/ledger?search=1&number=01").status_code == 200


def test_the_page_asks_the_database_as_often_for_sixty_patients_as_for_five(
    app: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    counts = []
    for start, end in ((0, 5), (5, 60)):
        with app.app_context():
            for number in range(start, end):
                add(f"LISHUI-{number:03}", number % 40 - 20)
            flag()
        with statements(app) as seen:
            assert nurse.get("/staff/today").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_who_is_on_a_pause_is_marked(app: Flask, cast: Cast) -> None:
    with app.app_context():
        patient_id = add("LISHUI-017", 3)
        with transaction(factories.ACTOR, deployment().now()) as tx:
            fact = PauseFact(PauseKind.HOSPITAL_STAY, TODAY, TODAY + timedelta(2))
            add_pause(tx, patient_id, fact, None)
            tx.record("pause.begun", "LISHUI-017")
    page = cast.nurse_of_lishui().get("/staff/today", headers={"Accept-Language": "en"}).text
    assert "pause until 2026-03-07" in page
