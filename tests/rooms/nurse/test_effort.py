"""What the forms cost a site: calls, reminders and keyed forms, beside what came back."""

import re
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.core.contact import Channel, Outcome
from pro_app.core.effort import VisitEffort, with_pooled
from pro_app.core.facts import Mode
from pro_app.core.rates import POOLED
from pro_app.core.sites import EVERYWHERE, Sites, only
from pro_app.deployment import deployment
from pro_app.nurse import calls
from pro_app.security import secrets
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.statuses.counts import By
from pro_app.store.statuses.effort import effort_by_visit, read_attempts
from pro_app.store.tables import form
from tests import factories
from tests.cast import Cast

ENGLISH = {"Accept-Language": "en"}
NUMBER, OTHER = "LISHUI-001", "JIAXING-001"


@pytest.fixture
def world(app: Flask) -> Flask:
    """Two patients: one form of their own, one keyed in; three calls, one about no visit."""
    with app.app_context():
        for number, site, arm in ((NUMBER, "LISHUI", "RADICAL"), (OTHER, "JIAXING", "PALLIATIVE")):
            patient_id = factories.add_patient(
                number, site, randomised_on=date(2025, 9, 4), arm=arm
            )
            made = NewForm(
                submission_id=secrets.new_submission_id(),
                patient_id=patient_id,
                visit="V0",
                standing=True,
                answered_on=date(2025, 9, 4),
                mode=Mode.PAPER,
                language="zh",
                answers=factories.all_answered(),
                entered_by="staff:chenjing" if number == OTHER else None,
            )
            with transaction(factories.ACTOR, deployment().now()) as tx:
                keep_forms(tx, [made], deployment().instrument)
                tx.record("form.received", number)
        for number, visit, channel, outcome in (
            (NUMBER, "V2", Channel.PHONE, Outcome.NO_ANSWER),
            (NUMBER, "V2", Channel.WECHAT, Outcome.REMINDED),
            (NUMBER, "V2", Channel.SMS, Outcome.REMINDED),
            (NUMBER, None, Channel.PHONE, Outcome.REACHED),
            (OTHER, "V0", Channel.PHONE, Outcome.REACHED),
        ):
            calls.write_down(
                number,
                visit=visit,
                channel=channel,
                outcome=outcome,
                call_back_at=None,
                at=factories.at_desk(factories.ACTOR, EVERYWHERE),
            )
    return app


def counted(
    app: Flask, *, by: By | None = None, sites: Sites = EVERYWHERE, days: int = 0
) -> dict[str | None, dict[str | None, tuple[int, int, int, int]]]:
    """Group → visit → (calls, reminders, keyed, forms) where there is anything."""
    with app.app_context(), reading() as connection:
        parts = deployment()
        as_of = parts.today() - timedelta(days)
        found = effort_by_visit(connection, parts.study, sites=sites, as_of=as_of, by=by)
    return {
        group: {
            row.visit: (row.calls, row.reminders, row.keyed, row.forms)
            for row in rows
            if row.deeds or row.forms
        }
        for group, rows in found.items()
    }


def test_calls_reminders_and_keyed_forms_stand_beside_the_forms_that_came(world: Flask) -> None:
    everybody = {"V0": (1, 0, 1, 2), "V2": (1, 2, 0, 0), None: (1, 0, 0, 0), POOLED: (3, 2, 1, 2)}
    assert counted(world) == {None: everybody}
    yesterday = {"V0": (0, 0, 1, 2), POOLED: (0, 0, 1, 2)}
    assert counted(world, days=1) == {None: yesterday}


def test_sites_and_arms_are_told_apart(world: Flask) -> None:
    lishui = {"V0": (0, 0, 0, 1), "V2": (1, 2, 0, 0), None: (1, 0, 0, 0), POOLED: (2, 2, 0, 1)}
    jiaxing = {"V0": (1, 0, 1, 1), POOLED: (1, 0, 1, 1)}
    assert counted(world, by="site") == {"LISHUI": lishui, "JIAXING": jiaxing}
    assert counted(world, by="site", sites=only("LISHUI")) == {"LISHUI": lishui}
    assert counted(world, by="arm") == {"RADICAL": lishui, "PALLIATIVE": jiaxing}


def test_what_was_declared_wrong_counts_for_nothing(world: Flask) -> None:
    with world.app_context():
        lina, other = map(factories.patient_id_of, (NUMBER, OTHER))
        with reading() as connection:
            mine = select(form.c.id).where(form.c.patient_id == lina)
            first = connection.execute(mine).scalar_one()
        factories.declare_void("form", lina, form_id=first)
        left = {"V2": (1, 2, 0, 0), None: (1, 0, 0, 0), POOLED: (2, 2, 0, 0)}
        assert counted(world, by="site")["LISHUI"] == left
        factories.add_form(lina, "V0", date(2025, 9, 4), standing=False)
        factories.declare_void("patient", other)
    after = {"V0": (0, 0, 0, 1), "V2": (1, 2, 0, 0), None: (1, 0, 0, 0), POOLED: (2, 2, 0, 1)}
    assert counted(world, by="site") == {"LISHUI": after}


def test_a_ratio_stands_beside_what_it_is_made_of(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    plain = nurse.get("/staff/compliance", headers=ENGLISH).text
    assert "effort=1" in plain
    page = nurse.get("/staff/compliance?effort=1", headers=ENGLISH).text
    assert re.search(r"<strong>4\.00</strong> <span class=\"soft\">4/1</span>", page)
    assert "about no visit" in page


def test_reminders_by_arm_are_for_the_statistician_alone(world: Flask, cast: Cast) -> None:
    address = "/staff/compliance?effort=1&by=arm"
    assert cast.data_manager().get(address).status_code == 400
    page = cast.statistician().get(address, headers=ENGLISH).text
    assert page.count('class="rates effort"') == 2


def test_what_no_form_came_of_has_no_ratio() -> None:
    rows = with_pooled([VisitEffort("V0", 2, 1, 0, 0), VisitEffort(None, 1, 0, 0, 0)])
    assert [row.per_form for row in rows] == [None, None, None]
    assert rows[-1] == VisitEffort(POOLED, 3, 1, 0, 0)


def test_an_export_knows_what_was_tried_by_its_day_and_recorded_by_its_instant(
    world: Flask,
) -> None:
    with world.app_context(), reading() as connection:
        parts = deployment()
        now, today = parts.now(), parts.today()

        def read(as_of: date, known_at: datetime) -> int:
            return len(read_attempts(connection, parts.study, as_of=as_of, known_at=known_at))

        assert read(today, now) == 5
        assert read(today - timedelta(1), now) == 0
        assert read(today, now - timedelta(minutes=1)) == 0
