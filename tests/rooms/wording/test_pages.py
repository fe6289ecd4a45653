"""The pages of the wordings: a second person compares, and signs that it may be shown."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.core.wording import digest
from pro_app.instruments import demonstration
from pro_app.store.tables import audit_event, signature
from tests.cast import PASSWORD, Cast
from tests.rooms.intake.desk import FACT_B, Desk
from tests.rooms.intake.desk import desk as desk
from tests.rooms.wording.test_commands import (
    LICENCE,
    RELEASER,
    Texts,
    as_csv,
    rows,
    shown,
    take,
    texts,
)

EN, ZH = {"Accept-Language": "en"}, {"Accept-Language": "zh"}
PACK = "/staff/wordings/1"


@pytest.fixture
def waiting(desk: Desk) -> Texts:
    pack = texts("zh")
    take(desk, as_csv(pack))
    return pack


def sign(client: FlaskClient, pack: Texts, password: str = PASSWORD, number: int = 1) -> str:
    answer = client.post(
        f"/staff/wordings/{number}/release",
        data={"password": password, "version": digest("zh", pack["zh"])},
        headers=EN,
        follow_redirects=True,
    )
    assert answer.status_code == 200
    return answer.text


def test_a_data_manager_compares_signs_and_the_wording_is_in_force(
    waiting: Texts, app: Flask, cast: Cast
) -> None:
    client = cast.data_manager()
    listed = client.get("/staff/wordings", headers=EN).text
    assert "waits to be released" in listed
    assert "L-2026-7" in listed
    page = client.get(PACK, headers=EN).text
    assert "Licensed GP1 in zh" in page
    assert demonstration(FACT_B.id, "zh").texts["GP1"] in page
    assert "I have compared this wording" in page

    assert "Released. It is what patients of this language read" in sign(client, waiting)
    assert shown(app) == digest("zh", waiting["zh"])
    [signed] = rows(app, signature)
    assert (signed.kind, signed.subject, signed.signed_by) == ("wording", "1", "staff:zhoumin")
    assert signed.version_sha256 == digest("zh", waiting["zh"])
    assert "wording.released" in {each.action for each in rows(app, audit_event)}
    assert "I have compared" not in client.get(PACK, headers=EN).text
    assert "当前使用" in client.get("/staff/wordings", headers=ZH).text


def test_without_the_password_nothing_is_released(waiting: Texts, app: Flask, cast: Cast) -> None:
    assert "Nothing was signed." in sign(cast.data_manager(), waiting, "wrong")
    assert shown(app) is None


def test_who_imported_it_at_the_command_line_is_told_to_ask_somebody_else(
    desk: Desk, app: Flask, cast: Cast
) -> None:
    pack = texts("zh")
    desk.do("wording", "import", desk.file("p", as_csv(pack)), *LICENCE, "--by", "Zhoumin")
    client = cast.data_manager()

    assert "a second person has to release it" in client.get(PACK, headers=EN).text
    assert "a second person has to release it" in sign(client, pack)
    assert shown(app) is None


def test_what_differs_from_the_wording_in_force_is_marked(
    waiting: Texts, desk: Desk, cast: Cast
) -> None:
    desk.do("wording", "release", "1", *RELEASER)
    waiting["zh"]["GP1"] = "Licensed GP1 twice in zh"
    waiting["zh"]["GP2"] = demonstration(FACT_B.id, "zh").texts["GP2"]
    del waiting["zh"]["TITLE"]
    take(desk, as_csv(waiting))

    page = cast.data_manager().get("/staff/wordings/2", headers=EN).text
    assert "Licensed GP1 <mark>twice </mark>in zh" in page
    assert page.count("changed</span>") == 2
    assert page.count("gone</span>") == 1
    assert page.count("text of the demonstration</span>") == 1


def test_a_text_translated_back_stands_beside_it(desk: Desk, cast: Cast) -> None:
    pack = texts("zh")
    entries = [
        {"code": code, "language": "zh", "text": text, "back_translation": f"<{code}> again"}
        for code, text in pack["zh"].items()
    ]
    take(desk, json.dumps(entries))

    page = cast.data_manager().get(PACK, headers=EN).text
    assert "Translated back" in page
    assert "&lt;GP1&gt; again" in page


def test_what_was_looked_at_is_what_is_released(waiting: Texts, app: Flask, cast: Cast) -> None:
    other = {"zh": waiting["zh"] | {"GP1": "x"}}

    assert "There is no such entry here" in sign(cast.data_manager(), other)
    assert shown(app) is None


def test_a_statistician_reads_and_releases_nothing(waiting: Texts, cast: Cast) -> None:
    client = cast.statistician()

    assert client.get("/staff/wordings").status_code == 200
    assert "I have compared" not in client.get(PACK, headers=EN).text
    assert client.post(f"{PACK}/release").status_code == 403


def test_there_is_no_page_of_what_is_not_there(cast: Cast) -> None:
    client = cast.data_manager()
    assert client.get(PACK).status_code == 404
    assert client.post(f"{PACK}/release").status_code == 404
