"""What was recorded can be declared wrong: it stays, and counts nowhere."""

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.followup.service import synchronise_flags
from pro_app.security.secrets import is_submission_id
from pro_app.store.engine.transaction import WORKER, reading
from pro_app.store.tables import (
    allocation,
    audit_event,
    form,
    missing_flag,
    patient,
    planned_visit,
    void,
)
from tests.cast import Cast
from tests.factories import at_server
from tests.rooms.intake.desk import Desk, event
from tests.rooms.intake.desk import form as form_row
from tests.rooms.intake.desk import patient as patient_row

TODAY = "2026-03-05"
WHY = ("--why", "wrong patient")


@pytest.fixture(autouse=True)
def _record(desk: Desk) -> None:
    """Two patients of 2025: V0 and V1 of the first are in, and two events."""
    days = {"screened_on": "2025-01-02", "pro_consent_on": "2025-01-02"}
    days["randomised_on"] = "2025-01-10"
    desk.take("patients", patient_row(**days), patient_row("JIAXING-001", **days))
    desk.take("forms", form_row("V0", "2025-01-10"), form_row("V1", "2025-04-10"))
    desk.take("events", event("progression", "2025-06-01"), event("death", "2025-08-01"))


def rows(app: Flask, query: object) -> list[tuple[object, ...]]:
    with app.app_context(), reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_a_voided_form_counts_nowhere_and_its_visit_is_open_for_another(
    desk: Desk, app: Flask
) -> None:
    before = desk.compliance("2025-07-31")[1]
    assert desk.statuses("2025-07-31")["V1"] == "VALID"
    assert desk.do("void", "form", "LISHUI-001", "V1", *WHY) == "LISHUI-001 form\n"
    after = desk.compliance("2025-07-31")[1]
    assert desk.statuses("2025-07-31")["V1"] == "MISSING"
    assert (after["E"], after["V"]) == (before["E"], before["V"] - 1)
    assert "declared wrong before" in desk.refused("void", "form", "LISHUI-001", "V1", *WHY)

    told = desk.take("forms", form_row("V1", "2025-04-11", answer="3"))
    assert told == "forms: 1 added, 0 kept as conflicts, 0 unchanged\n"
    assert desk.ledger("2025-07-31")["V1"]["answered_on"] == "2025-04-11"
    standing = rows(app, select(form.c.standing).where(form.c.visit == "V1").order_by(form.c.id))
    assert standing == [(True,), (False,)]  # the first row keeps its place, and counts nowhere


def test_a_second_form_takes_the_place_of_the_voided_first_one(desk: Desk, app: Flask) -> None:
    desk.take("forms", form_row("V1", "2025-04-12", answer="1"))
    assert desk.ledger("2025-07-31")["V1"]["answered_on"] == "2025-04-10"
    told = desk.refused("void", "form", "LISHUI-001", "V1", *WHY)
    assert "name one by its submission id" in told
    [(first,)] = rows(
        app, select(form.c.submission_id).where(form.c.visit == "V1", form.c.standing)
    )
    desk.do("void", "form", str(first), *WHY)
    assert desk.ledger("2025-07-31")["V1"]["answered_on"] == "2025-04-12"


def test_a_form_that_belongs_elsewhere_is_kept_there_and_names_its_origin(
    desk: Desk, app: Flask
) -> None:
    told = desk.do("void", "form", "LISHUI-001", "V1", *WHY, "--belongs-to", "JIAXING-001", "V1")
    [(origin, kept, visit)] = rows(
        app, select(void.c.form_id, void.c.kept_as, void.c.belongs_visit)
    )
    assert (visit, kept is not None, kept != origin) == ("V1", True, True)
    new = dict(rows(app, select(form.c.id, form.c.submission_id)))[kept]
    assert told == f"LISHUI-001 form kept as {new}\n"
    assert is_submission_id(str(new))
    assert desk.statuses("2025-07-31")["V1"] == "MISSING"
    assert desk.statuses("2025-07-31", number="JIAXING-001")["V1"] == "VALID"
    actions = [a for (a,) in rows(app, select(audit_event.c.action).order_by(audit_event.c.id))]
    assert actions[-2:] == ["form.received", "form.voided"]


def test_the_flag_of_a_visit_whose_form_was_voided_opens_again(desk: Desk, app: Flask) -> None:
    with app.app_context():
        synchronise_flags(at=at_server(WORKER))
    desk.take("forms", form_row("V2", "2025-07-10"))
    open_flags = select(missing_flag.c.visit).where(missing_flag.c.closed_at.is_(None))
    assert sorted(rows(app, open_flags)) == [
        ("V0",),
        ("V1",),
        ("V2",),
        ("V3",),
        ("V4",),
    ]  # all of the other patient
    desk.do("void", "form", "LISHUI-001", "V2", *WHY)
    flagged = (
        select(patient.c.number)
        .join(missing_flag)
        .where(missing_flag.c.visit == "V2", missing_flag.c.closed_at.is_(None))
    )
    assert ("LISHUI-001",) in rows(app, flagged)


def test_a_voided_event_counts_nowhere_and_can_be_recorded_again(desk: Desk) -> None:
    assert desk.statuses(TODAY)["V3"] == "NE_DEATH"
    desk.do("void", "event", "LISHUI-001", "death", "2025-08-01", *WHY)
    assert desk.statuses(TODAY)["V3"] == "MISSING"
    again = ("void", "event", "LISHUI-001", "death", "2025-08-01", *WHY)
    assert "declared wrong before" in desk.refused(*again)
    assert "nothing of this kind" in desk.refused(
        "void", "event", "LISHUI-001", "surgery", "2025-08-01", *WHY
    )
    desk.take("events", event("death", "2025-08-01"))
    assert desk.statuses(TODAY)["V3"] == "NE_DEATH"


def test_a_voided_transfer_gives_the_record_back(desk: Desk, app: Flask) -> None:
    transfer = dict(event("transfer", "2025-07-01")) | {"to_site": "JIAXING"}
    desk.take("events", transfer)
    site = select(patient.c.site).where(patient.c.number == "LISHUI-001")
    planned = (
        select(planned_visit.c.visit, planned_visit.c.target_site)
        .join(patient)
        .where(patient.c.number == "LISHUI-001")
    )
    assert rows(app, site) == [("JIAXING",)]
    there = dict(rows(app, planned))
    assert (there["V1"], there["V2"]) == ("LISHUI", "JIAXING")  # by the target day
    desk.do("void", "event", "LISHUI-001", "transfer", "2025-07-01", *WHY)
    assert rows(app, site) == [("LISHUI",)]
    assert set(dict(rows(app, planned)).values()) == {"LISHUI"}


def test_a_voided_randomisation_can_be_filled_again(desk: Desk) -> None:
    desk.do("void", "randomisation", "LISHUI-001", *WHY)
    assert set(desk.statuses(TODAY)) == {"V0"}
    assert "declared wrong before" in desk.refused("void", "randomisation", "LISHUI-001", *WHY)
    days = {"screened_on": "2025-01-02", "pro_consent_on": "2025-01-02"}
    desk.take("patients", patient_row(randomised_on="2025-01-11", **days))
    assert desk.ledger(TODAY)["V1"]["target_on"] == "2025-04-11"


def test_a_voided_arm_is_told_to_nobody(desk: Desk, app: Flask) -> None:
    assert "RADICAL" not in desk.do("void", "arm", "LISHUI-001", *WHY)
    assert rows(app, select(allocation.c.id).where(allocation.c.superseded_at.is_(None)))
    changes = select(audit_event.c.changes).where(audit_event.c.action == "arm.voided")
    assert rows(app, changes) == [({"arm": ["recorded", None]},)]
    assert "declared wrong before" in desk.refused("void", "arm", "LISHUI-001", *WHY)


def test_a_number_entered_twice_is_out_of_everything(desk: Desk, app: Flask, cast: Cast) -> None:
    theirs = cast.patient("LISHUI-001")
    assert theirs.get("/my/home").status_code == 200
    desk.do("void", "patient", "LISHUI-001", *WHY)
    assert desk.statuses(TODAY) == {}
    assert desk.compliance(TODAY)[0]["N"] == 1
    assert theirs.get("/my/home").status_code != 200
    assert "declared wrong before" in desk.refused("void", "patient", "LISHUI-001", *WHY)
    told = desk.take_nothing("patients", patient_row())
    assert "a number that is not in use" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("form", "LISHUI-001", "V5", *WHY), "nothing of this kind"),
        (("form", "nothing-of-it", *WHY), "there is no form nothing-of-it"),
        (("patient", "LISHUI-999", *WHY), "there is no patient LISHUI-999"),
        (("patient", "LISHUI-001", "--why", "  "), "--why: expected a few words"),
        (("patient", "LISHUI-001", "--why", "x" * 501), "--why: this is too long"),
        (
            ("form", "LISHUI-001", "V1", *WHY, "--belongs-to", "LISHUI-999", "V1"),
            "--belongs-to: there is no patient LISHUI-999",
        ),
        (
            ("form", "LISHUI-001", "V1", *WHY, "--belongs-to", "JIAXING-001", "V77"),
            "--belongs-to: there is no visit V77",
        ),
        (
            ("form", "LISHUI-001", "V1", *WHY, "--belongs-to", "LISHUI-001", "V1"),
            "this is where the form stands",
        ),
    ],
)
def test_what_can_not_be_declared_wrong_is_said(
    desk: Desk, app: Flask, words: tuple[str, ...], told: str
) -> None:
    assert told in desk.refused("void", *words)
    assert rows(app, select(void.c.id)) == []
