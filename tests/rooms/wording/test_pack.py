"""A wording pack as JSON: both shapes, and what is neither."""

import pytest

from pro_app.wording.pack import BadPack, PackRow, looks_like_json, rows_of_json


def test_a_list_of_entries_and_an_object_of_languages_say_the_same() -> None:
    entries = (
        '[{"code": "A", "language": "zh", "text": "甲"}, {"language":"en","text":"x","code":"A"}]'
    )

    rows = [PackRow(1, "A", "zh", "甲"), PackRow(2, "A", "en", "x")]
    assert rows_of_json(entries) == rows
    assert rows_of_json('{"zh": {"A": "甲"}, "en": {"A": "x"}}') == rows


def test_a_doubled_code_is_not_lost() -> None:
    assert rows_of_json('{"zh": {"A": "x", "A": "y"}}') == [
        PackRow(1, "A", "zh", "x"),
        PackRow(2, "A", "zh", "y"),
    ]


def test_an_entry_may_have_the_text_translated_back() -> None:
    entry = '[{"code": "A", "language": "zh", "text": "甲", "back_translation": "first"}]'

    assert rows_of_json(entry) == [PackRow(1, "A", "zh", "甲", "first")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"zh": {"A": }}', 1),
        ('[\n{"code": "A"\n', 3),
        ('[{"code": "A", "language": "zh", "text": "x"}, {"code": "A"}]', 2),
        ('[{"code": "A", "language": "zh", "text": 3}]', 1),
        ('[{"code": "A", "language": "zh", "text": "x", "back_translation": 3}]', 1),
        ('[["A", "zh", "x"]]', 1),
        ('{"zh": ["A"]}', None),
        ('{"zh": {"A": 3}}', None),
        ("[" * 100_000, None),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, place: int | None) -> None:
    with pytest.raises(BadPack) as caught:
        rows_of_json(text)

    assert caught.value.place == place


def test_json_is_told_from_csv_by_its_first_character() -> None:
    assert looks_like_json('  \n{"zh": {}}')
    assert looks_like_json("[]")
    assert not looks_like_json("code,language,text\n")
