"""One patient's page."""

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask

from pro_app.core.contact import Attempt, Channel, Outcome
from pro_app.core.facts import EventKind
from pro_app.core.pauses import PauseFact, PauseKind
from pro_app.deployment import deployment
from pro_app.store.desk.contact_log import keep_attempt
from pro_app.store.engine.transaction import transaction
from pro_app.store.patients.pauses import add_pause
from tests import factories
from tests.cast import Cast
from tests.factories import ACTOR
from tests.rooms.nurse.counting import statements

EN = {"Accept-Language": "en"}
_PAGE = "/staff/patients/LISHUI-001"


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        patient_id = factories.add_patient(randomised_on=date(2025, 1, 10), arm="RADICAL")
        factories.add_form(patient_id, "V0", date(2025, 1, 10), answers=factories.all_answered(2))
        factories.add_form(patient_id, "V2", date(2025, 7, 10), answers=factories.all_answered(3))
        factories.add_form(patient_id, "V2", date(2025, 7, 11), standing=False)
        factories.add_event(patient_id, EventKind.PROGRESSION, date(2025, 3, 1))
    return app


def test_a_nurse_sees_visits_events_and_scores(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get(_PAGE, headers=EN).text
    assert "Disease progressed" in page
    assert "after progression" in page
    assert "Intermittent" in page
    assert "second form, not counted" in page
    assert "RADICAL" not in page


def test_the_chart_has_a_gap_and_a_sign_where_a_visit_is_missing(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get(f"{_PAGE}?scale=PWB", headers=EN).text
    chart = re.search(r'aria-labelledby="chart-title.*?</svg>', page, re.DOTALL)
    assert chart
    assert "<polyline" not in chart[0]  # V0 and V2 are no neighbours: V1 is missing
    assert len(re.findall("<circle", chart[0])) == 2
    assert "V1: Missing" in chart[0]
    assert "Cella" in page


def test_the_table_beside_the_chart_has_every_value(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get(f"{_PAGE}?scale=SWB", headers=EN).text
    table = re.search(r'<table class="scores">.*?</table>', page, re.DOTALL)
    assert table
    assert re.findall(r'<td class="number">\s*([^<]*?)\s*<', table[0])[:6] == [
        "14.0", "–", "7/7", "21.0", "+7.0", "7/7",
    ]  # fmt: skip


def test_an_unknown_scale_shows_the_overall_one(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get(f"{_PAGE}?scale=XYZ", headers=EN).text
    assert "Scores · FACT-B" in page


def test_a_foreign_number_is_answered_as_one_that_does_not_exist(world: Flask, cast: Cast) -> None:
    outsider = cast.nurse_of_jiaxing()
    foreign, nowhere = outsider.get(_PAGE), outsider.get("/staff/patients/LISHUI-999")
    assert (foreign.status_code, nowhere.status_code) == (404, 404)
    tokens = re.compile(r'value="[^"]*"')
    assert tokens.sub("", foreign.text) == tokens.sub("", nowhere.text)
    assert outsider.post(f"{_PAGE}/link").status_code == 404


def test_the_others_read_and_can_not_write(world: Flask, cast: Cast) -> None:
    for client in (cast.data_manager(), cast.statistician()):
        page = client.get(_PAGE)
        assert page.status_code == 200
        assert "/reason" not in page.text
        assert "/link" not in page.text
        assert client.post(f"{_PAGE}/link").status_code == 403


def test_a_patient_without_consent_or_randomisation_has_a_page(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient("LISHUI-001", pro_consent_on=None, randomised_on=None)
        factories.add_patient("LISHUI-002", randomised_on=None)
    nurse = cast.nurse_of_lishui()
    assert "No consent to questionnaires" in nurse.get(_PAGE, headers=EN).text
    screened = nurse.get("/staff/patients/LISHUI-002", headers=EN)
    assert "until randomisation" in screened.text


def test_the_trail_says_in_words_who_did_what(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    nurse.post(
        f"{_PAGE}/visits/V1/reason",
        data={"code": "P_FORGOT", "said_by": "Patient", "said_on": "2026-03-05"},
    )
    page = nurse.get(_PAGE, headers=EN).text
    trail = page[page.index("trail-head") :]
    assert "Reason given" in trail
    assert "staff:lina" in trail
    with world.app_context():
        assert deployment().today() == date(2026, 3, 5)


def test_a_nurse_finds_a_death_in_one_click(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    page = nurse.get(_PAGE, headers=EN).text
    link = re.search(r'href="([^"]*)">The patient died</a>', page)
    assert link
    form = nurse.get(unescape(link[1]), headers=EN).text
    assert re.search(r'value="death" required checked', form)
    with world.app_context():
        factories.add_event(
            factories.patient_id_of("LISHUI-001"), EventKind.DEATH, date(2025, 9, 1)
        )
    page = nurse.get(_PAGE, headers=EN).text
    assert "The patient died</a>" not in page
    assert "No form is asked for any more" in page


def test_the_history_is_the_latest_first_with_who_and_when(world: Flask, cast: Cast) -> None:
    with world.app_context():
        parts = deployment()
        with transaction(ACTOR, parts.now()) as tx:
            patient_id = factories.patient_id_of("LISHUI-001")
            festival = PauseFact(PauseKind.FESTIVAL, date(2026, 2, 10), date(2026, 2, 20))
            add_pause(tx, patient_id, festival, "at the parents'")
            made = Attempt(parts.now(), Channel.PHONE, Outcome.NO_ANSWER)
            keep_attempt(tx, patient_id, "V3", made)
            tx.record("contact.tried", "LISHUI-001")
    page = cast.nurse_of_lishui().get(_PAGE, headers=EN).text
    history = page[page.index('<ol class="history">') :]
    rows = [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in history.split("<li>")[1:]]
    days = [row[:10] for row in rows if row[:2] == "20"]
    assert days == sorted(days, reverse=True)
    assert rows[0].startswith(
        "2026-03-05 Call · the patient’s phone · no answer · V3 5 Mar 2026, 08:00"
    )
    assert "Festival · 2026-02-10 – 2026-02-20" in rows[1]
    assert "at the parents" in unescape(rows[1])
    assert "· test" in rows[1]
    assert 'href="/staff/trail?number=LISHUI-001&amp;from=2026-03-05&amp;to=2026-03-05"' in history
    drawing = page[page.index('<svg class="chart timeline"') :]
    drawing = drawing[: drawing.index("</svg>")]
    assert len(re.findall('class="pause"', drawing)) == 1
    assert len(re.findall('class="call', drawing)) == 1


def test_the_page_asks_as_many_questions_however_long_the_history(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    nurse.get(_PAGE)

    def asked() -> int:
        with statements(world) as seen:
            nurse.get(_PAGE)
        return len(seen)

    before = asked()
    with world.app_context():
        patient_id = factories.patient_id_of("LISHUI-001")
        for day in range(1, 20):
            factories.add_event(patient_id, EventKind.SURGERY, date(2025, 5, day))
        factories.add_form(patient_id, "V3", date(2025, 10, 10))
    assert asked() == before
