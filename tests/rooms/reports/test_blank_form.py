"""The blank form on paper: whose it is, all its lines, and whose words they are."""

import io
from datetime import date

import pytest
from flask import Flask
from pypdf import PdfReader

from pro_app import instruments
from pro_app.deployment import deployment
from tests import factories
from tests.cast import Cast

NUMBER = "LISHUI-001"


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        factories.add_patient(NUMBER, randomised_on=date(2025, 12, 1))
    return app


def _pages(answer: object) -> list[str]:
    reader = PdfReader(io.BytesIO(answer.data))  # type: ignore[attr-defined]
    return ["".join(page.extract_text().split()) for page in reader.pages]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_line_and_the_notice_stand_on_two_pages(
    world: Flask, cast: Cast, language: str
) -> None:
    answer = cast.nurse_of_lishui().get(
        f"/staff/patients/{NUMBER}/visits/V1/blank-form.pdf?language={language}"
    )
    assert answer.mimetype == "application/pdf"
    assert NUMBER not in answer.headers["Content-Disposition"]
    pages = _pages(answer)
    assert len(pages) == 2
    with world.app_context():
        wording = instruments.demonstration(deployment().study.instrument, language)
    together = "".join(pages)
    texts = wording.texts
    wanted = [text for code, text in texts.items() if not code.startswith("HEADING")]
    assert [text for text in wanted if "".join(text.split()) not in together] == []
    for page in pages:
        assert "".join(texts["NOTICE"].split()) in page
        assert NUMBER in page


def test_for_downtime_there_is_one_without_a_number(world: Flask, cast: Cast) -> None:
    pages = _pages(cast.nurse_of_lishui().get("/staff/blank-form.pdf?language=en"))
    assert all("Number" in page and NUMBER not in page for page in pages)


def test_a_form_of_another_site_s_patient_is_not_printed(world: Flask, cast: Cast) -> None:
    path = f"/staff/patients/{NUMBER}/visits/V1/blank-form.pdf"
    assert cast.nurse_of_jiaxing().get(path).status_code == 404
    assert cast.data_manager().get(path).status_code == 403
