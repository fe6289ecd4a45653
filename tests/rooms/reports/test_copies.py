"""Certified copies: all that is kept of a form, on paper and as a file, provably the same."""

import hashlib
import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from pro_app.audit import service as audit
from pro_app.core.corrections import AskedBy, Evidence
from pro_app.core.facts import Mode
from pro_app.core.leaving import Ruling
from pro_app.deployment import deployment
from pro_app.instruments import demonstration
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.forms.corrections import decide_correction, write_correction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.tables import audit_event, form
from pro_app.store.trail.signatures import sign
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.conftest import HandClock

EN = {"Accept-Language": "en"}
PATIENT = Actor("patient:LISHUI-001", "patient", "LISHUI")
ID = "00000000-0000-4000-8000-000000000009"
PATH = f"/staff/patients/LISHUI-001/forms/{ID}/copy"


@pytest.fixture
def world(app: Flask, clock: HandClock) -> Flask:
    """A form from a phone, corrected in one line; another patient at another site."""
    with app.app_context():
        patient_id = factories.add_patient(
            "LISHUI-001", "LISHUI", randomised_on=date(2025, 12, 1), arm="RADICAL"
        )
        factories.add_form(factories.add_patient("JIAXING-001", "JIAXING"), "V0", date(2026, 1, 4))
        parts = deployment()
        shown = demonstration(parts.study.instrument, "zh")
        codes = parts.instrument.item_codes
        now = parts.now()
        new = NewForm(
            submission_id=ID, patient_id=patient_id, visit="V1", standing=True,
            answered_on=date(2026, 3, 5), mode=Mode.PHONE_SELF, language="zh",
            answers=factories.all_answered(2), wording_sha256=shown.sha256,
            started_at=now, finished_at=now, device_at=now, device_offset_minutes=480,
            item_times={code: [n, n + 2] for n, code in enumerate(codes)},
        )  # fmt: skip
        with transaction(PATIENT, now) as tx:
            keep_forms(tx, [new], parts.instrument)
            tx.record("draft.saved", "LISHUI-001", visit="V1", changes={codes[0]: [1, 2]})
            tx.record("form.received", "LISHUI-001", visit="V1", changes={"arms": [None, 2]})
        with transaction(factories.ACTOR, now) as tx:
            form_id = tx.execute(select(form.c.id).where(form.c.submission_id == ID)).scalar_one()
            made = write_correction(
                tx, form_id, asked_by=AskedBy.PATIENT, source=Evidence.CALL_NOTE,
                why="the other was meant", changes={codes[1]: [2, 4]},
            )  # fmt: skip
            decide_correction(tx, made, signed=True, why=None)
            sign(tx, kind="correction", subject=str(made), version_sha256="v", meaning="so it is")
            tx.record("form.received", "LISHUI-001", visit="V1", reason="corrected")
        audit.seal(holder="test", now=now)
    return app


def get(client: FlaskClient, kind: str, path: str = PATH) -> bytes:
    with client.post(path, data={"as": kind}, headers=EN) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        return answer.get_data()


def made(app: Flask, action: str) -> list[Any]:
    with app.app_context(), reading() as connection:
        return list(connection.execute(select(audit_event).where(audit_event.c.action == action)))


def test_a_copy_holds_what_was_shown_answered_scored_corrected_and_recorded(
    world: Flask, cast: Cast
) -> None:
    content = get(cast.nurse_of_lishui(), "json")
    document = json.loads(content)
    with world.app_context():
        parts = deployment()
        first, second, *_ = parts.instrument.item_codes
        texts = demonstration(parts.study.instrument, "zh").texts
        last = audit.sealing_now().last
    assert last is not None
    assert document["form"]["received_at"] == "2026-03-05T08:00:00+08:00"
    assert document["form"]["mode"] == "phone_self"
    items = {each["code"]: each for each in document["items"]}
    assert items[first] == {
        "code": first, "text": texts[first], "answer": 2, "answer_text": texts["RESPONSE_2"],
        "stands": 2, "stands_text": texts["RESPONSE_2"], "language": "zh",
        "first_seen_seconds": 0, "last_chosen_seconds": 2,
    }  # fmt: skip
    assert (items[second]["answer"], items[second]["stands"]) == (2, 4)
    assert document["scores"][0]["revision"] == 0
    [correction] = document["corrections"]
    assert (correction["why"], correction["signed"]) == ("the other was meant", True)
    assert correction["signature"]["meaning"] == "so it is"
    assert [each["action"] for each in document["trail"]] == ["form.received", "form.received"]
    assert all(each["seal"]["chain"] for each in document["trail"])
    assert document["head"] == f"{last.position}:{last.chain}"
    assert b"RADICAL" not in content


def test_the_printed_copy_shows_and_holds_the_file_and_bears_its_digest(
    world: Flask, cast: Cast
) -> None:
    reader = PdfReader(io.BytesIO(get(cast.nurse_of_lishui(), "pdf")))
    [content] = reader.attachments["LISHUI-001-V1-00000000.json"]
    [event] = made(world, "copy.made")
    assert event.changes["sha256"] == [None, hashlib.sha256(content).hexdigest()]
    size = [
        round(float(each) * 25.4 / 72)
        for each in (reader.pages[0].mediabox.width, reader.pages[0].mediabox.height)
    ]
    assert size == [210, 297]
    text = "".join("".join(page.extract_text().split()) for page in reader.pages)
    document = json.loads(content)
    for page in reader.pages:
        assert hashlib.sha256(content).hexdigest() in "".join(page.extract_text().split())
    for said in (
        hashlib.sha256(content).hexdigest(),
        document["head"],
        document["items"][0]["text"],
        "theotherwasmeant",
        "soitis",
        "LISHUI-001",
        "2026-03-05 08:00:00 +08:00",
        "Demonstrationwording",
    ):
        assert "".join(said.split()) in text, said


def test_each_copy_that_leaves_is_recorded(world: Flask, cast: Cast) -> None:
    content = get(cast.monitor(), "json")
    [event] = made(world, "copy.made")
    assert (event.actor, event.subject, event.visit) == ("staff:songyan", "LISHUI-001", "V1")
    assert event.changes == {
        "submission_id": [None, ID],
        "kind": [None, "json"],
        "sha256": [None, hashlib.sha256(content).hexdigest()],
    }


def test_a_signature_stands_in_the_copy_with_whether_it_holds(world: Flask, cast: Cast) -> None:
    gao = cast.investigator_of_lishui()
    page = gao.get("/staff/records/LISHUI-001").text
    version = page.split('name="version" value="')[1][:64]
    gao.post("/staff/records/LISHUI-001/sign", data={"version": version, "password": PASSWORD})
    [signature] = json.loads(get(gao, "json"))["record"]["signatures"]
    assert (signature["signed_by"], signature["holds"]) == ("staff:gaofeng", True)
    with world.app_context():
        factories.add_event(factories.patient_id_of("LISHUI-001"), "progression", date(2026, 2, 1))
    [signature] = json.loads(get(gao, "json"))["record"]["signatures"]
    assert signature["holds"] is False


def test_another_site_s_form_does_not_exist(world: Flask, cast: Cast) -> None:
    outsider = cast.nurse_of_jiaxing()
    assert outsider.post(PATH, data={"as": "pdf"}).status_code == 404
    # Nor does this patient's under the number of a patient who is the outsider's own.
    mixed = PATH.replace("LISHUI-001", "JIAXING-001")
    assert outsider.post(mixed, data={"as": "pdf"}).status_code == 404
    assert made(world, "copy.made") == []


def test_a_site_takes_all_of_its_own_in_one_file(world: Flask, cast: Cast) -> None:
    gao = cast.investigator_of_lishui()
    with gao.post("/staff/records/site/copies", headers=EN) as answer:
        content = answer.get_data()
    assert answer.headers["Content-Disposition"].endswith("-LISHUI-2026-03-05.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        name = "LISHUI-001/LISHUI-001-V1-00000000"
        assert names == [
            "LISHUI-001/record.json", "LISHUI-001/record.html",
            f"{name}.json", f"{name}.html", "index.html", "SHA256SUMS.txt",
        ]  # fmt: skip
        record = json.loads(archive.read("LISHUI-001/record.json"))
        assert f'href="{name}.html"' in archive.read("index.html").decode()
        assert b"RADICAL" not in b"".join(map(archive.read, names))
        sums = archive.read("SHA256SUMS.txt").decode()
        digest = hashlib.sha256(archive.read(f"{name}.json")).hexdigest()
        page = archive.read(f"{name}.html").decode()
    assert f"{digest}  {name}.json" in sums
    assert record["facts"]["patient_version"][0]["randomised_on"] == "2025-12-01"
    actions = [each["action"] for each in record["trail"]]
    assert actions == ["patient.added", "form.received", "form.received"]
    assert digest in page
    assert "JIAXING" not in page
    [event] = made(world, "copy.site_made")
    assert {name: pair[1] for name, pair in event.changes.items()} == {
        "site": "LISHUI",
        "patients": 1,
        "forms": 1,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_what_happened_after_a_withdrawal_of_consent_is_in_no_copy(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    with world.app_context():
        patient_id = factories.patient_id_of("LISHUI-001")
        early = factories.add_form(patient_id, "V0", date(2025, 12, 1))
        factories.add_event(patient_id, "progression", date(2026, 2, 1))
        factories.add_event(patient_id, "withdrawal_consent", date(2026, 3, 1))
        factories.add_event(patient_id, "surgery", date(2026, 3, 3))
        clock.advance(hours=1)
        factories.decide_on_data(patient_id, Ruling.RETAIN)
    gao = cast.investigator_of_lishui()
    assert gao.post(PATH, data={"as": "json"}).status_code == 404  # answered on 5 March
    document = json.loads(get(gao, "json", PATH.replace(ID, early)))
    assert document["left_out_after"] == "2026-03-01"
    assert document["trail"] == []  # all of it was recorded on 5 March
    with gao.post("/staff/records/site/copies", headers=EN) as answer:
        content = answer.get_data()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = f"LISHUI-001/LISHUI-001-V0-{early[:8]}"
        assert archive.namelist() == [
            "LISHUI-001/record.json", "LISHUI-001/record.html",
            f"{name}.json", f"{name}.html", "index.html", "SHA256SUMS.txt",
        ]  # fmt: skip
        record = json.loads(archive.read("LISHUI-001/record.json"))
        page = archive.read("LISHUI-001/record.html").decode()
    kinds = [each["kind"] for each in record["facts"]["event"]]
    assert kinds == ["progression", "withdrawal_consent"]
    assert (record["trail"], record["left_out_after"]) == ([], "2026-03-01")
    assert "was withdrawn on 2026-03-01: what happened later is left out" in page
