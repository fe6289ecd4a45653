"""`flask score`: what goes in, what comes out, and what is refused."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from pro_app import create_app
from pro_app.intake.source import read_source
from tests.conftest import settings_for
from tests.rooms.intake.desk import FACT_B, ITEMS, Desk

ORACLE = Path(__file__).parents[1] / "oracle"
VALUE = {"FACT_G": "FACTG", "TOI": "FACT_B_TOI", "FACT_B": "FACT_B_TOTAL"}
COUNT = {"FACT_G": "FACTG", "TOI": "TOI", "FACT_B": "FACT_B_TOTAL"}
SCALES = FACT_B.scale_codes
ADDED = [*SCALES, *(f"{code}_n" for code in SCALES)]
ITEM_CELLS = ",".join(["2"] * len(ITEMS))
HEADER = ",".join(["id", *ITEMS])


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An application whose database is nowhere: scoring must not ask for it."""
    return create_app(settings_for("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding=read_source(path).codec, newline="") as file:
        return list(csv.DictReader(file))


def scored(desk: Desk, content: str | bytes, *options: str) -> list[dict[str, str]]:
    out = desk.folder / "out.csv"
    assert desk.do("score", desk.file("in.csv", content), out, *options) == ""
    return rows_of(out)


def refusal(desk: Desk, content: str | bytes) -> str:
    told = desk.refused("score", desk.file("in.csv", content), desk.folder / "out.csv")
    assert {path.name for path in desk.folder.iterdir()} == {"in.csv"}
    return told.replace(f"{desk.folder}/", "")


@pytest.mark.parametrize("part", ["complete", "missing", "edges"])
def test_every_oracle_row_is_scored_as_factscorer_does(desk: Desk, part: str) -> None:
    path = ORACLE / f"factb_dev_{part}.csv"
    content = path.read_bytes()
    wanted = rows_of(path)

    for row, oracle in zip(scored(desk, content, "--replace"), wanted, strict=True):
        assert row["id"] == oracle["id"]
        for code in SCALES:
            value = oracle[f"{VALUE.get(code, code)}_unrounded"]
            if value:
                assert float(row[code]) == pytest.approx(float(value), abs=1e-9)
            else:
                assert row[code] == ""
            assert row[f"{code}_n"] == oracle[f"{COUNT.get(code, code)}_N"]


def test_scores_are_added_at_the_end_and_the_rest_is_left_alone(desk: Desk) -> None:
    line = f'007,{ITEM_CELLS},"a, ""b""\nc", 1.50 ,,\n'
    row = scored(desk, f"{HEADER},text,number,,none\n{line}")[0]

    assert list(row) == ["id", *ITEMS, "text", "number", "", "none", *ADDED]
    assert (row["id"], row["text"], row["number"]) == ("007", 'a, "b"\nc', " 1.50 ")
    assert (row["PWB"], row["FACT_B"], row["FACT_B_n"]) == ("14.0", "74.0", "37")


def test_values_have_full_precision(desk: Desk) -> None:
    cells = ["1", "", *["2"] * (len(ITEMS) - 2)]
    assert scored(desk, f"{HEADER}\nx,{','.join(cells)}\n")[0]["PWB"] == repr(13 * 7 / 6)


def test_a_column_with_a_scores_name_is_replaced_if_that_is_asked_for(desk: Desk) -> None:
    content = f"PWB,pwb,{HEADER},FACT_B_n\n99,88,x,{ITEM_CELLS},77\n"
    told = refusal(desk, content)
    assert [line.partition(": the file already has")[0] for line in told.splitlines()] == [
        "in.csv:1: PWB",
        "in.csv:1: FACT_B_n",
    ]
    row = scored(desk, content, "--replace")[0]

    assert list(row) == ["pwb", "id", *ITEMS, *ADDED]
    assert (row["PWB"], row["pwb"], row["FACT_B_n"]) == ("14.0", "88", "37")


def test_items_may_stand_in_any_order(desk: Desk) -> None:
    header = [*reversed(ITEMS), "id"]
    cells = [str(ITEMS.index(code) % 5) for code in reversed(ITEMS)]
    straight = ",".join(str(place % 5) for place in range(len(ITEMS)))

    (turned,) = scored(desk, f"{','.join(header)}\n{','.join(cells)},x\n")
    (plain,) = scored(desk, f"{HEADER}\nx,{straight}\n")

    assert [turned[name] for name in ADDED] == [plain[name] for name in ADDED]


def test_blank_cells_are_no_answers(desk: Desk) -> None:
    cells = ",".join([""] * 10 + ["  "] * (len(ITEMS) - 10))
    row = scored(desk, f"{HEADER}\nx,{cells}\n")[0]

    assert {row[code] for code in SCALES} == {""}
    assert {row[f"{code}_n"] for code in SCALES} == {"0"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_usual_encoding_and_line_end_is_read(desk: Desk, encoding: str, end: str) -> None:
    content = f"编号,{HEADER}{end}丽水,x,{ITEM_CELLS}{end}".encode(encoding)
    row = scored(desk, content)[0]

    assert (row["编号"], row["FACT_G"]) == ("丽水", "54.0")
    assert ("read as GB18030" in desk.remarks) == (encoding == "gbk")
    written = (desk.folder / "out.csv").read_bytes()
    assert written.count(end.encode()) == 2
    assert written.startswith("编号".encode(encoding))


def test_the_result_is_written_as_the_file_is(desk: Desk) -> None:
    text = f"sep=;\r\n编号,{HEADER}\r\n丽水,x,{ITEM_CELLS}\r\n".replace(",", ";")
    for codec in ("utf-8", "utf-8-sig", "gb18030"):
        scored(desk, text.encode(codec))
        content = (desk.folder / "out.csv").read_bytes()
        assert content.startswith("sep=;\r\n编号;id;GP1".encode(codec)), codec
        assert b"74.0" in content
        assert content.decode(codec).endswith("\r\n")
    wide = desk.file("in.csv", text.encode("utf-16"))
    desk.do("score", wide, desk.folder / "out.csv", "--encoding", "utf-16")
    assert "编号;id;GP1" in (desk.folder / "out.csv").read_bytes().decode("utf-16")


def test_encoding_and_counts_are_said(desk: Desk) -> None:
    half = ",".join(["2"] * 20 + [""] * (len(ITEMS) - 20))
    scored(desk, f"{HEADER}\na,{ITEM_CELLS}\nb,{half}\n")
    said = desk.remarks.replace(f"{desk.folder}/", "").splitlines()
    assert said[0] == "in.csv: read as UTF-8, commas between the columns; 38 columns, 2 rows"
    assert said[1].startswith("Rows that have a score: PWB 2, SWB 2, EWB 2, FWB 1, BCS 1")
    assert said[2] == "2 rows scored into out.csv"


def test_a_column_under_a_map_is_scored_and_keeps_its_name(desk: Desk) -> None:
    content = f"{HEADER.replace('GP1', 'fact_b_gp1')},,\nx,{ITEM_CELLS.replace('2', ' 3.0', 1)},,\n"
    assert "Is it “fact_b_gp1”?" in refusal(desk, content)
    columns = desk.file("map.csv", "in_file,read_as\nfact_b_gp1,GP1\n")
    row = scored(desk, content, "--map", str(columns), "--decimals")[0]
    assert (row["fact_b_gp1"], row["PWB"]) == (" 3.0", "13.0")


def test_a_code_is_no_answer_where_that_is_said_and_stays_where_it_stood(desk: Desk) -> None:
    content = f"{HEADER},note\nx,{ITEM_CELLS.replace('2', '9', 1)},9\n"
    row = scored(desk, content, "--missing", "9")[0]
    assert (row["GP1"], row["note"], row["PWB_n"]) == ("9", "9", "6")
    told = desk.refused("score", desk.file("in.csv", content), "out.csv", "--missing", "4")
    assert told.startswith("--missing: '4' – this is a possible value")


def test_a_header_alone_gives_a_header_alone(desk: Desk) -> None:
    assert scored(desk, f"{HEADER}\n") == []
    assert (desk.folder / "out.csv").read_text() == f"{HEADER},{','.join(ADDED)}\n"


def test_the_file_itself_may_be_the_result(desk: Desk) -> None:
    path = desk.file("in.csv", f"{HEADER}\nx,{ITEM_CELLS}\n")
    desk.do("score", path, path)
    once = path.read_bytes()
    desk.refused("score", path, path)
    desk.do("score", path, path, "--replace")

    assert path.read_bytes() == once
    assert rows_of(path)[0]["TOI"] == "48.0"


@pytest.mark.parametrize("bad", ["5", "-1", "3.0", "NA", "x", "３", "1e0", "+1", "00"])
def test_anything_but_a_choice_is_refused_and_named(desk: Desk, bad: str) -> None:
    cells = ["2"] * len(ITEMS)
    cells[ITEMS.index("GE3")] = bad
    told = refusal(desk, f"{HEADER}\ny,{ITEM_CELLS}\nx,{','.join(cells)}\n")

    said = f"in.csv:3: GE3: {bad!r} – expected one of 0, 1, 2, 3, 4, or an empty cell"
    assert told.splitlines()[0] == said


def test_twenty_bad_cells_are_named_and_the_others_counted(desk: Desk) -> None:
    bad = ",".join(["9"] * len(ITEMS))
    told = refusal(desk, f"{HEADER}\nx,{bad}\n").splitlines()

    assert told[0].startswith("in.csv:2: GP1: '9'")
    assert told[20] == "… and 17 more, 37 in all"
    assert told[21:] == ["If these are codes for a missing value: --missing 9"]


def test_lines_are_those_of_the_file_even_after_long_cells(desk: Desk) -> None:
    bad = ITEM_CELLS.replace("2", "7", 1)
    told = refusal(desk, f'{HEADER}\n"a\n\nb",{ITEM_CELLS}\nx,{bad}\n')

    assert told.startswith("in.csv:5: GP1: '7'")


def test_rows_of_a_wrong_width_are_named_beside_bad_cells(desk: Desk) -> None:
    bad = ITEM_CELLS.replace("2", "7", 1)
    told = refusal(desk, f"{HEADER}\nx,{bad}\nx,1,2\nx,{ITEM_CELLS},3\n").splitlines()

    assert [line.partition(" –")[0] for line in told] == [
        "in.csv:2: GP1: '7'",
        "in.csv:3: '3'",
        "in.csv:4: '39'",
    ]
    assert told[1].endswith("expected 38 cells, as in the header line")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "in.csv: the file is empty"),
        (HEADER.encode("utf-16"), "in.csv: expected CSV text in UTF-8"),
        (HEADER.replace("GP3,", "").encode(), "in.csv:1: GP3: expected this column; it is missing"),
        (HEADER.replace("GP3,", "gp3,").encode(), "in.csv:1: GP3: expected this column"),
        (f"{HEADER},GP3".encode(), "in.csv:1: GP3: expected this column once"),
        (f'{HEADER}\n"x'.encode(), "in.csv:2: expected CSV; a quotation mark"),
    ],
    ids=["empty", "utf-16", "no such column", "another case", "doubled", "open quote"],
)
def test_a_file_that_is_no_table_of_answers_is_refused(
    desk: Desk, content: bytes, told: str
) -> None:
    assert refusal(desk, content).startswith(told)


def test_a_file_that_is_not_there_and_a_place_that_is_none_are_refused(desk: Desk) -> None:
    nowhere = desk.folder / "nowhere.csv"
    assert "can be read" in desk.refused("score", nowhere, desk.folder / "out.csv")
    path = desk.file("in.csv", f"{HEADER}\n")
    assert "can't be written" in desk.refused("score", path, desk.folder / "no" / "out.csv")
    assert "can't be written" in desk.refused("score", path, desk.folder)


def test_a_refused_file_leaves_an_earlier_result_alone(desk: Desk) -> None:
    out = desk.file("out.csv", "earlier")
    desk.refused("score", desk.file("in.csv", f"{HEADER}\nx,1\n"), out)

    assert out.read_text() == "earlier"
    assert sorted(path.name for path in desk.folder.iterdir()) == ["in.csv", "out.csv"]


def test_what_is_found_is_told_without_being_obeyed_by_the_terminal(desk: Desk) -> None:
    bad = ITEM_CELLS.replace("2", "\x1b[31m" + "9" * 100, 1)
    told = refusal(desk, f"{HEADER}\nx,{bad}\n")

    assert "\x1b" not in told
    assert len(told) < 200


def test_a_long_file_is_scored_in_parts(desk: Desk) -> None:
    lines = [f"{number},{ITEM_CELLS}\n" for number in range(45_000)]
    rows = scored(desk, f"{HEADER}\n{''.join(lines)}")

    assert [int(row["id"]) for row in rows] == list(range(45_000))
    assert {row["FACT_B"] for row in rows} == {"74.0"}


def _flask(*words: str | Path, **changes: str) -> subprocess.CompletedProcess[bytes]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PRO_")}
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=Path(__file__).parents[2],
        env=environment | changes,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("url", ["", "postgresql://nobody@127.0.0.1:1/none"])
def test_scoring_as_typed_needs_no_database(tmp_path: Path, url: str) -> None:
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text(f"{HEADER}\nx,{ITEM_CELLS}\n")
    done = _flask("score", file, out, PRO_DATABASE_URL=url)

    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert rows_of(out)[0]["FACT_B"] == "74.0"


def test_a_refusal_as_typed_ends_with_two_on_standard_error(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f"{HEADER}\nx,{ITEM_CELLS.replace('2', 'x', 1)}\n")
    done = _flask("score", file, tmp_path / "out.csv")

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"{file}:2: GP1: 'x'")


def test_planning_as_typed_needs_no_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    done = _flask("plan", "--anchor", "2022-11-30", "--json", PRO_DATABASE_URL=url)

    assert done.returncode == 0, done.stderr
    plan = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert plan
    assert not (tmp_path / "none.db").exists()
