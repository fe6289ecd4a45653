"""What polars and Python's csv write of the same forms: made/polars*.csv. Argument: the folder."""

import csv
import io
import sys
from pathlib import Path

import polars as pl

folder = Path(sys.argv[1])
ITEMS = [
    *(f"GP{n}" for n in range(1, 8)), *(f"GS{n}" for n in range(1, 8)),
    *(f"GE{n}" for n in range(1, 7)), *(f"GF{n}" for n in range(1, 8)),
    *(f"B{n}" for n in range(1, 10)), "P2",
]  # fmt: skip


def form(visit: str, day: str, gp2: int | None) -> dict[str, object]:
    """A paper form, all answered with 2 but GP2."""
    about = {"patient_id": "LISHUI-001", "visit": visit, "answered_on": day, "mode": "paper"}
    said = {"language": "zh", "entered_by": "李娜"} | dict.fromkeys(ITEMS, 2) | {"GP2": gp2}
    return about | said | {"Q1": None}


FORMS = [form("V0", "2026-01-04", 3), form("V1", "2026-03-05", None)]
frame = pl.DataFrame(FORMS, schema_overrides={"Q1": pl.Int64})
frame.write_csv(folder / "polars.csv")
frame.write_csv(folder / "polars_bom.csv", include_bom=True)
frame.with_columns(pl.col("GP2").cast(pl.Float64)).write_csv(folder / "polars_float.csv")
frame.write_csv(folder / "polars_null.csv", null_value="null")
frame.write_parquet(folder / "polars.parquet", compression="uncompressed")
written = io.StringIO()
writer = csv.DictWriter(written, FORMS[0], dialect=csv.excel_tab)
writer.writeheader()
writer.writerows(FORMS)
(folder / "python_excel_tab.txt").write_bytes(written.getvalue().encode())
