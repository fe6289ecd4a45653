"""Which language is spoken: one list, the study's own first, English where none fits."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask

from pro_app.i18n import day, instant, offered, speaking
from pro_app.languages import LANGUAGES
from pro_app.settings import read_settings
from tests.conftest import HandClock

_NIGHT = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)


def _of(app: Flask, *languages: str) -> None:
    parts = app.extensions["deployment"]
    app.extensions["deployment"] = replace(parts, file=replace(parts.file, languages=languages))


@pytest.mark.parametrize(
    ("study", "spoken"),
    [(("zh", "en"), ["zh", "en"]), (("fr", "en", "zh"), ["en", "zh"]), (("fr",), ["en"])],
)
def test_a_study_is_spoken_of_in_its_languages_or_in_english(
    app: Flask, study: tuple[str, ...], spoken: list[str]
) -> None:
    _of(app, *study)
    with app.test_request_context():
        assert offered() == spoken


def test_days_and_minutes_are_written_in_the_language_that_is_spoken(
    app: Flask, clock: HandClock
) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert day(clock().date()) == "5 Mar 2026 (Thu)"
        with speaking("zh"):
            assert day(clock().date()) == "2026年3月5日(周四)"
            assert instant(_NIGHT).startswith("2026年3月5日 06:30 ")
        assert instant(_NIGHT).startswith("5 Mar 2026, 06:30 ")


def test_a_language_that_is_not_ours_is_answered_in_english(app: Flask) -> None:
    with app.test_request_context(), speaking("fr"):
        assert day(_NIGHT.date()) == "4 Mar 2026 (Wed)"


@pytest.mark.parametrize(
    ("locale", "spoken"),
    [("zh_CN.UTF-8", "zh"), ("en_GB.UTF-8", "en"), ("fr_FR.UTF-8", "en"), ("C", "en"), ("", "en")],
)
def test_the_command_line_speaks_as_the_system_does(locale: str, spoken: str, tmp_path) -> None:
    assert spoken in LANGUAGES
    found = read_settings({"LANG": locale}, instance=tmp_path)
    assert found.cli_language == spoken
