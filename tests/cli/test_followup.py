"""`flask ledger`, `compliance` and `reason`: six patients of an independent reference."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.core.schedule import plan
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import audit_event, missing_flag
from pro_app.store.tables import form as form_table
from pro_app.studies import load
from tests.rooms.intake.desk import Desk, event, form, patient

STUDY = load("nct04158843")
_FOLDER = Path(__file__).parents[1] / "oracle"
ORACLE: dict[str, Any] = json.loads((_FOLDER / "compliance_dev.json").read_text("utf-8"))
MANY: dict[str, Any] = json.loads((_FOLDER / "compliance_dev_2.json").read_text("utf-8"))
CUTOFF = ORACLE["cutoff"]
LEDGER_KEYS = [
    "patient_id", "site", "visit", "opens_on", "target_on", "closes_on",
    "status", "pattern", "reason", "flags", "truncated_by_death", "answered_on",
    "items_answered",
]  # fmt: skip
LETTERS = [*"NMAERVXD", "open", "open_received"]
NUMBERS = ["visit", "month", "randomised", *LETTERS]
RATES = {
    "completion_rate": "V/E",
    "received_rate": "R/E",
    "alive_rate": "V/A",
    "available_mature_rate": "V/M",
    "available_rate": "V/N",
}
_SITES = ["LISHUI", "JIAXING", "ZJCC", "SAHZU", "LISHUI", "LISHUI"]
#: The patients of the reference → their trial numbers here.
SIX = {pid: f"{site}-{n:03}" for n, (pid, site) in enumerate(zip("ABCDEF", _SITES, strict=True), 1)}
FIFTY_TWO = {p["pid"]: f"LISHUI-{n}" for n, p in enumerate(MANY["patients"], start=101)}
#: Screened and consented before everything.
EARLY = "2019-12-02"


def take(desk: Desk, everybody: list[dict[str, Any]], numbers: dict[str, str]) -> None:
    """Bring in patients of the reference by files; the first one has an arm."""
    patients, events, forms = [], [], []
    for each in everybody:
        number, days = numbers[each["pid"]], {"screened_on": EARLY, "pro_consent_on": EARLY}
        arm = "" if patients else "RADICAL"
        days["randomised_on"] = each["randomised_on"]
        patients.append(patient(number, arm=arm, **days))
        events += [event(kind, day, number) for kind, day in each["events"].items()]
        forms += [
            form(f["visit"], f["answered_on"], number, answered=f["items_answered"])
            for f in each["forms"]
        ]
    desk.take("patients", *patients)
    desk.take("events", *events)
    desk.take("forms", *forms)


@pytest.fixture
def six(desk: Desk) -> Desk:
    """The six patients, brought in by files; reasons are given on the day of the close."""
    take(desk, ORACLE["patients"], SIX)
    for each in ORACLE["patients"]:
        anchor = date.fromisoformat(each["randomised_on"])
        closes = {v.visit: v.closes_on.isoformat() for v in plan(STUDY.visits, anchor)}
        for visit, code in each["reasons"].items():
            number = SIX[each["pid"]]
            desk.do("reason", number, visit, code, "--said-by", "Li Na", "--on", closes[visit])
    return desk


def test_every_entry_and_every_rate_agrees_with_the_reference(six: Desk) -> None:
    rows = json.loads(six.ledger_text(CUTOFF))
    assert [list(row) for row in rows] == [LEDGER_KEYS] * 66
    for number, wanted in ORACLE["statuses"].items():
        found = [row for row in rows if row["patient_id"] == SIX[number]]
        for row, entry in zip(found, wanted, strict=True):
            told = {k: row[k] for k in entry if k != "month"}
            assert told == {k: v for k, v in entry.items() if k != "month"}
            if "pattern" not in entry:
                assert (row["pattern"], row["reason"], row["flags"]) == (None, None, [])

    rates = six.compliance(CUTOFF)
    assert [list(row) for row in rates] == [[*NUMBERS, *RATES]] * 12
    for row, wanted in zip(rates[:-1], ORACLE["rates"], strict=True):
        assert {key: row[key] for key in wanted} == wanted
        for name, (part, _, whole) in RATES.items():
            assert row[name] == (row[part] / row[whole] if row[whole] else None)
    last = rates[-1]
    assert (last["visit"], last["month"]) == ("pooled", None)
    assert [last[k] for k in LETTERS] == [sum(r[k] for r in rates[:-1]) for k in LETTERS]


@pytest.mark.parametrize("cutoff", MANY["cutoffs"])
def test_random_patients_agree_with_the_reference(desk: Desk, cutoff: str) -> None:
    take(desk, MANY["patients"], FIFTY_TWO)
    wanted = MANY["cutoffs"][cutoff]
    told: dict[str, list[list[Any]]] = {pid: [] for pid in wanted["statuses"]}
    pids = {number: pid for pid, number in FIFTY_TWO.items()}
    for row in json.loads(desk.ledger_text(cutoff)):
        if row["target_on"]:  # the screened have no place in the reference
            told[pids[row["patient_id"]]].append([row["status"], row["pattern"], row["flags"]])
    assert told == wanted["statuses"]

    rates = desk.compliance(cutoff)[:-1]
    assert [{key: row[key] for key in of} for row, of in zip(rates, wanted["rates"], strict=True)] \
        == wanted["rates"]  # fmt: skip
    assert {row["randomised"] for row in rates} == {len(wanted["statuses"])}


def test_each_score_is_counted_apart(desk: Desk) -> None:
    desk.take("patients", patient(), patient("LISHUI-002"), patient("LISHUI-003"))
    on = {"answered_on": "2026-01-05"}
    desk.take(
        "forms",
        form("V0", number="LISHUI-001", **on),
        # The first 30 of 37 items: VALID, without a score of the last subscale.
        form("V0", number="LISHUI-002", answered=30, **on),
        form("V0", number="LISHUI-003", answered=14, **on),
    )
    rows = desk.compliance("2026-02-01", "--by", "scale")
    assert list(rows[0]) == [
        "scale", "visit", "month", "N", "E", "R", "scored",
        "scored_of_expected_rate", "scored_of_all_rate",
    ]  # fmt: skip
    assert len(rows) == 8 * 12
    at_baseline = {row["scale"]: row["scored"] for row in rows if row["visit"] == "V0"}
    assert at_baseline == {
        "PWB": 3, "SWB": 3, "EWB": 2, "FWB": 2, "BCS": 1, "TOI": 1, "FACT_G": 2, "FACT_B": 1,
    }  # fmt: skip
    (whole,) = (r for r in rows if r["scale"] == "BCS" and r["visit"] == "pooled")
    assert (whole["N"], whole["E"], whole["R"], whole["scored"]) == (33, 3, 3, 1)
    assert whole["scored_of_expected_rate"] == 1 / 3
    assert whole["scored_of_all_rate"] == 1 / 33
    earlier = ("--known-at", "2020-01-01T00:00+08:00")
    assert {r["scored"] for r in desk.compliance("2026-02-01", "--by", "scale", *earlier)} == {0}
    assert "scored_of_expected_rate scored/E" in desk.do("compliance", "--by", "scale")


def test_the_table_says_of_a_flag_only_that_it_is_there(desk: Desk) -> None:
    desk.take("patients", patient(randomised_on="2025-01-05"))
    desk.take("events", event("death", "2025-06-01"))
    head, *lines = desk.do("ledger", "--as-of", "2026-02-01").splitlines()
    place = head.index("truncated_by_death")
    told = {line.split()[2]: line[place:].split()[0] for line in lines}
    assert (told["V1"], told["V10"]) == ("yes", "–")
    as_json = {v: row["truncated_by_death"] for v, row in desk.ledger("2026-02-01").items()}
    assert (as_json["V1"], as_json["V10"]) == (True, False)


def test_a_visit_with_a_voided_and_a_kept_form_is_counted_once_by_scale(
    desk: Desk, app: Flask
) -> None:
    desk.take("patients", patient(), patient("LISHUI-002"))
    desk.take("forms", form("V0", "2026-01-05"), form("V0", "2026-01-05", "LISHUI-002"))
    desk.take("forms", form("V0", "2026-01-06", answer="3"))

    def counted(*options: str) -> tuple[int, int]:
        rows = desk.compliance("2026-02-01", "--by", "scale", *options)
        (row,) = (r for r in rows if (r["scale"], r["visit"]) == ("FACT_B", "V0"))
        return row["R"], row["scored"]

    assert counted() == (2, 2)
    # The first of its two forms: the second one takes its place.
    of_patient = select(form_table.c.submission_id).where(form_table.c.patient_id == 1)
    with app.app_context(), reading() as connection:
        first, second = connection.execute(of_patient.order_by(form_table.c.id)).scalars()
    desk.do("void", "form", first, "--why", "a slip")
    now = ("--known-at", "2026-03-05T08:00:00+08:00")
    assert counted() == counted(*now) == (2, 2)
    desk.do("void", "form", second, "--why", "a slip")
    assert counted() == counted(*now) == (1, 1)
    # Another one is stored beside the two, and is the only one that counts.
    desk.take("forms", form("V0", "2026-01-07", answer="1"))
    assert counted() == counted(*now) == (2, 2)


def test_rates_by_site_have_a_column_and_a_pooled_row_for_each(six: Desk) -> None:
    rows = six.compliance(CUTOFF, "--by", "site")

    assert list(rows[0]) == ["site", *NUMBERS, *RATES]
    assert [row["site"] for row in rows if row["visit"] == "pooled"] == [
        "LISHUI", "JIAXING", "ZJCC", "SAHZU",
    ]  # fmt: skip
    whole = six.compliance(CUTOFF)[-1]
    for key in LETTERS:
        assert sum(row[key] for row in rows if row["visit"] == "pooled") == whole[key]


def test_looking_at_the_arms_leaves_a_trace(six: Desk, app: Flask) -> None:
    rows = six.compliance(CUTOFF, "--by", "arm")

    pooled = {row["arm"]: row["N"] for row in rows if row["visit"] == "pooled"}
    assert pooled == {"RADICAL": 11, "PALLIATIVE": 0, None: 55}
    with app.app_context(), reading() as connection:
        (record,) = connection.execute(
            select(audit_event).where(audit_event.c.action == "arm.read")
        )
    assert (record.actor, record.reason) == ("cli", f"compliance as of {CUTOFF}")


def test_without_json_both_are_tables_to_read(six: Desk) -> None:
    lines = six.do("ledger", "--as-of", CUTOFF).splitlines()
    assert lines[0].split() == LEDGER_KEYS
    assert len(lines) == 67
    (line,) = (line.split() for line in lines if line.split()[:3:2] == [SIX["A"], "V5"])
    assert line[6:10] == ["MISSING", "MONOTONE", "P_TOO_ILL", "AFTER_PROGRESSION"]
    lines = six.do("compliance", "--as-of", CUTOFF).splitlines()
    assert "completion_rate V/E" in lines[0]
    pooled = six.compliance(CUTOFF)[-1]
    assert f"{pooled['V']}/{pooled['E']} {100 * pooled['completion_rate']:.1f} %" in lines[-1]


def test_a_late_report_is_hidden_before_it_was_known(six: Desk) -> None:
    assert json.loads(six.ledger_text(CUTOFF, "--known-at", "2026-03-04T00:00+08:00")) == []
    assert "time zone" in six.refused("ledger", "--known-at", "2026-03-04T00:00")


def test_the_day_asked_about_is_today_when_none_is_named(six: Desk) -> None:
    assert json.loads(six.do("ledger", "--json")) == json.loads(six.ledger_text("2026-03-05"))
    assert json.loads(six.do("compliance", "--json")) == six.compliance("2026-03-05")


@pytest.mark.parametrize("command", ["ledger", "compliance"])
def test_what_is_no_day_is_refused(desk: Desk, command: str) -> None:
    assert "YYYY-MM-DD" in desk.refused(command, "--as-of", "31.7.2025")


def test_without_patients_there_is_nothing_and_no_division_by_zero(desk: Desk) -> None:
    assert json.loads(desk.ledger_text("2026-03-05")) == []
    assert {row["completion_rate"] for row in desk.compliance("2026-03-05")} == {None}
    assert desk.do("ledger").split() == LEDGER_KEYS


def test_a_reason_stands_in_the_ledger_and_closes_the_flag(desk: Desk, app: Flask) -> None:
    desk.take("patients", patient(screened_on="2025-10-01", randomised_on="2025-10-01"))
    desk.do("flags", "run")
    words = ("reason", "LISHUI-001", "V0", "P_FORGOT", "--said-by", "patient", "--on", "2026-03-01")

    assert desk.do(*words) == "LISHUI-001 V0 P_FORGOT\n"
    assert desk.ledger("2026-03-05")["V0"]["reason"] == "P_FORGOT"
    assert desk.ledger("2026-03-05")["V1"]["reason"] == "REASON_PENDING"
    with app.app_context(), reading() as connection:
        closed = connection.execute(
            select(missing_flag.c.visit).where(missing_flag.c.closed_because == "REASON")
        ).scalars()
        assert list(closed) == ["V0"]
    desk.do(*words)
    assert "nothing was changed" in desk.remarks
    desk.do("reason", "LISHUI-001", "V1", "OTHER", "--said-by", "x", "--on", "2026-03-01",
            "--text", "a flood")  # fmt: skip
    assert desk.ledger("2026-03-05")["V1"]["reason"] == "OTHER"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("LISHUI-999", "V0", "P_FORGOT"), "PATIENT: there is no patient LISHUI-999"),
        (("LISHUI-001", "V11", "P_FORGOT"), "VISIT: V11 is unknown; expected one of V0, V1"),
        (("LISHUI-001", "V0", "FORGOT"), "CODE: FORGOT is unknown; expected one of P_TOO_ILL"),
        (("LISHUI-001", "V0", "OTHER"), "--text: this code needs words of its own"),
        (("LISHUI-001", "V9", "P_FORGOT"), "VISIT: the status of V9 is NOT_YET_DUE"),
        (("LISHUI-001", "V0", "P_FORGOT", "--on", "2026-03-06"), "--on: 2026-03-06 has not come"),
        (
            ("LISHUI-001", "V0", "P_FORGOT", "--on", "2025-12-31"),
            "--on: 2025-12-31 lies before the screening on 2026-01-01",
        ),
        (
            ("LISHUI-001", "V0", "P_FORGOT", "--on", "1899-12-31"),
            "--on: 1899-12-31 is not a day; expected YYYY-MM-DD, from 1900 on",
        ),
        (("LISHUI-001", "V0", "P_FORGOT", "--said-by", " "), "--said-by: expected a name"),
        (("LISHUI-001", "V0", "P_FORGOT", "--text", "x" * 501), "--text: this is too long"),
        (("LISHUI-002", "V0", "P_FORGOT"), "VISIT: V0 is not planned for this patient"),
    ],
)
def test_a_reason_that_can_not_stand_is_refused(
    desk: Desk, words: tuple[str, ...], told: str
) -> None:
    desk.take("patients", patient(), patient("LISHUI-002", pro_consent_on=""))
    given = ("--said-by", "Li Na", "--on", "2026-03-01")

    assert desk.refused("reason", *words[:3], *given, *words[3:]).startswith(told)
