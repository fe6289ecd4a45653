"""The files alone give every number of the rates again, by the formulas of the dictionary."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from flask import Flask
from sqlalchemy import insert

from pro_app.core.facts import EventKind
from pro_app.core.instrument import Answer, AnswerState
from pro_app.core.rates import NUMBERS
from pro_app.core.schedule import plan
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import transaction
from pro_app.store.tables import event
from tests import factories
from tests.conftest import HandClock
from tests.factories import ACTOR
from tests.rooms.export.making import export

AS_OF = date(2027, 1, 10)
RANDOMISED = date(2026, 1, 5)
COUNTED = ["VALID", "PARTIAL", "EMPTY", "OUT_OF_WINDOW"]
#: What happens to the patients, in turn.
EVENTS: list[list[tuple[EventKind, date]]] = [
    [],
    [(EventKind.DEATH, date(2026, 7, 10))],  # in the window of V2, after its target day
    [(EventKind.DEATH, date(2026, 7, 4))],  # in the window, the day before its target
    [(EventKind.WITHDRAWAL_QUESTIONNAIRES, date(2026, 6, 1))],
    [
        (EventKind.WITHDRAWAL_FOLLOW_UP, date(2026, 6, 1)),
        (EventKind.RETURN_QUESTIONNAIRES, date(2026, 9, 1)),
    ],
    [(EventKind.PROGRESSION, date(2026, 5, 1)), (EventKind.LOST_TO_FOLLOW_UP, date(2026, 8, 1))],
    [
        (EventKind.WITHDRAWAL_CONSENT, date(2026, 9, 1)),
        (EventKind.RETURN_CONSENT, date(2027, 1, 1)),
    ],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


@pytest.fixture
def world(in_app: Flask, clock: HandClock) -> None:
    """Patients of every course, with forms that are early, late, partial or blank."""
    clock.set("2027-01-10T12:00+08:00")
    visits = plan(deployment().study.visits, RANDOMISED)
    for place in range(21):
        consent_on = {5: date(2026, 2, 1), 6: date(2026, 8, 1), 7: None}.get(place, RANDOMISED)
        patient_id = factories.add_patient(
            f"LISHUI-{place:03}",
            pro_consent_on=consent_on,
            randomised_on=RANDOMISED if place != 8 else None,
            able=place != 9,
        )
        for kind, on in EVENTS[place % len(EVENTS)]:
            factories.add_event(patient_id, kind, on)
        if place % 5 == 0:
            _move(patient_id, date(2026, 4, 6))
        for number, visit in enumerate(visits[:6]):
            chance = (place * 7 + number * 5) % 9
            on = visit.target_on + timedelta({0: -25, 1: 40, 2: 3}.get(chance, -1))
            answered = {3: 0, 4: 12}.get(chance, 37)
            if chance < 7 and on <= AS_OF:
                factories.add_form(patient_id, visit.visit, on, answers=_some(answered))


def _some(answered: int) -> dict[str, Answer]:
    """The first so many items answered."""
    given = enumerate(factories.all_answered().items())
    return {c: a if n < answered else Answer(AnswerState.SKIPPED) for n, (c, a) in given}


def _move(patient_id: int, on: date) -> None:
    with transaction(ACTOR, deployment().now()) as tx:
        row = {"patient_id": patient_id, "kind": "transfer", "happened_on": on, "to_site": "ZJCC"}
        tx.execute(insert(event), row | {"recorded_at": tx.now, "recorded_by": "test"})
        tx.record("event.added", str(patient_id))


def recomputed(folder: Path) -> pl.DataFrame:
    """The numbers of each site and visit, and of all: what compliance.csv says of each."""
    yes = {"yes": True, "no": False}
    frame = pl.read_csv(folder / "ledger.csv", infer_schema=False)
    flags = (
        *("in_population", "window_closed", "alive_at_target", "asked_for"),
        *("died_in_window", "window_open"),
    )
    frame = frame.with_columns(
        pl.col(name).replace_strict(yes, return_dtype=pl.Boolean) for name in flags
    )
    n, counted = pl.col("in_population"), pl.col("status").is_in(COUNTED)
    m = n & pl.col("window_closed")
    a = m & pl.col("alive_at_target")
    e = a & pl.col("asked_for")
    r = e & counted
    numbers = {
        "N": n, "M": m, "A": a, "E": e, "R": r, "V": r & (pl.col("status") == "VALID"),
        "X": m & counted & ~e, "D": e & pl.col("died_in_window") & ~counted,
        "open": n & pl.col("window_open"), "open_received": n & counted & ~pl.col("window_closed"),
    }  # fmt: skip
    sums = [condition.sum().cast(pl.Int64).alias(name) for name, condition in numbers.items()]
    parts = [frame, frame.with_columns(site=pl.lit("all"))]
    parts += [part.with_columns(visit=pl.lit("pooled")) for part in parts]
    return pl.concat(parts).group_by("site", "visit").agg(sums)


def test_the_ledger_gives_every_number_again(world: None, folder: Path) -> None:
    export(folder, AS_OF)
    again = recomputed(folder)
    said = pl.read_csv(folder / "compliance.csv")
    names = [c for c in again.columns if c not in ("site", "visit")]
    joined = said.join(again, on=["site", "visit"], how="left", suffix="_again").fill_null(0)
    for name in names:
        assert joined[name].to_list() == joined[f"{name}_again"].to_list(), name
    whole = joined.filter(pl.col("site") == "all", pl.col("visit") == "pooled")
    counted = {name: whole[name].item() for name in names}
    assert all(counted.values()), counted  # nothing was counted in vain
    letters = [name.upper() if len(name) == 1 else name for name in NUMBERS]
    assert said.columns[3:-6] == letters
    rates = {
        "completion_rate": ("V", "E"), "received_rate": ("R", "E"), "alive_rate": ("V", "A"),
        "available_mature_rate": ("V", "M"), "available_rate": ("V", "N"),
    }  # fmt: skip
    for name, (part, of) in rates.items():
        for row in said.iter_rows(named=True):
            assert row[name] == (row[part] / row[of] if row[of] else None)
        assert name in said.columns


def test_the_scores_give_the_numbers_of_each_scale_again(world: None, folder: Path) -> None:
    export(folder, AS_OF)
    scores = pl.read_csv(folder / "scores.csv", infer_schema_length=None)
    ledger = pl.read_csv(folder / "ledger.csv", infer_schema_length=None)
    received = ledger.filter(
        pl.all_horizontal(
            pl.col("in_population", "window_closed", "alive_at_target", "asked_for") == "yes"
        ),
        pl.col("status").is_in(COUNTED),
    ).select("patient_id", "visit", "site")
    valued = scores.filter(pl.col("ANL02FL") == "yes", pl.col("value").is_not_null())
    again = (
        valued.join(received, on=["patient_id", "visit"])
        .group_by("site", "visit", "scale")
        .agg(pl.len().alias("again"))
    )
    said = pl.read_csv(folder / "compliance_scales.csv").filter(
        pl.col("site") != "all", pl.col("visit") != "pooled"
    )
    joined = said.join(again, on=["site", "visit", "scale"], how="left").fill_null(0)
    assert joined["scored"].to_list() == joined["again"].to_list()
    assert joined["scored"].sum() > 0
