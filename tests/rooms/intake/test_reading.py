"""How a table is read: what is not sure about its encoding, signs, names and codes is asked."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.store.engine.transaction import reading
from pro_app.store.forms.forms import from_json
from pro_app.store.tables import event as event_table
from pro_app.store.tables import form as form_table
from pro_app.store.tables import patient as patient_table
from tests.rooms.intake.desk import ITEMS, Desk, event, form, patient, text_of

EVENTS = "patient_id,event,on,note\n"
V0 = form("V0", "2026-01-04")


@pytest.fixture(autouse=True)
def _one_patient(desk: Desk) -> None:
    desk.take("patients", patient())


def notes(app: Flask) -> list[str]:
    with app.app_context(), reading() as connection:
        return list(
            connection.execute(select(event_table.c.note).order_by(event_table.c.id)).scalars()
        )


def forms(app: Flask) -> list[dict[str, object]]:
    """The answers of every form that is kept: item → value, or why there is none."""
    with app.app_context(), reading() as connection:
        kept = connection.execute(select(form_table.c.answers).order_by(form_table.c.id)).scalars()
        return [{code: each.value for code, each in from_json(row).items()} for row in kept]


def told(desk: Desk, kind: str, content: str | bytes, *options: str | Path) -> str:
    refused = desk.refused("import", kind, desk.file("in.csv", content), *options)
    return refused.replace(f"{desk.folder}/", "")


def take(desk: Desk, kind: str, content: str | bytes, *options: str | Path) -> str:
    return desk.do("import", kind, desk.file("in.csv", content), *options)


@pytest.mark.parametrize(
    ("words", "as_utf_8"),
    [("转院", "תԺ"), ("住院", "סԺ"), ("女", "Ů"), ("路", "·"), ("卤", "±")],
)
def test_chinese_that_reads_as_another_script_too_is_asked_about(
    desk: Desk, app: Flask, words: str, as_utf_8: str
) -> None:
    content = f"{EVENTS}LISHUI-001,surgery,2026-02-01,{words}\n".encode("gbk")
    said = told(desk, "events", content)
    assert said.startswith(
        f"in.csv:2: this can be read in two ways: as utf-8 “{as_utf_8}”, as gb18030 “{words}”."
    )
    assert "--encoding utf-8 | gb18030" in said
    assert notes(app) == []
    take(desk, "events", content, "--encoding", "gbk")
    assert "read as GB18030" in desk.remarks
    assert notes(app) == [words]


@pytest.mark.parametrize("note", ["a\u00a0b", "it’s – so", "右侧 ±2 é", "Ｒ０", "é 转院"])
def test_what_reads_in_one_way_alone_is_read(desk: Desk, app: Flask, note: str) -> None:
    take(desk, "events", f"{EVENTS}LISHUI-001,surgery,2026-02-01,{note}\n")
    assert notes(app) == [note]
    assert "read as UTF-8" in desk.remarks


def test_a_letter_of_western_europe_is_no_chinese(desk: Desk, app: Flask) -> None:
    content = f"{EVENTS}LISHUI-001,surgery,2026-02-01,Müller\n".encode("cp1252")
    assert "as gb18030 “黮”, as windows-1252 “ül”" in told(desk, "events", content)
    take(desk, "events", content, "--encoding", "latin-1")
    assert notes(app) == ["Müller"]


def test_an_encoding_that_is_none_or_does_not_fit_is_refused(desk: Desk) -> None:
    rows = f"{EVENTS}LISHUI-001,surgery,2026-02-01,右\n"
    said = told(desk, "events", rows, "--encoding", "utf8x")
    assert said.startswith("--encoding: 'utf8x' – expected one of utf-8, gb18030, big5")
    said = told(desk, "events", rows.encode("gbk"), "--encoding", "utf-8")
    assert said.startswith("in.csv:2: 'd3 d2 0a' – expected text in utf-8")


@pytest.mark.parametrize(
    ("sign", "name"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_the_sign_between_the_columns_is_found_and_said(desk: Desk, sign: str, name: str) -> None:
    content = f"{EVENTS}LISHUI-001,surgery,2026-02-01,\n".replace(",", sign)
    assert take(desk, "events", content).startswith("events: 1 added")
    assert f"{name} between the columns; 4 columns, 1 rows" in desk.remarks


def test_a_sign_that_is_not_sure_is_asked_about(desk: Desk, app: Flask) -> None:
    content = "patient_id;event;on;note, if any\nLISHUI-001;surgery;2026-02-01;\n"
    said = told(desk, "events", content)
    assert "the header has several: comma, semicolon" in said
    assert "--delimiter comma | semicolon | tab | bar" in said
    said = told(desk, "events", content, "--delimiter", ";")
    assert "note, if any: unknown column" in said
    assert told(desk, "events", content, "--delimiter", "dot").startswith("--delimiter: 'dot'")


def test_excels_own_first_line_says_the_sign(desk: Desk, app: Flask) -> None:
    content = 'sep=;\r\npatient_id;event;on;note\r\nLISHUI-001;surgery;2026-02-01;"a, b; c"\r\n'
    take(desk, "events", content)
    assert notes(app) == ["a, b; c"]
    bad = content.replace("surgery", "surgry")
    assert "in.csv:3: event: 'surgry'" in told(desk, "events", bad)


@pytest.mark.parametrize("cell", ["2 ", " 2", "\u00a02", "2\u3000", "\u200b2", "\t2", "\ufeff2"])
def test_what_can_not_be_seen_around_a_cell_or_a_name_is_nothing(
    desk: Desk, app: Flask, cell: str
) -> None:
    row = {f"{name} " if name == "GP1" else name: value for name, value in V0.items()}
    row["GP1 "] = cell
    take(desk, "forms", text_of([row]))
    assert forms(app)[0]["GP1"] == 2
    assert take(desk, "forms", text_of([V0])).endswith("1 unchanged\n")


def test_what_can_not_be_seen_inside_a_cell_is_told_by_its_code_point(desk: Desk) -> None:
    said = told(desk, "forms", text_of([V0 | {"GP1": "2\u00a01", "GP2": "\x1b[31m"}]))
    assert "in.csv:2: GP1: '2<U+00A0>1' – expected one of 0, 1, 2, 3, 4, or an empty cell" in said
    assert "GP2: '<U+001B>[31m'" in said


def test_other_names_are_asked_about_and_read_by_a_map(desk: Desk, app: Flask) -> None:
    for change in (str.lower, "fact_b_{}".format, "FACTB[{}]".format):
        renamed = {change(name) if name in ITEMS else name: text for name, text in V0.items()}
        said = told(desk, "forms", text_of([renamed]))
        name = change("GP1")
        assert f"in.csv:1: GP1: expected this column; it is missing. Is it “{name}”?" in said
        assert "… and 17 more, 37 in all" in said
        assert (
            "--map FILE, a CSV file with the columns in_file and read_as and with lines such as "
            f"{name},GP1" in said
        )
        assert forms(app) == []
    lines = [f"{name},{code}" for name, code in ((f"FACTB[{code}]", code) for code in ITEMS)]
    columns = desk.file("map.csv", "\n".join(["in_file,read_as", *lines]))
    take(desk, "forms", text_of([renamed]), "--map", columns)
    assert set(forms(app)[0].values()) == {2}


def test_columns_are_left_out_by_a_map_alone(desk: Desk, app: Flask) -> None:
    row = {"": "1"} | V0 | {"survey_complete": "2", "dag": "x"}
    said = told(desk, "forms", text_of([row]))
    assert "in.csv:1: survey_complete: unknown column" in said
    some = desk.file("map.csv", "in_file,read_as\nsurvey_complete,\ndag,\n")
    said = told(desk, "forms", text_of([row]), "--map", some)
    assert said.startswith("in.csv:2: '1' – column 1 has no name; expected nothing in it")
    assert "row.names = FALSE" in said
    every = desk.file("map.csv", "in_file,read_as\nsurvey_complete,\ndag,\n#1,\n")
    assert take(desk, "forms", text_of([row]), "--map", every).startswith("forms: 1 added")
    lines = "".join(f"{name},{name}\n" for name in V0)
    others = desk.file("map.csv", f"in_file,read_as\n*,\n{lines}")
    assert take(desk, "forms", text_of([row]), "--map", others).endswith("1 unchanged\n")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("gp1,GP1\ngp1,GP2\n", "map.csv:3: in_file: 'gp1' – expected each column once"),
        (
            "gpx,GP1\n",
            "map.csv:2: in_file: 'gpx' – expected a column that the file has: patient_id",
        ),
        ("GP2,GP1\n", "in.csv:1: GP1: expected this column once; it is there more than once"),
        (",GP1\n", "map.csv:2: in_file: '' – expected a value"),
        ("*,GP1\n", "map.csv:2: read_as: 'GP1' – expected nothing here"),
        ("GP1,GP1,x\n", "map.csv:2: '3' – expected 2 cells"),
        ("note,nota\n", "map.csv:2: in_file: 'note' – expected a column that the file has"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused_by_its_line(
    desk: Desk, app: Flask, lines: str, says: str
) -> None:
    columns = desk.file("map.csv", f"in_file,read_as\n{lines}")
    assert told(desk, "forms", text_of([V0]), "--map", columns).startswith(says)
    assert forms(app) == []


def test_a_map_without_its_columns_or_that_is_not_there_is_refused(desk: Desk) -> None:
    columns = desk.file("map.csv", "a,b\nGP1,GP1\n")
    said = told(desk, "forms", text_of([V0]), "--map", columns)
    assert said.startswith("map.csv:1: in_file: expected this column; it is missing")
    said = told(desk, "forms", text_of([V0]), "--map", desk.folder / "nowhere.csv")
    assert "nowhere.csv: 'No such file or directory' – expected a file that can be read" in said


def test_codes_for_a_missing_value_are_asked_about_and_then_nothing(desk: Desk, app: Flask) -> None:
    codes = dict(zip(ITEMS[:4], ("NA", "9", ".", "8"), strict=True))
    said = told(desk, "forms", text_of([V0 | codes | {"why_not_self": "NA"}]))
    assert "in.csv:2: GP1: 'NA' – expected one of 0, 1, 2, 3, 4, or an empty cell" in said
    assert "If these are codes for a missing value: --missing NA,9,.,8" in said
    content = text_of([V0 | codes | {"why_not_self": "NA"}])
    take(desk, "forms", content, "--missing", "NA, 9,.,8")
    assert [forms(app)[0][code] for code in ITEMS[:5]] == [None, None, None, None, 2]
    plain = V0 | dict.fromkeys(ITEMS[:4], "")
    assert take(desk, "forms", text_of([plain])).endswith("1 unchanged\n")


@pytest.mark.parametrize(
    ("kind", "codes", "says"),
    [
        ("forms", "2", "--missing: '2' – this is a possible value in such a file"),
        ("forms", "NA,1", "--missing: '1' – this is a possible value"),
        ("patients", "no", "--missing: 'no' – this is a possible value"),
        ("events", "death", "--missing: 'death' – this is a possible value"),
        ("forms", "", "--missing: '' – expected codes for a missing value"),
        ("forms", " , ", "--missing: ' , ' – expected codes"),
    ],
)
def test_codes_that_make_no_sense_are_refused(desk: Desk, kind: str, codes: str, says: str) -> None:
    rows = {"forms": [V0], "patients": [patient()], "events": [event("surgery", "2026-02-01")]}
    assert told(desk, kind, text_of(rows[kind]), "--missing", codes).startswith(says)


def test_answers_with_a_decimal_point_are_read_where_that_is_said(desk: Desk, app: Flask) -> None:
    row = V0 | {"GP1": "3.0", "GP2": "4,00", "GP3": "9.0", "GS7": "", "Q1": "1.0"}
    said = told(desk, "forms", text_of([row]))
    assert "GP1: '3.0' – expected one of 0, 1, 2, 3, 4, or an empty cell" in said
    assert "If an answer may be written 2.0: --decimals" in said
    take(desk, "forms", text_of([row]), "--decimals", "--missing", "9")
    assert [forms(app)[0][code] for code in ("GP1", "GP2", "GP3")] == [3, 4, None]
    half = told(desk, "forms", text_of([V0 | {"GP1": "2.5"}]), "--decimals")
    assert "GP1: '2.5' – expected one of" in half


@pytest.mark.parametrize("edge", [",,", ","])
def test_empty_columns_at_the_edge_are_nothing(desk: Desk, app: Flask, edge: str) -> None:
    content = text_of([patient("LISHUI-002")]).replace("\n", f"{edge}\n")
    content = "\n".join(f",{line}" for line in content.splitlines())
    assert take(desk, "patients", content).startswith("patients: 1 added")
    told_of = told(desk, "patients", text_of([patient()]).replace("\n", ",\n", 1) + f"x{edge}x\n")
    assert "expected 9 cells" in told_of


def test_a_column_without_a_name_is_told_by_its_place(desk: Desk) -> None:
    header, row = text_of([patient()]).splitlines()
    said = told(desk, "patients", f"{header},\n{row},x\n")
    assert said.startswith("in.csv:2: 'x' – column 9 has no name; expected nothing in it")
    said = told(desk, "patients", f"{header.replace('arm', '')}\n{row}\n")
    assert "in.csv:1: column 3 has no name; expected one" in said
    said = told(desk, "patients", f"{header},site\n{row},\n")
    assert said.startswith(
        "in.csv:1: site: expected this column once; it is there more than once, as columns 2, 9"
    )


def test_empty_rows_are_nothing_wherever_they_stand(desk: Desk, app: Flask) -> None:
    header, row = text_of([patient("LISHUI-002")]).splitlines()
    content = f",,,,,,,\n\n{header}\n,,,,,,,\n{row}\n\u3000,,,,,,,\n\n"
    assert take(desk, "patients", content) == "patients: 1 added, 0 filled, 0 unchanged\n"
    with app.app_context(), reading() as connection:
        assert len(connection.execute(select(patient_table.c.id)).all()) == 2


@pytest.mark.parametrize("day", ["2026/1/4", "2026.1.4", "2026年1月4日", "2026/01/04"])
def test_a_day_is_read_with_its_year_first(desk: Desk, app: Flask, day: str) -> None:
    take(desk, "forms", text_of([V0 | {"answered_on": day}]))
    assert take(desk, "forms", text_of([V0])).endswith("1 unchanged\n")


@pytest.mark.parametrize(
    "day",
    ["4/1/2026", "1/4/26", "2026/1.4", "20260104", "46026", "2026-1-4", "04JAN2026", "2026/13/1",
     "2026-01-04 00:00:00", "２０２６/1/4"],
)  # fmt: skip
def test_any_other_day_is_refused_and_says_what_is_expected(desk: Desk, day: str) -> None:
    said = told(desk, "forms", text_of([V0 | {"answered_on": day}]))
    assert f"answered_on: {day!r} – expected a day, YYYY-MM-DD, from 1900 on; 2026/3/5" in said


def test_a_trial_run_shows_the_first_rows_as_they_are_read(desk: Desk, app: Flask) -> None:
    rows = [
        V0 | {"GP1": "9", "entered_by": "李娜\u200b"},
        *[V0 | {"entered_by": str(n)} for n in range(5)],
    ]
    take(desk, "forms", text_of(rows), "--dry-run", "--missing", "9")
    shown = [line for line in desk.remarks.splitlines() if ": read as: " in line]
    assert len(shown) == 3
    assert (
        "in.csv:2: read as: patient_id LISHUI-001 · visit V0 · answered_on 2026-01-04" in shown[0]
    )
    assert "entered_by 李娜 · GP2 2" in shown[0]
    assert forms(app) == []


@pytest.mark.parametrize("by", ["", "  ", "x" * 61])
def test_who_brings_a_file_has_a_name(desk: Desk, by: str) -> None:
    assert told(desk, "forms", text_of([V0]), "--by", by).startswith("--by: ")
