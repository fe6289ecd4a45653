"""What other programs write of the same two forms: read, or refused with what would read it."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.store.engine.transaction import reading
from pro_app.store.forms.forms import from_json
from pro_app.store.tables import form as form_table
from tests.rooms.intake.desk import ITEMS, Desk, patient

FOLDER = Path(__file__).parents[2] / "files_in"
NA = "--missing NA"
DAY = "expected a day, YYYY-MM-DD"

#: File → what is said without options, and the options with which it is read: empty, it is
#: read as it stands, None, it is not read at all.
TABLE: dict[str, tuple[str, str | None]] = {
    "made/polars.csv": ("", ""),
    "made/polars_bom.csv": ("", ""),
    "made/polars_float.csv": ("--decimals", "--decimals"),
    "made/polars_null.csv": ("--missing null", "--missing null"),
    "made/polars.parquet": ("a file of Parquet", None),
    "made/python_excel_tab.txt": ("", ""),
    "made/iconv_gb18030.csv": ("", ""),
    "made/calc_utf8.csv": ("", ""),
    "made/calc_semicolon.csv": ("", ""),
    "made/calc_gbk.csv": ("", ""),
    "made/calc_utf16.csv": ("utf-16", "--encoding utf-16"),
    "made/calc.xlsx": ("save the sheet as “CSV UTF-8", None),
    "made/calc.ods": ("save the sheet as “CSV UTF-8", None),
    "made/r_na_empty.csv": ("", ""),
    "made/r_no_row_names.csv": (NA, NA),
    "made/r_default.csv": ("row.names = FALSE", f"{NA} --map row_names"),
    "made/r_csv2.csv": (NA, NA),
    "made/r_tab.txt": ("", ""),
    "made/r_lower_case.csv": ("with lines such as gp1,GP1", "--map lower_case"),
    "made/r.rds": ("Have that program write CSV", None),
    "written/excel_zh_csv.csv": ("", ""),
    "written/excel_csv_utf8.csv": ("", ""),
    "written/excel_unicode_text.txt": ("utf-16", "--encoding utf-16"),
    "written/excel_sep_line.csv": ("", ""),
    "written/sas_yymmdd10.csv": ("--missing .", "--missing ."),
    "written/sas_date9.csv": (DAY, None),
    "written/spss_sdate10.csv": ("", ""),
    "written/spss_user_missing.csv": ("--missing 9", "--missing 9"),
    "written/stata_td.csv": ("with lines such as gp1,GP1", None),
    "written/stata_tdCCYY-NN-DD.csv": ("with lines such as gp1,GP1", "--map lower_case"),
    "written/redcap_raw.csv": ("with lines such as gp1,GP1", "--map redcap"),
    "written/limesurvey.csv": ("FACTB[GP1]", "--missing N/A --map limesurvey"),
    "written/odk_central.csv": ("about-patient_id", "--map odk"),
}


def words(options: str) -> list[str]:
    """The options, with the path of a map in the place of its name."""
    found = options.split()
    if "--map" in found:
        place = found.index("--map") + 1
        found[place] = str(FOLDER / "maps" / f"{found[place]}.csv")
    return found


def test_every_file_is_in_the_table() -> None:
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*")}
    assert {name for name in there if not name.startswith("maps/")} == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_what_others_write_is_read_or_refused_with_what_would_read_it(
    desk: Desk, app: Flask, name: str
) -> None:
    says, options = TABLE[name]
    desk.take("patients", patient())
    if says:
        assert says in desk.refused("import", "forms", FOLDER / name)
    if options is not None:
        done = "forms: 2 added, 0 kept as conflicts, 0 unchanged\n"
        command = ("import", "forms", FOLDER / name, *words(options))
        assert desk.do(*command, "--dry-run") == done
        assert "entered_by 李娜" in desk.remarks
        assert desk.do(*command) == done
    with app.app_context(), reading() as connection:
        query = select(form_table.c.visit, form_table.c.answered_on, form_table.c.answers)
        kept = connection.execute(query.order_by(form_table.c.id)).all()
    assert len(kept) == (0 if options is None else 2)
    for (visit, day, answers), (wanted, on, second) in zip(
        kept, (("V0", "2026-01-04", 3), ("V1", "2026-03-05", None)), strict=False
    ):
        assert (visit, day.isoformat()) == (wanted, on)
        values = {code: each.value for code, each in from_json(answers).items()}
        assert values == dict.fromkeys(ITEMS, 2) | {"GP2": second}
