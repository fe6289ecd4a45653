"""Trial numbers: one normal form, a pattern for each site, and what is none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app.core import identifiers
from pro_app.core.identifiers import Fault, NotANumber, Numbers
from pro_app.core.study import Site


def site(code: str, pattern: str = "") -> Site:
    return Site(code, {"en": code}, "", identifier=pattern)


SITES = (site("ZJ", "ZJ-###"), site("LISHUI", "LISHUI-###"), site("OPEN"))


def read(text: str, code: str = "ZJ") -> str | Fault:
    found = identifiers.read(text, code, SITES)
    return found.fault if isinstance(found, NotANumber) else found


@pytest.mark.parametrize(
    "text",
    [
        "ZJ-001", "zj-001", "Zj-001", "ZJ-1", "ZJ-01", "ZJ-0001", "ZJ-001.", "ZJ-001。",
        " ZJ-001 ",
        "ＺＪ－００１", "ｚｊ-００１", "ZJ–001", "ZJ—001", "ZJ——001", "ZJ−001", "ZJ‑001",
        "ZJーー001", "ZJ - 001", "ZJ001", "ZJ 001", "ZJ_001", "ZJ.001", "zj1", '"ZJ-001"',
        "“ZJ-001”", "(ZJ-001)", "【ZJ-001】", "ZJ-001;", "ZJ-001,", "ZJ-001-", "ZJ-001\t",
        "\ufeffZJ-001", "ZJ\u200b-001",
        '="ZJ-001"', "ZJ\u00a0001", "ZJ-００1",
    ],
)  # fmt: skip
def test_what_has_one_reading_is_that_number(text: str) -> None:
    assert read(text) == "ZJ-001"
    assert identifiers.key(text) == identifiers.key("ZJ-001")
    assert Numbers(["ZJ-001", "ZJ-002"]).find(text) == "ZJ-001"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        *[(text, Fault.EMPTY) for text in ("", " ", "\u3000", "\t")],
        *[
            (text, Fault.NO_NUMBER)
            for text in (
                *("NA", "n/a", "N.A.", "#N/A", "nan", "null", "None", "nil", "unknown", "TBD"),
                *("999", "9999", "99", "0", "000", "-9", "-99", "－１", "-", "—", ".", "?", "？"),
                *("x", "xxx"),
                *("#REF!", "#VALUE!", "#DIV/0!", "无", "不详", "未知", "（空）", "暂无", "_", "…"),
            )
        ],
        *[
            (text, Fault.PERSONAL)
            for text in (
                *("13800138000", "+86 138-0013-8000", "１３８００１３８０００"),
                *("33250119700101123X", "33250119700101123x"),
            )
        ],
        *[
            (text, Fault.PATTERN)
            for text in (
                *("ZJ-1000", "ZJ", "001", "ZJ-00A", "ZJA-001", "ZJ-001-2", "ZJ-1 2", "Z J-001"),
                *("ZJ/001", "C:\\ZJ-001", "../ZJ-001", "ZJ-001.csv", "patients/ZJ-001", "1.5"),
                *("1E5", "2026-03-05", "ZJ-l", "ZJ-OO1", "张三", "ZJ-①②", "ZJ-01²", "ZJ-001%"),
                *("#ZJ-001", "ZJ-001 张三", "ZJ-NA", "NULL-001", "ZJ-١"),
            )
        ],
        *[
            (text, Fault.OTHER_SITE)
            for text in ("LISHUI-001", "lishui-905", "LISHUI 7", "Lishui-1.")
        ],
    ],
)  # fmt: skip
def test_what_is_no_number_of_the_site_says_why(text: str, fault: Fault) -> None:
    found = identifiers.read(text, "ZJ", SITES)
    assert isinstance(found, NotANumber)
    assert (found.fault, found.pattern) == (fault, "ZJ-###")
    assert found.site == ("LISHUI" if fault is Fault.OTHER_SITE else "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p-17", "P-17"),
        (" 001. ", "001"),
        ("Ａ１", "A1"),
        ("a_b.c–9", "A_B.C-9"),
        ("01-001", "01-001"),
        ("X" * 40, "X" * 40),
        ("X" * 41, Fault.SIGNS),
        ("A B", Fault.SIGNS),
        ("李娜", Fault.SIGNS),
        ("a\0b", Fault.SIGNS),
        ("a\nb", Fault.SIGNS),
        ("a%", Fault.SIGNS),
        ("a/b", Fault.NO_NUMBER),
        ("a\\b", Fault.NO_NUMBER),
        ("..", Fault.NO_NUMBER),
        ("a..b", Fault.NO_NUMBER),
        ("c:x", Fault.NO_NUMBER),
        ("list.xlsx", Fault.NO_NUMBER),
        ("con", Fault.NO_NUMBER),
        ("1.5", Fault.NO_NUMBER),
        ("1E+05", Fault.NO_NUMBER),
        ("1e5", Fault.NO_NUMBER),
        ("2026-03-05", Fault.NO_NUMBER),
        ("5.3.2026", Fault.NO_NUMBER),
        ("5-Mar", Fault.NO_NUMBER),
        ("Mar-05", Fault.NO_NUMBER),
        ("ZJ-7", Fault.OTHER_SITE),
    ],
)
def test_without_a_pattern_a_number_is_plain_text(text: str, expected: str | Fault) -> None:
    assert read(text, "OPEN") == expected


def test_two_runs_of_digits_need_what_tells_them_apart() -> None:
    sites = (site("A", "01-###"), site("B", "02-###"), site("C", "S2#P##"))
    read = identifiers.read
    assert read("1-5", "A", sites) == "01-005"
    assert read("s21p3", "C", sites) == "S21P03"
    assert read("01005", "A", sites) == NotANumber(Fault.PATTERN, "01-###")
    assert read("2-005", "A", sites) == NotANumber(Fault.OTHER_SITE, "01-###", "B")
    assert read("S1P03", "C", sites) == NotANumber(Fault.PATTERN, "S2#P##")


@given(st.integers(1, 999), st.integers(0, 4), st.sampled_from(["-", "–", "—", "－", "_", " ", ""]))
def test_every_number_of_the_pattern_is_found_again(count: int, zeros: int, dash: str) -> None:
    number = identifiers.nth(SITES[0], count)
    typed = f"zj{dash}{'0' * zeros}{count}"
    assert read(typed) == number == f"ZJ-{count:03}"
    assert Numbers(identifiers.nth(SITES[0], n) for n in range(1, 1000)).find(typed) == number


@given(st.text(max_size=45))
def test_whatever_is_typed_a_number_reads_as_itself(text: str) -> None:
    for code in ("ZJ", "OPEN"):
        found = identifiers.read(text, code, SITES)
        if isinstance(found, str):
            assert re.fullmatch(r"[A-Z0-9][A-Z0-9._-]{0,39}", found)
            assert identifiers.read(found, code, SITES) == found
            assert identifiers.key(found) == identifiers.key(text)


def test_patients_with_odd_numbers_are_found_as_they_are() -> None:
    known = Numbers(["zj-001", "ZJ-001", "old 7", "ZJ-2"])
    assert [known.find(n) for n in ("zj-001", "ZJ-001", "old 7", "OLD-7", "zj-002")] == [
        *("zj-001", "ZJ-001", "old 7", "old 7", "ZJ-2"),
    ]
    # Two could be meant: neither is.
    assert known.find("ZJ-1") is None
    assert known.several("ZJ-1")
    assert not known.several("ZJ-001")
    assert known.find("ZJ-3") is known.find("") is known.find("-") is None
    known.add("ZJ-003")
    assert known.find("ZJ-3") == "ZJ-003"


@pytest.mark.parametrize("pattern", ["A-#", "S##-###", "###", "01-###", "A.B_#", "#" * 40])
def test_a_pattern_has_letters_digits_and_places(pattern: str) -> None:
    assert not list(identifiers.pattern_problems([site("A", pattern)]))


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("lishui-###", "is no pattern – expected capital letters"),
        ("LISHUI ###", "is no pattern"),
        ("LISHUI--###", "is no pattern"),
        ("-###", "is no pattern"),
        ("###-", "is no pattern"),
        ("[A-Z]+", "is no pattern"),
        (r"LISHUI-\d{3}", "is no pattern"),
        ("丽水-###", "is no pattern"),
        ("LISHUI", "has no # – expected one # for each digit"),
        ("A" * 40 + "#", "has 41 signs – expected at most 40"),
        ("####-##-##", "makes '0000-00-01' a number, which looks like a day"),
        ("##.##", "makes '00.01' a number"),
        ("1381234567#", "telephone"),
    ],
)
def test_what_is_no_pattern_is_refused_with_what_is_expected(pattern: str, says: str) -> None:
    [problem] = identifiers.pattern_problems([site("HERE", pattern)])
    assert problem.startswith(f"sites.HERE.identifier: {pattern!r} ")
    assert says in problem


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("A-###", "B-###", False),
        ("A-###", "A-###", False),  # numbers that run through the whole trial
        ("A-###", "A-##", True),
        ("A-###", "A###", True),
        ("A-###", "A-#-##", False),
        ("01-###", "02-###", False),
        ("01-###", "##-###", True),
        ("1##", "##", False),
        ("0##", "##", True),
    ],
)
def test_no_number_may_fit_the_patterns_of_two_sites(one: str, other: str, clash: bool) -> None:
    problems = list(identifiers.pattern_problems([site("ONE", one), site("TWO", other)]))
    assert bool(problems) is clash
    for problem in problems:
        assert problem.startswith("sites.TWO.identifier: a number can fit ")


def test_numbers_are_counted_in_the_pattern_as_far_as_it_goes() -> None:
    assert identifiers.nth(site("S", "S##-###"), 1234) == "S01-234"
    assert identifiers.nth(SITES[0], 999) == "ZJ-999"
    assert identifiers.nth(SITES[0], 1000) == "ZJ-1000"
    assert identifiers.nth(SITES[2], 7) == "OPEN-007"
    assert identifiers.example("S##-###") == "S00-001"


def test_a_number_is_found_only_where_no_other_could_be_meant() -> None:
    known = Numbers(["ZJ-001", "zj-1", "ZJ-2"])
    assert (known.find("Zj 01"), known.several("Zj 01")) == (None, True)
    assert (known.find("zj2"), known.several("zj2")) == ("ZJ-2", False)
    assert (known.find("ZJ-3"), known.several("ZJ-3")) == (None, False)
    assert not known.several("ZJ-001")


def test_the_last_number_that_a_pattern_has_room_for_follows_it() -> None:
    site = Site("ZJ", {}, "", identifier="Z-##")
    assert identifiers.nth(site, 99) == "Z-99"
    assert identifiers.nth(site, 100) == "ZJ-100"


def test_the_noughts_before_a_figure_make_no_other_number() -> None:
    assert identifiers.key("A-007") == ("A", "7")
    assert identifiers.key("A-000") == ("A", "0")
