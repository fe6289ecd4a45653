"""The printed card: what stands on it, what does not, and that it looks as it reads."""

import io
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from pro_app.deployment import deployment
from pro_app.security.cards import NewLink
from tests import factories
from tests.cast import Cast
from tests.house.source import ROOT

NUMBER = "LISHUI-001"
_PATH = f"/staff/patients/{NUMBER}/card"
_DPI = 200
_MM = _DPI / 25.4


@pytest.fixture
def nurse(app: Flask, cast: Cast) -> FlaskClient:
    with app.app_context():
        factories.add_patient(NUMBER, randomised_on=date(2025, 12, 1))
    return cast.nurse_of_lishui()


def printed(nurse: FlaskClient, card: NewLink, language: str = "zh") -> bytes:
    answer = nurse.post(
        _PATH,
        data={"token": card.token, "code": card.code},
        headers={"Accept-Language": language},
    )
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert NUMBER not in answer.headers["Content-Disposition"]
    return answer.data


def pixels(pdf: bytes, folder: Path) -> tuple[int, int, bytes]:
    """The page in grey: width, height, rows."""
    file = folder / "card.pdf"
    file.write_bytes(pdf)
    command = ["pdftoppm", "-r", str(_DPI), "-gray", "-singlefile", str(file), str(folder / "card")]
    subprocess.run(command, check=True)
    head, size, _top, rows = (folder / "card.pgm").read_bytes().split(b"\n", 3)
    assert head == b"P5"
    width, height = (int(each) for each in size.split())
    return width, height, rows


def test_the_card_is_one_a6_page_in_both_languages(nurse: FlaskClient, cast: Cast) -> None:
    card = cast.card_of(NUMBER)
    reader = PdfReader(io.BytesIO(printed(nurse, card)))
    [page] = reader.pages
    size = [round(float(each) * 25.4 / 72) for each in (page.mediabox.width, page.mediabox.height)]
    assert size == [105, 148]
    text = page.extract_text()
    for said in (
        "您的问卷",
        "丽水市中心医院",
        "激活码",
        "2026年3月19日",
        "Your questionnaire",
        "The Central Hospital of Lishui",
        "Activation code",
        "19 Mar 2026",
        "0578-000-0000",
        card.code,
    ):
        assert said in text, said
    assert f"localhost/p/{card.token}" in "".join(text.split())
    assert text.index("您的问卷") < text.index("Your questionnaire")


def test_nothing_on_the_card_tells_the_illness_the_trial_or_the_number(
    nurse: FlaskClient, cast: Cast, app: Flask
) -> None:
    pdf = printed(nurse, cast.card_of(NUMBER))
    reader = PdfReader(io.BytesIO(pdf))
    text = (reader.pages[0].extract_text() + str(reader.metadata)).lower()
    with app.app_context():
        parts = deployment()
        named = (parts.study.id, parts.study.registry_id, parts.instrument.name, NUMBER)
    for word in (
        *named,
        "乳腺",
        "癌",
        "肿瘤",
        "试验",
        "研究",
        "breast",
        "cancer",
        "trial",
        "study",
    ):
        assert word.lower() not in text, word


def test_its_fonts_are_in_it_and_chinese_is_set_in_the_chinese_of_the_mainland(
    nurse: FlaskClient, cast: Cast, tmp_path: Path
) -> None:
    file = tmp_path / "card.pdf"
    file.write_bytes(printed(nurse, cast.card_of(NUMBER)))
    listed = subprocess.run(["pdffonts", file], check=True, capture_output=True, text=True).stdout
    fonts = [line.split() for line in listed.splitlines()[2:]]
    assert len(fonts) == 2
    for font in fonts:
        assert "Noto-Sans-CJK-SC" in font[0]
        assert font[-5] == "yes"  # embedded


def test_the_code_in_the_picture_is_the_patient_s_link(
    nurse: FlaskClient, cast: Cast, tmp_path: Path
) -> None:
    card = cast.card_of(NUMBER)
    width, height, rows = pixels(printed(nurse, card), tmp_path)
    wanted = [
        list(row)
        for row in segno.make(
            f"http://localhost/p/{card.token}", error="m", micro=False
        ).matrix_iter(border=0)
    ]
    # The code is the only thing in the left part of the card's middle.
    left, right = round(8 * _MM), round(45 * _MM)
    top, bottom = round(58 * _MM), round(93 * _MM)
    dark = [
        (x, y) for y in range(top, bottom) for x in range(left, right) if rows[y * width + x] < 128
    ]
    x0, y0 = min(x for x, _ in dark), min(y for _, y in dark)
    x1, y1 = max(x for x, _ in dark) + 1, max(y for _, y in dark) + 1
    assert (x1 - x0) / _MM > 25  # big enough for an old camera
    step_x, step_y = (x1 - x0) / len(wanted), (y1 - y0) / len(wanted)
    read = [
        [
            int(rows[int(y0 + (j + 0.5) * step_y) * width + int(x0 + (i + 0.5) * step_x)] < 128)
            for i in range(len(wanted))
        ]
        for j in range(len(wanted))
    ]
    assert read == wanted
    assert height > bottom


def test_every_line_of_the_card_can_be_seen(nurse: FlaskClient, cast: Cast, tmp_path: Path) -> None:
    width, _, rows = pixels(printed(nurse, cast.card_of(NUMBER)), tmp_path)

    def inked(top_mm: float, bottom_mm: float) -> float:
        part = rows[round(top_mm * _MM) * width : round(bottom_mm * _MM) * width]
        return sum(1 for value in part if value < 160) / len(part)

    assert inked(0, 5) == 0  # the margin a printer needs
    assert inked(143, 148) == 0
    for top in range(8, 136, 16):
        assert 0.005 < inked(top, top + 16) < 0.5, top


def test_the_same_card_is_the_same_file_in_whatever_language_the_nurse_reads(
    nurse: FlaskClient, cast: Cast
) -> None:
    card = cast.card_of(NUMBER)
    assert printed(nurse, card) == printed(nurse, card, "en")


def test_a_card_that_does_not_open_is_not_printed(nurse: FlaskClient, cast: Cast) -> None:
    card = cast.card_of(NUMBER)
    for sent in (
        {},
        {"token": card.token, "code": "ABCD-EFGH"},
        {"token": "unknown", "code": card.code},
    ):
        answer = nurse.post(_PATH, data=sent, headers={"Accept-Language": "en"})
        assert answer.headers["Location"] == f"/staff/patients/{NUMBER}"
        assert "Make a new one" in nurse.get(answer.headers["Location"]).text
    cast.card_of(NUMBER)  # has replaced the first
    answer = nurse.post(_PATH, data={"token": card.token, "code": card.code})
    assert answer.status_code == 302


def test_the_nurse_s_page_sends_the_card_to_be_printed(nurse: FlaskClient) -> None:
    page = nurse.post(f"/staff/patients/{NUMBER}/link").text
    form = page[page.index(f'action="{_PATH}"') :]
    form = form[: form.index("</form>")]
    fields = {
        name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in ("token", "code")
    }
    assert nurse.post(_PATH, data=fields).mimetype == "application/pdf"


def test_printing_costs_nothing_until_somebody_prints() -> None:
    script = "import sys, wsgi; print('weasyprint' in sys.modules)"
    done = subprocess.run(
        [str(ROOT / ".venv/bin/python"), "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False", done.stderr[-500:]


def test_a_server_that_cannot_print_says_so(
    nurse: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # As where Pango is missing: to import the library ends with this error.
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load libpango-1.0-0')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [each for each in sys.modules if each.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    answer = nurse.get("/staff/blank-form.pdf")

    assert answer.status_code == 503
    assert "scripts/setup.sh" in answer.text
