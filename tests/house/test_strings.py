"""Rule 8: the interface speaks each of its languages, every string of it."""

import re

import pytest

from pro_app.languages import LANGUAGES
from scripts import translations
from tests.house import rules

_LOCALES = [each.locale for each in LANGUAGES.values()]
_HOLES = re.compile(r"%\((\w+)\)[sd]|%%")


@pytest.mark.parametrize("locale", _LOCALES)
def test_every_string_of_the_code_stands_in_the_catalogue(locale: str) -> None:
    texts = translations.read(locale)
    assert set(texts) == set(translations.extracted())
    assert [message for message, text in texts.items() if not text] == []


def test_english_says_what_the_code_says() -> None:
    assert all(text == message for message, text in translations.read("en").items())


@pytest.mark.parametrize("locale", _LOCALES)
def test_every_value_stands_in_every_language(locale: str) -> None:
    for message, text in translations.read(locale).items():
        assert sorted(_HOLES.findall(message)) == sorted(_HOLES.findall(text)), message


def test_chinese_is_chinese() -> None:
    for message, text in translations.read("zh_Hans_CN").items():
        if re.search(r"[a-z]{4}", _HOLES.sub("", message)):
            assert re.search(r"[\u4e00-\u9fff]", text), message


def test_chinese_uses_chinese_punctuation() -> None:
    between = re.compile(r"[\u4e00-\u9fff][,;:?!]|[\u4e00-\u9fff]\.(\s|$)")
    wrong = [t for t in translations.read("zh_Hans_CN").values() if between.search(t)]
    assert wrong == []


def test_limits_come_from_what_decides_them() -> None:
    texts = translations.read("en")
    assert {text: found for text in texts if (found := rules.stated_limits(text))} == {}
