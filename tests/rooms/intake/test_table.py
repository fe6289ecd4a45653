"""Files as people save them: encodings, line ends, quotes, and what is no table."""

from pathlib import Path

import pytest

from pro_app.intake.problems import BadTable, CellProblem, Expected, Rule
from pro_app.intake.source import GB18030, UTF_8
from pro_app.intake.table import header_problems, read_table


@pytest.fixture
def read(tmp_path: Path):
    def read(content: bytes):
        path = tmp_path / "table.csv"
        path.write_bytes(content)
        table = read_table(path)
        return table, list(table.rows())

    return read


def test_rows_know_the_line_they_begin_on(read) -> None:
    table, rows = read(b'a,b\n1,"two\nlines"\n\n3,4\n')

    assert table.header == ("a", "b")
    assert [(row.line, row.cells) for row in rows] == [(2, ["1", "two\nlines"]), (5, ["3", "4"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(read, end: str) -> None:
    _, rows = read(end.join(["a,b", "1,2", "3,4"]).encode())

    assert [(row.line, row.cells) for row in rows] == [(2, ["1", "2"]), (3, ["3", "4"])]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", UTF_8), ("utf-8-sig", UTF_8), ("gbk", GB18030), ("gb18030", GB18030)],
)
def test_chinese_is_read_from_any_of_its_usual_encodings(read, encoding: str, found: str) -> None:
    table, rows = read("编号,备注\n1,丽水\n".encode(encoding))

    assert (table.header, rows[0].cells) == (("编号", "备注"), ["1", "丽水"])
    assert table.source.encoding == found


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("a,b\n1,2".encode("utf-16"), Rule.UTF_16),
        ("a,b\n1,2".encode("utf-16-be"), Rule.UTF_16),
        (b"PK\x03\x04\x00\x00", Rule.WORKBOOK),
        (b"\xd0\xcf\x11\xe0\xa1", Rule.WORKBOOK),
        (b"$FL2@(#) SPSS DATA FILE", Rule.PROGRAM_FILE),
        (b"<stata_dta><header>", Rule.PROGRAM_FILE),
        (b"a,b\n1,\x00\n", Rule.PLAIN_TEXT),
        (b"a,b\n\xff\xff,1\n", Rule.PLAIN_TEXT),
    ],
)
def test_what_is_no_text_is_refused(read, content: bytes, rule: Rule) -> None:
    with pytest.raises(BadTable) as caught:
        read(content)

    assert caught.value.problem.expected.rule is rule


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \n"])
def test_an_empty_file_is_refused(read, content: bytes) -> None:
    with pytest.raises(BadTable) as caught:
        read(content)

    assert caught.value.problem.expected.rule is Rule.HEADER


def test_a_header_alone_is_a_table_without_rows(read) -> None:
    assert read(b"a,b")[1] == []


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'a,b\n1,2\n3,"4\n5,6\n', 3),
        (b'a,b\n1,"2"3\n', 2),
        (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', 2),
    ],
    ids=["never closed", "text after it", "endless cell"],
)
def test_a_quote_out_of_place_is_refused_with_its_line(read, content: bytes, line: int) -> None:
    with pytest.raises(BadTable) as caught:
        read(content)

    problem = caught.value.problem
    assert (problem.line, problem.expected.rule) == (line, Rule.QUOTING)


def test_a_doubled_column_is_refused_by_name(read) -> None:
    with pytest.raises(BadTable) as caught:
        read(b"a,b,a\n")

    expected = Expected(Rule.COLUMN_ONCE, ("1", "3"))
    assert caught.value.problem == CellProblem(1, "a", None, expected)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTable) as caught:
        read_table(tmp_path / "nowhere.csv")

    assert caught.value.problem.expected.rule is Rule.READABLE


def test_missing_and_unknown_columns_are_both_named(read) -> None:
    table, _ = read(b"a,x\n")

    found = [(p.column, p.expected.rule) for p in header_problems(table, ("a", "b"))]
    assert found == [("b", Rule.COLUMN), ("x", Rule.KNOWN_COLUMN)]
    assert header_problems(table, ("a",), None) == []
    assert header_problems(table, ("a",), ("x",)) == []


def test_a_row_of_another_width_is_named(read) -> None:
    table, rows = read(b"a,b\n1,2\n1,2,3\n")

    assert [table.misfit(row) for row in rows] == [
        None,
        CellProblem(3, "", "3", Expected(Rule.WIDTH, ("2",))),
    ]
