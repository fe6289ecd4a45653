"""The page of versions: who sees it, and what it says of what differs."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.rooms.amendments.files import Data, visit, without, written
from tests.rooms.intake.desk import Desk, patient

EN, ZH = {"Accept-Language": "en"}, {"Accept-Language": "zh"}


def _change(data: Data) -> None:
    visit(data, "V1")["days_after"] = 28
    without("V9")(data)
    data["version"] = "2.0"
    data["sites"][0]["phone"] = "0578-123-4567"
    data["stop_events"] = ["progression"]
    data["reasons"][0]["name"]["en"] = "The patient felt too ill"


@pytest.fixture
def amended(desk: Desk, tmp_path: Path) -> Desk:
    desk.take("patients", patient("LISHUI-001"))
    file = written(tmp_path, "v2", _change)
    desk.do("study", "amend", file, "--from", "2026-03-04", "--reason", "Amendment <1>")
    return desk


def page(client: FlaskClient, language: dict[str, str]) -> str:
    answer = client.get("/staff/study", headers=language)
    assert answer.status_code == 200
    return answer.text


def test_versions_stand_side_by_side_with_who_when_and_why(amended: Desk, cast: Cast) -> None:
    text = page(cast.data_manager(), EN)
    for said in (
        "Version 1", "Version 2", "from the beginning", "4 Mar 2026 (Wed)", "Amendment &lt;1&gt;",
        "days after the target day", "The Central Hospital of Lishui", "0578-123-4567",
        "Disease progressed", "The patient felt too ill", "gone", "changed",
        "1 moved, 0 new, 1 gone",
    ):  # fmt: skip
        assert said in text, said
    for code in ("days_after", "stop_events", "LISHUI<", "P_TOO_ILL"):
        assert code not in text.split("<main")[1].replace("SHA-256", ""), code


def test_the_page_speaks_chinese(amended: Desk, cast: Cast) -> None:
    text = page(cast.data_manager(), ZH)
    for said in (
        "第 2 版",
        "自研究开始",
        "目标日之后天数",
        "丽水市中心医院",
        "已更改",
        "停止问卷的事件",
    ):
        assert said in text, said


def test_the_statistician_reads_it_and_nurses_do_not(amended: Desk, cast: Cast) -> None:
    assert "Version 2" in page(cast.statistician(), EN)
    assert cast.nurse_of_lishui().get("/staff/study").status_code == 403


def test_before_the_first_patient_there_is_no_version(desk: Desk, cast: Cast) -> None:
    assert "recorded with the first patient" in page(cast.data_manager(), EN)
