"""Six patients of an independent reference: every status and every rate agrees."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts, ReasonFact
from pro_app.core.ledger import UNANSWERED, Entry, ledger
from pro_app.core.rates import pooled, rates
from pro_app.core.schedule import plan
from pro_app.studies import load

STUDY = load("nct04158843")
ORACLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "oracle" / "compliance_dev.json").read_text("utf-8")
)
CUTOFF = date.fromisoformat(ORACLE["cutoff"])
PATIENTS: list[dict[str, Any]] = ORACLE["patients"]
PIDS = [patient["pid"] for patient in PATIENTS]


def facts_of(patient: dict[str, Any]) -> PatientFacts:
    """The reference gives reasons no day: they are taken as given on the day of the close."""
    randomised_on = date.fromisoformat(patient["randomised_on"])
    closes = {visit.visit: visit.closes_on for visit in plan(STUDY.visits, randomised_on)}
    return PatientFacts(
        patient_id=patient["pid"],
        site="LISHUI",
        screened_on=randomised_on,
        pro_consent_on=randomised_on,
        randomised_on=randomised_on,
        able=True,
        events=tuple(
            EventFact(EventKind(kind), date.fromisoformat(on))
            for kind, on in patient["events"].items()
        ),
        forms=tuple(
            FormFact(form["visit"], date.fromisoformat(form["answered_on"]), form["items_answered"])
            for form in patient["forms"]
        ),
        reasons=tuple(
            ReasonFact(visit, code, closes[visit]) for visit, code in patient["reasons"].items()
        ),
    )


def entries_of(patient: dict[str, Any]) -> tuple[Entry, ...]:
    return ledger(facts_of(patient), STUDY, valid_from=30, as_of=CUTOFF)


def as_reference(entry: Entry) -> dict[str, Any]:
    """The entry in the reference's keys; it names pattern, reason and flags where asked for."""
    assert entry.target_on is not None
    assert entry.closes_on is not None
    told: dict[str, Any] = {
        "visit": entry.visit,
        "month": entry.month,
        "status": str(entry.status),
        "target_on": entry.target_on.isoformat(),
        "opens_on": entry.opens_on.isoformat(),
        "closes_on": entry.closes_on.isoformat(),
    }
    if entry.status in UNANSWERED:
        told |= {
            "pattern": entry.pattern,
            "reason": entry.reason,
            "flags": [str(flag) for flag in entry.flags],
        }
    return told


@pytest.mark.parametrize("patient", PATIENTS, ids=PIDS)
def test_every_entry_agrees_with_the_reference(patient: dict[str, Any]) -> None:
    told = [as_reference(entry) for entry in entries_of(patient)]

    assert told == ORACLE["statuses"][patient["pid"]]


def test_the_rates_of_every_visit_agree_with_the_reference() -> None:
    rows = rates((entry for patient in PATIENTS for entry in entries_of(patient)), STUDY)

    told = [
        {"visit": r.visit, "month": r.month, "V": r.v, "E": r.e, "A": r.a, "M": r.m, "N": r.n}
        for r in rows
    ]
    assert told == ORACLE["rates"]


@pytest.mark.parametrize("patient", PATIENTS, ids=PIDS)
def test_the_rates_of_every_patient_agree_with_the_reference(patient: dict[str, Any]) -> None:
    expected = next(row for row in ORACLE["per_patient"] if row["pid"] == patient["pid"])

    row = pooled(rates(entries_of(patient), STUDY))

    assert (row.v, row.e, row.a, row.m, row.n) == tuple(
        expected[key] for key in ("V", "E", "A", "M", "scheduled")
    )
    in_percent = [
        round(100 * rate, 1)
        for rate in (row.completion_rate, row.alive_rate, row.available_mature_rate)
        if rate is not None
    ]
    assert in_percent == [expected["CR"], expected["AliveR"], expected["ADR"]]
