"""Patients of an independent reference: every status and every count agrees."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pro_app.core.facts import EventFact, EventKind, FormFact, PatientFacts, ReasonFact
from pro_app.core.ledger import UNANSWERED, Entry, ledger
from pro_app.core.rates import VisitRates, pooled, rates
from pro_app.core.schedule import plan
from pro_app.studies import load

STUDY = load("nct04158843")
_FOLDER = Path(__file__).parents[1] / "oracle"
SIX: dict[str, Any] = json.loads((_FOLDER / "compliance_dev.json").read_text("utf-8"))
MANY: dict[str, Any] = json.loads((_FOLDER / "compliance_dev_2.json").read_text("utf-8"))
PIDS = [patient["pid"] for patient in SIX["patients"]]
LETTERS = {"N": "n", "M": "m", "A": "a", "E": "e", "R": "r", "V": "v", "X": "x", "D": "d"}


def facts_of(patient: dict[str, Any]) -> PatientFacts:
    """The reference gives reasons no day: they are taken as given on the day of the close."""
    randomised_on = date.fromisoformat(patient["randomised_on"])
    closes = {visit.visit: visit.closes_on for visit in plan(STUDY.visits, randomised_on)}
    return PatientFacts(
        patient_id=patient["pid"],
        site="LISHUI",
        screened_on=randomised_on,
        pro_consent_on=date.min,
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
            ReasonFact(visit, code, closes[visit])
            for visit, code in patient.get("reasons", {}).items()
        ),
    )


def entries_of(patient: dict[str, Any], as_of: date) -> tuple[Entry, ...]:
    return ledger(facts_of(patient), STUDY, valid_from=30, as_of=as_of)


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


def counts_as(row: VisitRates, like: dict[str, Any]) -> dict[str, Any]:
    """The row under the keys that the reference uses."""
    numbers = {key: getattr(row.counts, LETTERS.get(key, "")) for key in like if key in LETTERS}
    told = {"visit": row.visit, "month": row.month, "open_received": row.counts.open_received}
    return {key: (numbers | told)[key] for key in like if key != "pid"}


@pytest.mark.parametrize("patient", SIX["patients"], ids=PIDS)
def test_every_entry_agrees_with_the_reference(patient: dict[str, Any]) -> None:
    entries = entries_of(patient, date.fromisoformat(SIX["cutoff"]))

    assert [as_reference(entry) for entry in entries] == SIX["statuses"][patient["pid"]]


def test_the_counts_of_every_visit_agree_with_the_reference() -> None:
    as_of = date.fromisoformat(SIX["cutoff"])
    entries = [entry for each in SIX["patients"] for entry in entries_of(each, as_of)]

    rows = rates(entries, STUDY, randomised=len(PIDS))

    assert [counts_as(*pair) for pair in zip(rows, SIX["rates"], strict=True)] == SIX["rates"]


@pytest.mark.parametrize("patient", SIX["patients"], ids=PIDS)
def test_the_counts_of_every_patient_agree_with_the_reference(patient: dict[str, Any]) -> None:
    expected = next(row for row in SIX["per_patient"] if row["pid"] == patient["pid"])
    entries = entries_of(patient, date.fromisoformat(SIX["cutoff"]))

    row = pooled(rates(entries, STUDY, randomised=1))

    assert {"pid": patient["pid"]} | counts_as(row, expected) == expected


@pytest.mark.parametrize("cutoff", MANY["cutoffs"])
def test_random_patients_agree_at_every_cutoff(cutoff: str) -> None:
    as_of, expected = date.fromisoformat(cutoff), MANY["cutoffs"][cutoff]
    randomised = [p for p in MANY["patients"] if p["randomised_on"] <= cutoff]
    entries = {patient["pid"]: entries_of(patient, as_of) for patient in randomised}

    told = {
        pid: [[str(e.status), e.pattern, [str(flag) for flag in e.flags]] for e in found]
        for pid, found in entries.items()
    }
    assert told == expected["statuses"]
    rows = rates(
        [e for found in entries.values() for e in found], STUDY, randomised=len(randomised)
    )
    assert [counts_as(*pair) for pair in zip(rows, expected["rates"], strict=True)] == expected[
        "rates"
    ]
