"""CSV that runs nowhere, reads back as it was, and stands whole or not at all."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.core.dictionary import Kind
from pro_app.core.tidy import Cell, Table
from pro_app.export.checking import Different, check_file
from pro_app.export.writing import (
    FORMAT,
    MANIFEST,
    FolderTaken,
    all_or_nothing,
    packed,
    write_table,
)

KINDS = {
    "text": Kind.TEXT,
    "day": Kind.DAY,
    "instant": Kind.INSTANT,
    "integer": Kind.INTEGER,
    "number": Kind.NUMBER,
    "yes_no": Kind.YES_NO,
}


def table(*rows: tuple[Cell, ...]) -> Table:
    def again() -> Iterator[tuple[Cell, ...]]:
        return iter(rows)

    return Table("some.csv", tuple(KINDS), again)


def texts(*rows: str) -> Table:
    return Table("some.csv", ("text",), lambda: ((row,) for row in rows))


def written(folder: Path) -> list[list[str]]:
    with (folder / "some.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def test_each_kind_of_cell_is_written_in_its_way(tmp_path: Path) -> None:
    at = datetime(2026, 3, 5, 0, 0, 1, tzinfo=UTC)
    write_table(table(("a", date(2026, 3, 5), at, -3, -1 / 3, True), (None,) * 6), KINDS, tmp_path)
    assert written(tmp_path) == [
        ["a", "2026-03-05", "2026-03-05T00:00:01Z", "-3", "-0.3333333333333333", "yes"],
        [""] * 6,
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "'=1"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path, text: str) -> None:
    write_table(texts(text), KINDS, tmp_path)
    assert written(tmp_path) == [[f"'{text}"]]


@pytest.mark.parametrize(
    "text", ["001", "a=b", "'tis", "中文，逗号", 'a "b"', "a,b", " =1", "1\n=2"]
)
def test_any_other_text_stays_as_it_is(tmp_path: Path, text: str) -> None:
    write_table(texts(text), KINDS, tmp_path)
    assert written(tmp_path) == [[text]]


_cells = st.tuples(
    st.none()
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.text("=+-@'\t\r\n\0＝ \",x", max_size=5),
    st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    st.none() | st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year > 1900),
    st.none() | st.integers(-(2**53), 2**53),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_cells, max_size=6))
def test_every_cell_reads_back_as_it_was(rows: list[tuple[Cell, ...]]) -> None:
    with TemporaryDirectory() as folder:
        assert write_table(table(*rows), KINDS, Path(folder)) == len(rows)
        check_file(table(*rows), KINDS, Path(folder))


@pytest.mark.parametrize(
    ("spoiled", "row"),
    [
        (b"text\r\na\r\nB\r\nc\r\n", 2),
        (b"text\r\na\r\nb\r\n", 3),
        (b"text\r\na\r\nb\r\nc\r\nd\r\n", 4),
        (b"words\r\na\r\nb\r\nc\r\n", 0),
        (b"text\r\na\r\n\r\nc\r\n", 2),
    ],
    ids=["changed", "lost", "added", "renamed", "emptied"],
)
def test_a_spoiled_file_is_found_out(tmp_path: Path, spoiled: bytes, row: int) -> None:
    (tmp_path / "some.csv").write_bytes(spoiled)
    with pytest.raises(Different) as different:
        check_file(texts("a", "b", "c"), KINDS, tmp_path)
    assert different.value.row == row


@pytest.mark.parametrize("cell", ["x", "2.5"])
def test_a_cell_that_is_not_of_its_kind_is_found_out(tmp_path: Path, cell: str) -> None:
    (tmp_path / "some.csv").write_text(f"integer,text\r\n{cell},a\r\n", newline="")
    meant = Table("some.csv", ("integer", "text"), lambda: iter([(2, "a")]))
    with pytest.raises(Different):
        check_file(meant, KINDS, tmp_path)


FILES = ["a.csv", "b.csv", MANIFEST]
OURS = f'{{"format": "{FORMAT}"}}'


def write_all(place: Path, text: str) -> None:
    for name in FILES:
        (place / name).write_text(OURS if name == MANIFEST else text)


def there(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("exists", [False, True])
def test_the_files_stand_there_when_all_is_well(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "deep" / "export"
    if exists:
        folder.mkdir(parents=True)
    with all_or_nothing(folder, FILES) as place:
        write_all(place, "1")
    assert there(folder) == {"a.csv": "1", "b.csv": "1", MANIFEST: OURS}


def test_an_earlier_export_is_replaced(tmp_path: Path) -> None:
    for text in ("1", "2"):
        with all_or_nothing(tmp_path, FILES) as place:
            write_all(place, text)
    assert there(tmp_path) == {"a.csv": "2", "b.csv": "2", MANIFEST: OURS}


def _fail_half_way(folder: Path) -> None:
    with all_or_nothing(folder, FILES) as place:
        (place / "a.csv").write_text("half")
        raise OSError("the disk is full")


def test_a_failure_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"):
        _fail_half_way(tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_a_failure_leaves_an_earlier_export_whole(tmp_path: Path) -> None:
    with all_or_nothing(tmp_path, FILES) as place:
        write_all(place, "1")
    with pytest.raises(OSError, match="full"):
        _fail_half_way(tmp_path)
    assert there(tmp_path) == {"a.csv": "1", "b.csv": "1", MANIFEST: OURS}


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ({"thesis.doc": "x"}, ("thesis.doc",)),
        ({MANIFEST: "{}", "a.csv": "x"}, ("a.csv", MANIFEST)),
        ({MANIFEST: OURS, "a.csv": "x", "thesis.doc": "x"}, ("thesis.doc",)),
        ({"a.csv": "x"}, ("a.csv",)),
    ],
)
def test_a_folder_of_somebody_s_own_is_left_alone(
    tmp_path: Path, found: dict[str, str], names: tuple[str, ...]
) -> None:
    for name, text in found.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(FolderTaken) as taken, all_or_nothing(tmp_path, FILES):
        pass
    assert taken.value.names == names
    assert there(tmp_path) == found


def test_a_file_in_the_folder_s_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "export").write_text("mine")
    with pytest.raises(FolderTaken), all_or_nothing(tmp_path / "export", FILES):
        pass
    assert (tmp_path / "export").read_text() == "mine"


def test_the_same_files_are_packed_to_the_same_bytes(tmp_path: Path) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    write_all(tmp_path, "1")
    packed(tmp_path, first)
    for path in tmp_path.iterdir():
        path.touch()
    packed(tmp_path, second)
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(FILES)
