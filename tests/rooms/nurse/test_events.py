"""What happened to a patient: looked at, saved, corrected, taken back."""

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from pro_app.core.facts import EventKind
from pro_app.deployment import deployment
from pro_app.followup.service import synchronise_flags
from pro_app.nurse import service
from pro_app.store.engine.transaction import WORKER, reading
from pro_app.store.patients.events import events_of
from pro_app.store.tables import missing_flag
from pro_app.store.trail.trail import trail_of
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock

EN = {"Accept-Language": "en"}
PATIENT = "/staff/patients/LISHUI-001"
EVENTS = f"{PATIENT}/events"


@pytest.fixture
def world(app: Flask) -> Flask:
    """Randomised on 10 January 2025; V0 and V1 are in, V2 and V3 are missing."""
    with app.app_context():
        patient_id = factories.add_patient(
            screened_on=date(2025, 1, 2), randomised_on=date(2025, 1, 10)
        )
        factories.add_form(patient_id, "V0", date(2025, 1, 10))
        factories.add_form(patient_id, "V1", date(2025, 4, 10))
    return app


def ask(client: FlaskClient, path: str = EVENTS, **fields: str) -> TestResponse:
    return client.post(path, data=fields, headers=EN)


def fields_of(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page that was shown."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found if name != "next"}


def save(client: FlaskClient, path: str = EVENTS, **fields: str) -> TestResponse:
    """Fill in, look at what changes, save."""
    shown = ask(client, path, **fields)
    assert shown.status_code == 200, shown.text
    return client.post(path, data=fields_of(shown) | {"step": "save"}, headers=EN)


def statuses(app: Flask) -> dict[str, str]:
    with app.app_context():
        entries = service.ledger(as_of=deployment().today(), at=factories.at_server())
        return {e.visit: str(e.status) for e in entries}


def events(app: Flask) -> list[tuple[str, date, str | None]]:
    with app.app_context(), reading() as connection:
        found = events_of(connection, [factories.patient_id_of("LISHUI-001")])
        return [(str(e.kind), e.on, e.note) for each in found.values() for e in each]


def only_event(app: Flask) -> int:
    with app.app_context(), reading() as connection:
        patient_id = factories.patient_id_of("LISHUI-001")
        [event] = events_of(connection, [patient_id])[patient_id]
        return event.id


def trail(app: Flask) -> list[tuple[str, dict[str, object], str | None]]:
    """The events of the trail about the patient's events, the latest first."""
    with app.app_context(), reading() as connection:
        found = trail_of(connection, "LISHUI-001", limit=20)
        return [
            (r.action, dict(r.changes), r.reason) for r in found if r.action.startswith("event.")
        ]


def test_nothing_is_saved_before_the_changes_were_shown(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    shown = ask(nurse, kind="death", on="2025-07-01", note="fell ill")
    assert "Messages to the patient stop at once" in shown.text
    rows = re.findall(r"<tr>\s*<th.*?</tr>", shown.text, re.DOTALL)
    words = [re.sub(r"<[^>]*>|\s+", " ", row) for row in rows if "V2" in row]
    assert "Missing" in words[0]
    assert "Not expected: died" in words[0]
    assert not [row for row in rows if "V1<" in row]
    assert events(world) == []
    assert statuses(world)["V2"] == "MISSING"


def test_what_was_shown_is_what_is_saved(world: Flask, cast: Cast) -> None:
    answer = save(cast.nurse_of_lishui(), kind="death", on="2025-07-01", note="at home")
    assert answer.status_code == 302
    assert events(world) == [("death", date(2025, 7, 1), "at home")]
    assert statuses(world) == {"V0": "VALID", "V1": "VALID"} | {
        f"V{n}": "NE_DEATH" for n in range(2, 11)
    }
    [(action, changes, reason)] = trail(world)
    assert (action, reason) == ("event.added", None)
    assert changes == {
        "event": [None, "death"],
        "on": [None, "2025-07-01"],
        "note": [None, "recorded"],
    }


def test_what_changed_meanwhile_is_shown_again_and_not_saved(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    shown = ask(nurse, kind="progression", on="2025-06-01")
    with world.app_context():
        patient_id = factories.patient_id_of("LISHUI-001")
        factories.add_event(patient_id, EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2025, 7, 1))
    again = nurse.post(EVENTS, data=fields_of(shown) | {"step": "save"}, headers=EN)
    assert "something about the patient changed while you looked" in again.text
    assert [kind for kind, _, _ in events(world)] == ["withdrawal_questionnaires"]
    saved = nurse.post(EVENTS, data=fields_of(again) | {"step": "save"}, headers=EN)
    assert saved.status_code == 302


def test_15_a_withdrawal_closes_later_visits_and_the_open_one_stays_as_its_target_says(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    clock.set("2026-01-05T09:00+08:00")  # V4 is open until 24 January, its target is the 10th
    nurse = cast.nurse_of_lishui()
    shown = ask(nurse, kind="withdrawal_questionnaires", on="2026-01-05")
    assert "The patient can no longer open: V4" in shown.text
    save(nurse, kind="withdrawal_questionnaires", on="2026-01-05")
    after = statuses(world)
    assert (after["V0"], after["V1"], after["V2"]) == ("VALID", "VALID", "MISSING")
    assert {after[f"V{n}"] for n in range(4, 11)} == {"NE_WITHDRAWN"}


def test_15_a_withdrawal_after_the_target_day_leaves_the_open_visit_expected(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    clock.set("2026-01-15T09:00+08:00")
    save(cast.nurse_of_lishui(), kind="withdrawal_follow_up", on="2026-01-15")
    after = statuses(world)
    assert (after["V4"], after["V5"]) == ("WINDOW_OPEN", "NE_WITHDRAWN")


def test_18_a_death_told_three_weeks_late_and_the_report_as_it_stood(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    with world.app_context():
        before = deployment().now()
    clock.advance(hours=1)
    save(cast.nurse_of_lishui(), kind="death", on="2026-02-12")
    assert statuses(world)["V5"] == "NE_DEATH"
    with world.app_context():
        at = factories.at_server()
        stood = service.ledger(as_of=at.today, known_at=before, at=at)
    assert {e.visit: str(e.status) for e in stood}["V5"] == "NOT_YET_DUE"
    assert "NE_DEATH" not in {str(e.status) for e in stood}


def test_19_a_death_entered_by_mistake_is_as_if_it_had_never_been(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    before = statuses(world)
    save(nurse, kind="death", on="2025-07-01")
    entry = f"{EVENTS}/{only_event(world)}"
    assert ask(nurse, entry, deed="take_back").status_code == 422
    shown = ask(nurse, entry, deed="take_back", why="another patient's death")
    assert "Messages to the patient begin again" in shown.text
    assert statuses(world) != before
    save(nurse, entry, deed="take_back", why="another patient's death")
    assert (statuses(world), events(world)) == (before, [])
    taken_back, added = trail(world)
    assert added[0] == "event.added"
    assert taken_back == (
        "event.taken_back",
        {"event": ["death", None], "on": ["2025-07-01", None]},
        "another patient's death",
    )


def test_19_a_death_corrected_to_another_day_keeps_both_in_the_trail(
    world: Flask, cast: Cast
) -> None:
    nurse = cast.nurse_of_lishui()
    save(nurse, kind="death", on="2025-07-01", note="told by the son")
    entry = f"{EVENTS}/{only_event(world)}"
    assert "2025-07-01" in nurse.get(entry).text
    save(nurse, entry, kind="death", on="2025-11-01", note="told by the son", why="certificate")
    after = statuses(world)
    assert (after["V2"], after["V3"], after["V4"]) == ("MISSING", "MISSING", "NE_DEATH")
    corrected = trail(world)[0]
    assert corrected == (
        "event.corrected",
        {"event": ["death", "death"], "on": ["2025-07-01", "2025-11-01"]},
        "certificate",
    )
    gone = ask(nurse, entry, kind="death", on="2025-12-01", why="again")
    assert gone.status_code == 302  # that entry was corrected: the patient's page shows the new one


@pytest.mark.parametrize("kind", ["treatment_stopped", "progression"])
def test_20_a_stopped_treatment_or_a_progression_closes_nothing(
    world: Flask, cast: Cast, kind: str
) -> None:
    before = statuses(world)
    nurse = cast.nurse_of_lishui()
    shown = ask(nurse, kind=kind, on="2025-06-01")
    assert "Messages to the patient go on as before" in shown.text
    assert ("after progression" in shown.text) is (kind == "progression")
    save(nurse, kind=kind, on="2025-06-01")
    assert statuses(world) == before


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"on": "2025-07-01"}, "Choose what happened."),
        ({"kind": "death"}, "Write the day as 2026-03-05."),
        ({"kind": "death", "on": "20250701"}, "Write the day as 2026-03-05."),
        ({"kind": "death", "on": "2026-03-06"}, "This day is in the future."),
        ({"kind": "surgery", "on": "2025-01-01"}, "before the screening on 2025-01-02"),
        ({"kind": "surgery", "on": "2025-07-01", "note": "x" * 501}, "This is too long"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field_and_nothing_given_is_lost(
    world: Flask, cast: Cast, fields: dict[str, str], says: str
) -> None:
    nurse = cast.nurse_of_lishui()
    answer = ask(nurse, **({"note": "kept"} | fields))
    assert answer.status_code == 422
    assert says in unescape(answer.text)
    assert "aria-invalid" in answer.text
    assert fields.get("note", "kept") in answer.text
    assert events(world) == []


def test_a_second_death_names_the_first(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    save(nurse, kind="death", on="2025-07-01")
    answer = ask(nurse, kind="death", on="2025-08-01")
    assert answer.status_code == 422
    assert "The death on 2025-07-01 is recorded already" in answer.text
    again = ask(nurse, kind="death", on="2025-07-01")
    assert again.status_code == 422


def test_an_event_after_death_is_warned_of_and_taken(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    save(nurse, kind="death", on="2025-07-01")
    assert "is after the death" in ask(nurse, kind="surgery", on="2025-07-02").text
    save(nurse, kind="surgery", on="2025-07-02")
    assert len(events(world)) == 2


def test_only_the_nurses_of_the_site_may_say_what_happened(world: Flask, cast: Cast) -> None:
    outsider, reader = cast.nurse_of_jiaxing(), cast.monitor()
    assert ask(outsider, kind="death", on="2025-07-01").status_code == 404
    assert ask(outsider, kind="death", on="2025-07-01", step="save").status_code == 404
    assert ask(reader, kind="death", on="2025-07-01").status_code == 403
    assert events(world) == []


def test_a_death_closes_the_open_flags_at_once(world: Flask, cast: Cast) -> None:
    with world.app_context():
        synchronise_flags(at=factories.at_server(WORKER))
    assert flagged(world) == ["V2", "V3", "V4"]
    save(cast.nurse_of_lishui(), kind="death", on="2025-07-20")
    assert flagged(world) == ["V2"]


def flagged(app: Flask) -> list[str]:
    query = select(missing_flag.c.visit).where(missing_flag.c.closed_at.is_(None))
    with app.app_context(), reading() as connection:
        return sorted(connection.execute(query).scalars())
