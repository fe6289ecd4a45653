"""A file that is taken in is one event of the trail, and stands in a list."""

import hashlib
import json
import os
import pwd

from flask import Flask
from flask.testing import FlaskClient

from pro_app.store.engine.transaction import reading
from pro_app.store.trail.trail import last_of
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.intake.desk import Desk, event, form, patient, text_of
from tests.rooms.intake.test_enrol import ENROL, NEW_PATIENT, line, save, send, text

EN = {"Accept-Language": "en"}
FILES = "/staff/enrol/files"


def listed(desk: Desk) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(desk.do("import", "list", "--json"))
    return found


def see(client: FlaskClient) -> str:
    answer = client.get(FILES, headers=EN)
    assert answer.status_code == 200
    return answer.text


def test_each_file_is_one_event_with_its_digest_its_counts_and_who(desk: Desk, app: Flask) -> None:
    rows = [patient(), patient("LISHUI-002"), patient("LISHUI-002")]
    desk.take("patients", *rows, options=("--by", "Wang Min", "--missing", "NA"))
    with app.app_context(), reading() as connection:
        told = last_of(connection, "import:patients", "file.imported")
    assert told
    assert (told.actor, told.role) == ("cli", "operator")
    assert {name: new for name, (_, new) in told.changes.items()} == {
        "file": "patients.csv",
        "sha256": hashlib.sha256(text_of(rows).encode()).hexdigest(),
        "added": 2,
        "unchanged": 1,
        "read_as": "utf-8, missing=NA",
        "by": "Wang Min",
    }


def test_without_a_name_it_is_the_user_of_the_operating_system(desk: Desk) -> None:
    desk.take("patients", patient())
    [only] = listed(desk)
    assert only["by"] == pwd.getpwuid(os.getuid()).pw_name


def test_what_brings_nothing_leaves_nothing(desk: Desk) -> None:
    desk.take("patients", patient())
    desk.take("patients", patient())
    desk.take("forms", form("V0", "2026-01-04"), options=("--dry-run",))
    desk.take_nothing("forms", form("V0", "2026-01-04", GP1="7"))
    assert [each["kind"] for each in listed(desk)] == ["patients"]


def test_the_list_counts_what_was_declared_wrong_since(desk: Desk, clock: HandClock) -> None:
    desk.take("patients", patient(), patient("LISHUI-002"))
    clock.advance(minutes=1)
    desk.take("forms", form("V0", "2026-01-03"), form("V0", "2026-01-04", "LISHUI-002"))
    clock.advance(minutes=1)
    desk.take("events", event("surgery", "2026-02-01"), event("progression", "2026-02-02"))
    clock.advance(minutes=1)
    desk.take("forms", form("V0", "2026-01-04"))

    def counts() -> list[tuple[object, object]]:
        return [(each["kind"], each["voided"]) for each in listed(desk)]

    assert counts() == [("forms", 0), ("events", 0), ("forms", 0), ("patients", 0)]
    why = ("--why", "keyed under the wrong number")
    desk.do("void", "event", "LISHUI-001", "surgery", "2026-02-01", *why)
    assert counts() == [("forms", 0), ("events", 1), ("forms", 0), ("patients", 0)]
    desk.do("void", "patient", "LISHUI-002", *why)
    assert counts() == [("forms", 0), ("events", 1), ("forms", 1), ("patients", 1)]
    desk.do("void", "patient", "LISHUI-001", *why)
    assert counts() == [("forms", 1), ("events", 2), ("forms", 2), ("patients", 2)]


def test_the_trail_stays_whole_with_files_in_it(desk: Desk, app: Flask) -> None:
    desk.take("patients", patient())
    desk.take("forms", form("V0", "2026-01-03"))
    desk.do("audit", "seal")
    assert "rows" in desk.do("audit", "verify", "--data")


def test_a_data_manager_sees_every_file_and_a_nurse_those_of_the_site(
    desk: Desk, cast: Cast, clock: HandClock
) -> None:
    desk.take("patients", patient("JIAXING-001"), options=("--by", "<b>Wang</b>"))
    clock.advance(minutes=1)
    nurse = cast.nurse_of_lishui()
    save(nurse, send(nurse, text(line()), "fakepath/丽水 三月.csv"))
    page = see(cast.data_manager())
    assert "丽水 三月.csv" in page
    assert "fakepath" not in page
    assert "patients.csv" in page
    assert "&lt;b&gt;Wang&lt;/b&gt;" in page
    assert "added 1" in page
    own = see(nurse)
    assert "丽水 三月.csv" in own
    assert "patients.csv" not in own
    assert "No file has been taken in yet." in see(cast.nurse_of_jiaxing())
    assert nurse.get(f"{FILES}?before=x").status_code == 200
    assert "No file" in nurse.get(f"{FILES}?before=1", headers=EN).text


def test_readers_see_no_list(cast: Cast) -> None:
    for client in (cast.monitor(), cast.statistician()):
        assert client.get(FILES).status_code == 403


def test_one_patient_of_the_page_is_no_file(cast: Cast, desk: Desk) -> None:
    cast.nurse_of_lishui().post(ENROL, data=NEW_PATIENT)
    assert listed(desk) == []
