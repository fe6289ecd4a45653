"""Patients enrolled from the desk: one by a form, many by a file."""

import io
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.core.sites import EVERYWHERE
from pro_app.core.submission import open_visits
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import reading
from pro_app.store.patients.patients import arms_of, find_patient
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.trail.trail import trail_of
from tests import factories
from tests.cast import Cast
from tests.rooms.intake.desk import Desk, patient, text_of

EN = {"Accept-Language": "en"}
ENROL = "/staff/enrol"
NEW_PATIENT = {
    "patient_id": "LISHUI-001",
    "language": "zh",
    "able": "yes",
    "screened_on": "2026-03-01",
    "pro_consent_on": "2026-03-02",
    "consent_version": "PRO 2.0",
    "randomised_on": "2026-03-04",
}
HEADER = "patient_id,site,language,screened_on,pro_consent_on,consent_version,randomised_on,able"


def line(number: str = "LISHUI-001", site: str = "LISHUI", version: str = "PRO 2.0") -> str:
    return f"{number},{site},zh,2026-03-01,2026-03-02,{version},2026-03-04,yes"


def text(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode()


def send(
    client: FlaskClient, content: bytes, name: str = "patients.csv", **how: str
) -> TestResponse:
    data = {"file": (io.BytesIO(content), name), **how}
    return client.post(f"{ENROL}/file", data=data, headers=EN)


def save(client: FlaskClient, shown: TestResponse) -> TestResponse:
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', shown.text)
    data = {name: unescape(value) for name, value in fields} | {"step": "save"}
    assert data["content"], shown.text
    return client.post(f"{ENROL}/file", data=data, headers=EN)


def kept(app: Flask, number: str = "LISHUI-001") -> tuple[str, str | None, str] | None:
    with app.app_context(), reading() as connection:
        found = find_patient(connection, number, sites=EVERYWHERE)
        if found is None:
            return None
        return found.site, found.state.consent_version, str(found.state.randomised_on)


def test_a_nurse_enrols_one_patient_of_their_own_site(app: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    answer = nurse.post(ENROL, data=NEW_PATIENT | {"site": "JIAXING"}, headers=EN)
    assert answer.headers["Location"] == "/staff/patients/LISHUI-001"
    assert kept(app) == ("LISHUI", "PRO 2.0", "2026-03-04")
    with app.app_context(), reading() as connection:
        [added] = trail_of(connection, "LISHUI-001", limit=5)
    assert (added.action, added.actor) == ("patient.added", "staff:lina")
    assert added.changes["consent_version"] == [None, "PRO 2.0"]
    page = nurse.get("/staff/patients/LISHUI-001", headers=EN)
    assert "PRO 2.0" in page.text


def test_the_time_of_randomisation_is_kept_and_shown(app: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    nurse.post(ENROL, data=NEW_PATIENT | {"randomised_time": "09:30"}, headers=EN)
    assert "09:30" in nurse.get("/staff/patients/LISHUI-001", headers=EN).text


def test_a_data_manager_chooses_the_site(app: Flask, cast: Cast) -> None:
    manager = cast.data_manager()
    assert manager.post(ENROL, data=NEW_PATIENT, headers=EN).status_code == 422
    elsewhere = NEW_PATIENT | {"site": "JIAXING"}
    assert "a number of another site" in manager.post(ENROL, data=elsewhere, headers=EN).text
    manager.post(ENROL, data=elsewhere | {"patient_id": "JIAXING-001"}, headers=EN)
    assert kept(app, "JIAXING-001") == ("JIAXING", "PRO 2.0", "2026-03-04")


def test_without_a_consent_no_form_is_asked_for(app: Flask, cast: Cast) -> None:
    without = {"pro_consent_on": "", "consent_version": ""}
    cast.nurse_of_lishui().post(ENROL, data=NEW_PATIENT | without)
    with app.app_context(), reading() as connection:
        [known] = read_facts(connection, Scope(EVERYWHERE))
        parts = deployment()
        assert open_visits(known.facts, parts.study, valid_from=30, today=parts.today()) == ()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"patient_id": ""}, "expected a value"),
        ({"patient_id": "13800138000"}, "looks like a telephone"),
        ({"consent_version": ""}, "the version of the consent"),
        ({"consent_version": "x" * 41}, "at most 40 characters"),
        ({"randomised_on": "2026-03-06"}, "not after today, 2026-03-05"),
        ({"randomised_time": "noon"}, "a time of day, HH:MM"),
        ({"randomised_time": "09:30", "randomised_on": ""}, "while randomised_on is empty"),
        ({"language": "fr"}, "expected one of zh, en"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field_and_nothing_given_is_lost(
    app: Flask, cast: Cast, fields: dict[str, str], says: str
) -> None:
    answer = cast.nurse_of_lishui().post(ENROL, data=NEW_PATIENT | fields, headers=EN)
    assert (answer.status_code, says in unescape(answer.text)) == (422, True)
    assert "aria-invalid" in answer.text
    assert 'value="2026-03-01"' in answer.text
    assert kept(app) is None


def test_what_is_worth_a_word_is_said_by_the_page_as_by_a_file(
    app: Flask, cast: Cast, desk: Desk
) -> None:
    nurse = cast.nurse_of_lishui()
    turned = {"screened_on": "2026-03-04", "randomised_on": "2026-03-01"}
    says = "randomised on 2026-03-01, before the screening on 2026-03-04"
    answer = nurse.post(ENROL, data=NEW_PATIENT | turned, headers=EN)
    page = nurse.get(answer.headers["Location"], headers=EN).text
    assert "LISHUI-001 is enrolled." in page
    assert f"Please look at this: {says}" in page
    assert says not in nurse.get("/staff/patients/LISHUI-001", headers=EN).text
    assert kept(app) == ("LISHUI", "PRO 2.0", "2026-03-01")
    row = line("LISHUI-002").replace("2026-03-01", "2026-03-05")
    assert "before the screening on 2026-03-05" in send(nurse, text(row)).text
    desk.take("patients", patient("LISHUI-003", **turned))
    assert says in desk.remarks


def test_a_number_in_use_is_refused_and_says_nothing_of_its_site(app: Flask, cast: Cast) -> None:
    with app.app_context():
        factories.add_patient("JIAXING-001", "JIAXING")
        factories.add_patient("LISHUI-001")
    nurse = cast.nurse_of_lishui()
    # A number of another site is none here, whether somebody has it or not.
    for number, says in (
        ("LISHUI-001", "expected a number that is not in use"),
        ("JIAXING-001", "a number of another site; expected one such as LISHUI-001"),
        ("JIAXING-002", "a number of another site; expected one such as LISHUI-001"),
    ):
        answer = nurse.post(ENROL, data=NEW_PATIENT | {"patient_id": number}, headers=EN)
        assert says in answer.text
        shown = send(nurse, text(line(number)))
        assert (says in shown.text) is (number != "LISHUI-001")
    assert kept(app, "JIAXING-001") == ("JIAXING", None, "2026-01-05")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_looked_at_before_it_is_saved(app: Flask, cast: Cast, encoding: str) -> None:
    nurse = cast.nurse_of_lishui()
    lines = [line("LISHUI-001", version="第二版"), line("LISHUI-002")]
    content = "\r\n".join([HEADER, *lines, ""]).encode(encoding)
    shown = send(nurse, content)
    assert (shown.status_code, kept(app)) == (200, None)
    assert re.search(r"<strong>2</strong>\s*patients are added", shown.text)
    assert ("GB18030" in shown.text) is (encoding == "gb18030")
    assert save(nurse, shown).status_code == 302
    assert kept(app) == ("LISHUI", "第二版", "2026-03-04")
    again = send(nurse, content)
    assert re.search(r"<strong>2</strong>\s*stay as they are", again.text)
    assert 'name="content"' not in again.text


def test_every_bad_line_is_named_and_nothing_of_the_file_is_saved(app: Flask, cast: Cast) -> None:
    shown = send(
        cast.nurse_of_lishui(),
        text(
            line("LISHUI-001"), line("LISHUI-002", site="JIAXING"), line("LISHUI-003", version="")
        ),
    )
    assert shown.status_code == 422
    problems = shown.text.partition('id="problems-head"')[2]
    rows = re.findall(r"<tr>\s*<td.*?</tr>", problems, re.DOTALL)
    told = [re.findall(r"<td[^>]*>(?:<code>)?([^<]*)", row)[:3] for row in rows]
    assert told == [["3", "site", "JIAXING"], ["4", "consent_version", ""]]
    assert 'name="content"' not in shown.text
    assert kept(app) is None


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("patients.xlsx", b"PK\x03\x04", "ends in .csv"),
        ("patients.csv", b"PK\x03\x04\x00\x00", "expected CSV text"),
        ("patients.csv", b"", "the file is empty"),
        ("", b"", "ends in .csv"),
        ("patients.csv", b"x" * (129 * 1024), "at most 128 kB"),
        ("patients.csv", text(*["a,b"] * 1001), "at most 1000 lines"),
    ],
)
def test_what_is_no_small_csv_file_is_refused(
    app: Flask, cast: Cast, name: str, content: bytes, says: str
) -> None:
    answer = send(cast.nurse_of_lishui(), content, name)
    assert (answer.status_code, says in unescape(answer.text)) == (422, True)


def test_the_page_reads_what_the_command_reads_and_shows_it_first(app: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    header = HEADER.replace("able", "Fit").replace(",", ";") + ";extra"
    row = line().replace("2026-03-01", "2026年3月1日").replace(",", ";").replace("yes", "NA")
    content = f"{header}\n{row};x\n".encode("utf-16")
    how = {"missing": "NA", "map": "Fit,able\nextra,\n", "delimiter": "semicolon"}
    assert "say that it is utf-16" in send(nurse, content, **how).text
    shown = send(nurse, content, "患者.txt", **how, encoding="utf-16")
    assert shown.status_code == 200
    assert "患者.txt: read as UTF-16, semicolons between the columns" in shown.text
    cells = re.findall(r"<td>([^<]*)</td>", shown.text.partition('id="first-head"')[2])
    assert cells == ["LISHUI-001", "LISHUI", "zh", "2026年3月1日", "2026-03-02", "PRO 2.0",
                     "2026-03-04", "–"]  # fmt: skip
    assert kept(app) is None
    assert save(nurse, shown).status_code == 302
    assert kept(app) == ("LISHUI", "PRO 2.0", "2026-03-04")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("encoding", "utf8x", "“utf8x” – expected one of utf-8, gb18030"),
        ("delimiter", "dot", "“dot” – expected one of comma, semicolon"),
        ("missing", " , ", "expected codes for a missing value"),
        ("missing", "zh", "“zh” – this is a possible value in such a file"),
        ("map", "nobody,site", "Line 1: “nobody” – expected a column that the file has"),
        ("map", "able,able\nable,", "Line 2: “able” – expected each column once"),
    ],
)
def test_what_is_said_of_the_file_and_makes_no_sense_is_told_at_its_field(
    app: Flask, cast: Cast, field: str, value: str, says: str
) -> None:
    answer = send(cast.nurse_of_lishui(), text(line()), **{field: value})
    page = re.sub(r"\s+", " ", unescape(answer.text))
    assert answer.status_code == 422
    assert f'aria-invalid="true" aria-describedby="{field}-wrong"' in page
    assert says in page
    assert "<details open>" in page
    assert kept(app) is None


def test_the_page_says_what_may_read_a_file_that_it_refuses(cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    named = text(line()).replace(b"patient_id", b"PatientID").replace(b",yes", b",NA")
    page = unescape(send(nurse, named).text)
    assert "Is it “PatientID”?" in page
    assert "Under “Columns with another name” you can write PatientID,patient_id" in page
    page = unescape(send(nurse, text(line()).replace(b",yes", b",NA")).text)
    assert "If these are codes for a missing value, name them: NA" in page


def test_arms_come_by_the_command_line_alone(app: Flask, cast: Cast, desk: Desk) -> None:
    shown = send(cast.nurse_of_lishui(), text_of([patient()]).encode())
    assert "unknown column" in shown.text
    desk.take("patients", patient(consent_version="PRO 2.0"))
    with app.app_context(), reading() as connection:
        assert list(arms_of(connection).values()) == ["RADICAL"]
    assert kept(app) == ("LISHUI", "PRO 2.0", "2026-01-05")


def test_what_a_browser_changed_between_the_steps_is_checked_again(app: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    for content in ("not base64!", "AAAA", ""):
        data = {"content": content, "step": "save"}
        assert nurse.post(f"{ENROL}/file", data=data).status_code == 422
    assert kept(app) is None


def test_readers_enrol_nobody(app: Flask, cast: Cast) -> None:
    for client in (cast.monitor(), cast.statistician()):
        assert client.get(ENROL).status_code == 403
        assert client.post(ENROL, data=NEW_PATIENT).status_code == 403
        assert send(client, text(line())).status_code == 403
