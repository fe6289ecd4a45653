"""The demonstration wording is whole and our own; a wording pack's faults are all named."""

import hashlib
import re

import pytest

from pro_app.core.wording import codes, digest, required_codes
from pro_app.core.wording_check import (
    LONGEST_ITEM,
    LONGEST_RESPONSE,
    WordingProblem,
    WordingProblemKind,
    check,
    columns,
    folded,
    longest,
)
from pro_app.instruments import demonstration, load

FACT_B = load("fact_b_v4")
LANGUAGES = ("zh", "en")
Row = tuple[int, str, str, str]


def pack(*languages: str) -> list[Row]:
    """A whole pack with meaningless texts, as read from a file with a heading line."""
    pairs = [(code, language) for language in languages for code in codes(FACT_B)]
    return [
        (line, code, language, f"text {line}")
        for line, (code, language) in enumerate(pairs, start=2)
    ]


def problems_of(rows: list[Row]) -> list[WordingProblem]:
    return check(rows, FACT_B, LANGUAGES)[1]


def test_codes_name_every_text_that_a_page_shows() -> None:
    every = codes(FACT_B)
    assert every[:2] == ("HEADING_PWB", "INTRO_PWB")
    assert every[10:47] == FACT_B.item_codes
    assert every[47:53] == ("Q1", *(f"RESPONSE_{value}" for value in range(5)))
    assert every[53:] == ("RECALL", "TITLE", "NOTICE")


def test_only_headings_and_the_title_may_be_left_out() -> None:
    optional = set(codes(FACT_B)) - set(required_codes(FACT_B))
    assert optional == {"TITLE", *(f"HEADING_{section.code}" for section in FACT_B.sections)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_demonstration_wording_has_every_text(language: str) -> None:
    wording = demonstration("fact_b_v4", language)
    assert tuple(wording.texts) == codes(FACT_B)
    assert (wording.instrument, wording.language) == ("fact_b_v4", language)
    assert wording.sha256 == digest(language, wording.texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_demonstration_texts_are_the_same(language: str) -> None:
    texts = demonstration("fact_b_v4", language).texts
    assert len(set(texts.values())) == len(texts)


@pytest.mark.parametrize(
    ("language", "says"), [("en", "not the licensed FACT-B"), ("zh", "并非获授权的 FACT-B 问卷")]
)
def test_the_demonstration_wording_says_what_it_is(language: str, says: str) -> None:
    wording = demonstration("fact_b_v4", language)
    assert wording.demonstration
    assert wording.licence is None
    assert says in wording.texts["NOTICE"]


def test_no_demonstration_item_speaks_in_the_first_person() -> None:
    english = demonstration("fact_b_v4", "en").texts
    chinese = demonstration("fact_b_v4", "zh").texts
    for code in FACT_B.item_codes:
        assert not re.search(r"\b(I|my|me)\b", english[code], re.IGNORECASE), code
        assert "我" not in chinese[code], code


def test_no_demonstration_item_borrows_a_word_of_its_terminology_name() -> None:
    little = {"of", "from", "in", "to", "about", "the", "a", "i", "or", "with", "like"}
    english = demonstration("fact_b_v4", "en").texts
    for item in FACT_B.items:
        name = item.test_name.partition("-")[2]
        shared = {
            word
            for word in re.findall(r"[a-z]+", name.lower())
            if word in re.findall(r"[a-z]+", english[item.code].lower())
        }
        assert shared <= little, (item.code, shared)


def test_there_is_no_demonstration_wording_in_other_languages() -> None:
    with pytest.raises(FileNotFoundError):
        demonstration("fact_b_v4", "fr")


def test_a_digest_depends_on_texts_and_language_not_on_their_order() -> None:
    assert digest("zh", {"A": "一", "B": "二"}) == digest("zh", {"B": "二", "A": "一"})
    assert digest("zh", {"A": "一"}) != digest("en", {"A": "一"})
    assert digest("zh", {"A": "一"}) != digest("zh", {"A": "二"})


def test_a_whole_pack_is_taken_in_the_order_of_the_codes() -> None:
    texts, problems = check(reversed(pack("zh", "en")), FACT_B, LANGUAGES)
    assert problems == []
    assert set(texts) == {"zh", "en"}
    assert tuple(texts["zh"]) == codes(FACT_B)
    assert texts["zh"]["HEADING_PWB"] == "text 2"


def test_a_pack_in_one_language_is_whole() -> None:
    texts, problems = check(pack("zh"), FACT_B, LANGUAGES)
    assert (list(texts), problems) == (["zh"], [])


def test_a_pack_without_headings_and_title_is_whole() -> None:
    required = required_codes(FACT_B)
    rows = [row for row in pack("zh") if row[1] in required]
    rows.append((99, "TITLE", "zh", "  "))
    texts, problems = check(rows, FACT_B, LANGUAGES)
    assert problems == []
    assert tuple(texts["zh"]) == required


def with_text(code: str, text: str, language: str = "en") -> list[Row]:
    """A whole pack in which this text stands in line 99."""
    return [row for row in pack(language) if row[1] != code] + [(99, code, language, text)]


def test_nothing_of_a_text_is_changed() -> None:
    texts, problems = check(with_text("GP1", "a  b\u3000c."), FACT_B, LANGUAGES)
    assert (texts["en"]["GP1"], problems) == ("a  b\u3000c.", [])


@pytest.mark.parametrize("text", [" a", "a ", "a\n", "\u3000a", "a\u00a0"])
def test_white_space_around_a_text_is_named(text: str) -> None:
    assert problems_of(with_text("GP1", text)) == [
        WordingProblem(WordingProblemKind.PADDED, 99, "GP1", "en")
    ]


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("\u00ad", "U+00AD SOFT HYPHEN"),
        ("\u3164", "U+3164 HANGUL FILLER"),
        ("\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("\u2028", "U+2028 LINE SEPARATOR"),
        ("\t", "U+0009 TAB"),
        ("\n", "U+000A LINE FEED"),
        ("\x00", "U+0000"),
        ("\ud800", "U+D800"),
    ],
)
def test_a_character_that_nobody_sees_is_named_with_its_place(character: str, name: str) -> None:
    text = f"ab{character}c{character}"
    expected = WordingProblem(WordingProblemKind.UNSEEN, 99, "GP1", "en", (name, "3"))
    assert problems_of(with_text("GP1", text + "d")) == [expected]


def test_lines_may_end_in_what_is_read_as_a_paragraph_and_nowhere_else() -> None:
    for text in ("one\ntwo", "one\r\ntwo"):
        assert problems_of(with_text("NOTICE", text)) == []
        assert problems_of(with_text("INTRO_PWB", text)) == []
        for code in ("GP1", "RESPONSE_0", "TITLE", "HEADING_PWB"):
            kinds = {each.kind for each in problems_of(with_text(code, text))}
            assert kinds == {WordingProblemKind.UNSEEN}
    [lone] = problems_of(with_text("NOTICE", "one\rtwo"))
    assert lone.detail == ("U+000D CARRIAGE RETURN", "4")


@pytest.mark.parametrize("code", ["GP1", "RESPONSE_0", "HEADING_PWB", "Q1", "RECALL", "NOTICE"])
def test_a_text_that_is_longer_than_its_kind_may_be_is_named(code: str) -> None:
    most = longest(code, FACT_B)
    assert problems_of(with_text(code, "x" * most)) == []
    assert problems_of(with_text(code, "x" * (most + 1))) == [
        WordingProblem(WordingProblemKind.TOO_LONG, 99, code, "en", (str(most + 1), str(most)))
    ]


def test_a_chinese_character_takes_the_room_of_two() -> None:
    assert columns("一a，") == 5
    assert columns("e\u0301") == 1
    [found] = problems_of(with_text("GP1", "一" * (LONGEST_ITEM // 2 + 1), "zh"))
    assert found.kind is WordingProblemKind.TOO_LONG
    assert longest("RESPONSE_4", FACT_B) == LONGEST_RESPONSE


@pytest.mark.parametrize(
    ("first", "second"),
    [("Some", " some"), ("Some", "S ome"), ("ＳＯＭＥ", "some"), ("好 多", "好多")],
)
def test_two_responses_that_read_the_same_are_named(first: str, second: str) -> None:
    rows = [row for row in pack("en") if row[1] not in ("RESPONSE_1", "RESPONSE_3")]
    rows += [(98, "RESPONSE_1", "en", first), (99, "RESPONSE_3", "en", second)]
    alike = WordingProblem(WordingProblemKind.ALIKE, 99, "RESPONSE_3", "en", ("RESPONSE_1",))
    assert alike in problems_of(rows)
    assert folded(first) == folded(second)


def test_two_items_that_read_the_same_are_named_and_two_languages_are_not_compared() -> None:
    rows = [(n, code, language, f"text {code}") for n, code, language, _ in pack("zh", "en")]
    assert problems_of(rows) == []
    rows = [row if row[1] != "B9" else (*row[:3], "Text GP1") for row in rows]
    assert [(each.code, each.language, each.detail) for each in problems_of(rows)] == [
        ("B9", "zh", ("GP1",)),
        ("B9", "en", ("GP1",)),
    ]


def test_an_empty_pack_is_a_problem() -> None:
    assert problems_of([]) == [WordingProblem(WordingProblemKind.NO_ROWS, None, "", "")]


def test_an_unknown_code_is_named_with_its_line() -> None:
    assert problems_of([*pack("zh"), (99, "GP8", "zh", "x")]) == [
        WordingProblem(WordingProblemKind.UNKNOWN_CODE, 99, "GP8", "zh")
    ]


def test_an_unknown_language_is_named_with_its_line_and_not_asked_to_be_whole() -> None:
    assert problems_of([*pack("zh"), (99, "GP1", "fr", "x")]) == [
        WordingProblem(WordingProblemKind.UNKNOWN_LANGUAGE, 99, "GP1", "fr")
    ]


def test_a_doubled_text_is_named_and_the_first_stands() -> None:
    texts, problems = check([*pack("zh"), (99, "GP1", "zh", "other")], FACT_B, LANGUAGES)
    assert problems == [WordingProblem(WordingProblemKind.DOUBLED, 99, "GP1", "zh")]
    assert texts["zh"]["GP1"] == "text 12"


def test_an_empty_text_is_named_once_with_its_line() -> None:
    rows = [row for row in pack("zh") if row[1] != "GP1"] + [(99, "GP1", "zh", "\u3000")]
    assert problems_of(rows) == [WordingProblem(WordingProblemKind.EMPTY, 99, "GP1", "zh")]


def test_a_missing_text_is_named_for_each_language_that_lacks_it() -> None:
    rows = [row for row in pack("zh", "en") if row[1:3] not in {("P2", "zh"), ("NOTICE", "en")}]
    assert problems_of(rows) == [
        WordingProblem(WordingProblemKind.MISSING, None, "P2", "zh"),
        WordingProblem(WordingProblemKind.MISSING, None, "NOTICE", "en"),
    ]


def test_a_digest_is_over_the_characters_themselves() -> None:
    content = '{"language":"zh","texts":{"GP1":"没有力气","TITLE":"问卷"}}'
    texts = {"TITLE": "问卷", "GP1": "没有力气"}
    assert digest("zh", texts) == hashlib.sha256(content.encode()).hexdigest()
