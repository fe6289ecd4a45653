"""The download page: who may have what, and what the ZIP holds."""

import io
import re
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.store.engine.transaction import reading
from pro_app.store.tables import audit_event
from tests import factories
from tests.cast import Cast
from tests.rooms.export.making import TODAY, V0, insert_form, right_scores


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        factories.add_form(factories.add_patient(arm="RADICAL"), "V0", V0)
    return app


def in_english(client: FlaskClient) -> FlaskClient:
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def take(client: FlaskClient, **form: str) -> zipfile.ZipFile:
    with client.post("/staff/export", data={"as_of": TODAY.isoformat()} | form) as answer:
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == "application/zip"
        return zipfile.ZipFile(io.BytesIO(answer.data))


def recorded(app: Flask, action: str) -> list[tuple[str, str]]:
    with app.app_context(), reading() as connection:
        query = select(audit_event.c.actor, audit_event.c.subject)
        return [
            tuple(row) for row in connection.execute(query.where(audit_event.c.action == action))
        ]


def test_the_data_manager_downloads_the_data_set_without_the_arm(world: Flask, cast: Cast) -> None:
    archive = take(cast.data_manager())
    assert b"LISHUI-001" in archive.read("patients.csv")
    assert not [name for name in archive.namelist() if b"RADICAL" in archive.read(name)]
    assert recorded(world, "export.made") == [("staff:zhoumin", "export")]


def test_the_page_tells_of_every_file_before_it_is_made(world: Flask, cast: Cast) -> None:
    client = cast.data_manager()
    told = re.findall(r"\b\w+\.(?:csv|json)\b", client.get("/staff/export").text)
    assert sorted(set(told)) == sorted(take(client).namelist())


def test_the_statistician_has_the_arm_on_request(world: Flask, cast: Cast) -> None:
    client = cast.statistician()
    assert b"RADICAL" not in take(client).read("patients.csv")
    assert b"RADICAL" in take(client, arm="yes").read("patients.csv")


def test_a_data_manager_who_asks_for_the_arm_is_refused_and_noted(world: Flask, cast: Cast) -> None:
    client = cast.data_manager()
    answer = client.post("/staff/export", data={"as_of": TODAY.isoformat(), "arm": "yes"})
    assert answer.status_code == 403
    assert recorded(world, "access.refused") == [("staff:zhoumin", "export.take arm")]
    assert recorded(world, "export.made") == []


def test_a_nurse_has_no_export(world: Flask, cast: Cast) -> None:
    client = cast.nurse_of_lishui()
    assert client.get("/staff/export").status_code == 403
    assert client.post("/staff/export", data={"as_of": "2026-03-05"}).status_code == 403


def test_the_same_download_twice_is_the_same_file(world: Flask, cast: Cast) -> None:
    client = cast.data_manager()
    day = {"as_of": "2026-03-05"}
    with (
        client.post("/staff/export", data=day) as first,
        client.post("/staff/export", data=day) as second,
    ):
        assert first.data == second.data


def test_the_file_is_named_by_study_and_day(world: Flask, cast: Cast) -> None:
    with cast.statistician().post(
        "/staff/export", data={"as_of": "2026-03-05", "arm": "yes"}
    ) as answer:
        assert answer.headers["Content-Disposition"].endswith("nct04158843-2026-03-05-arm.zip")


@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "2026-03-06", "20260305"])
def test_a_day_that_is_none_or_has_not_come_is_refused(world: Flask, cast: Cast, day: str) -> None:
    answer = in_english(cast.data_manager()).post("/staff/export", data={"as_of": day})
    assert answer.status_code == 400
    assert "Nothing was exported" in answer.text
    assert recorded(world, "export.made") == []


def test_the_page_offers_the_arm_to_the_statistician_alone(world: Flask, cast: Cast) -> None:
    assert 'name="arm"' in cast.statistician().get("/staff/export").text
    assert 'name="arm"' not in cast.data_manager().get("/staff/export").text


def test_the_page_names_the_last_exports_and_every_file(world: Flask, cast: Cast) -> None:
    client = in_english(cast.data_manager())
    assert "Nothing has been exported yet" in client.get("/staff/export").text
    archive = take(client)
    page = client.get("/staff/export").text
    assert "<td>zhoumin</td>" in page
    assert [name for name in archive.namelist() if name not in page] == []


def test_the_page_says_whose_words_are_shown(world: Flask, cast: Cast) -> None:
    client = in_english(cast.data_manager())
    assert client.get("/staff/export").text.count("not the licensed questionnaire") == 2
    with world.app_context():
        factories.add_wording("zh", "a" * 64, "L-2026-1", TODAY)
    page = client.get("/staff/export").text
    assert page.count("not the licensed questionnaire") == 1
    assert "L-2026-1" in page


def test_an_export_that_is_stopped_says_why_and_names_the_form(world: Flask, cast: Cast) -> None:
    with world.app_context():
        submission_id = insert_form(right_scores(), version="another/1")
    answer = in_english(cast.data_manager()).post("/staff/export", data={"as_of": "2026-03-05"})
    assert answer.status_code == 409
    assert submission_id in answer.text
    assert "Nothing was exported" in answer.text


def test_the_page_speaks_chinese(world: Flask, cast: Cast) -> None:
    client = cast.data_manager()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    page = client.get("/staff/export").text
    assert "下载数据集" in page
    assert "演示文本，并非授权问卷" in page
