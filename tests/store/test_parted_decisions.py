"""Decisions that were made when there was one kind of them get the question they answered."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import bindparam, select, text

from pro_app import create_app
from pro_app.store.engine.database import db
from pro_app.store.tables import form_decision
from tests.conftest import settings_for
from tests.house.source import ROOT

_numbers = itertools.count(1)
_AT = "2026-03-01 00:00:00+00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        address = request.getfixturevalue("postgres_address")
        name = f"parted_{next(_numbers)}"
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = f"{address.replace('postgresql:', 'postgresql+psycopg:')}/{name}"
    app = create_app(settings_for(url, tmp_path))
    with app.app_context():
        yield app
        db.engine.dispose()


def _insert(table: str, **values: Any) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    statement = text(f"INSERT INTO {table} ({names}) VALUES ({places})").bindparams(
        *(bindparam(name) for name in values)
    )
    with db.engine.begin() as connection:
        connection.execute(statement, values)


def _form(number: int, patient_id: int, *, standing: bool) -> None:
    _insert(
        "form",
        id=number,
        submission_id=f"s-{number}",
        patient_id=patient_id,
        visit="V1",
        standing=standing,
        answered_on="2026-02-20",
        mode="paper",
        language="zh",
        proxy=False,
        instrument="x",
        instrument_sha256="x",
        answers="{}",
        item_languages="{}",
        items_answered=0,
        received_at=_AT,
        received_from="x",
    )


def _decision(form_id: int, at: str, *, counts: bool, until: str | None = None) -> None:
    about = {"why": "x", "recorded_by": "x", "recorded_at": at, "superseded_at": until}
    _insert("form_decision", form_id=form_id, counts=counts, **about)


def test_each_decision_gets_the_question_that_it_answered(empty: Flask) -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    parted = scripts.get_revision("0011")
    assert parted is not None
    upgrade(revision=str(parted.down_revision))
    for patient_id in (1, 2):
        # The sites of today stand beside, where the schema has them by then.
        sites = {"site": "LISHUI", "first_site": "LISHUI"}
        _insert("patient", id=patient_id, number=f"P-{patient_id}", created_at=_AT, **sites)
    fact = {"recorded_by": "x", "recorded_at": "2026-03-01 01:00:00+00:00"}
    withdrawn = {"kind": "withdrawal_questionnaires", "happened_on": "2026-02-10"}
    _insert("event", patient_id=1, **withdrawn, **fact)
    # Of patient 1 the first form was let in; then the second one was chosen in its place.
    _form(1, 1, standing=True)
    _form(2, 1, standing=False)
    let_in, chosen = "2026-03-02 00:00:00+00:00", "2026-03-03 00:00:00+00:00"
    _decision(1, let_in, counts=True, until=chosen)
    _decision(1, chosen, counts=False)
    _decision(2, chosen, counts=True)
    # Of patient 2 the second one was set aside.
    _form(3, 2, standing=True)
    _form(4, 2, standing=False)
    _decision(4, chosen, counts=False)

    upgrade()
    with db.engine.connect() as connection:
        query = select(form_decision.c.form_id, form_decision.c.counts, form_decision.c.question)
        found = [tuple(row) for row in connection.execute(query.order_by(form_decision.c.id))]
    assert found == [
        (1, True, "quarantine"),
        (1, False, "conflict"),
        (2, True, "conflict"),
        (4, False, "conflict"),
    ]
