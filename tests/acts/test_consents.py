"""Versions of the consent, and what becomes of data after it was withdrawn."""

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.acts import consents
from pro_app.acts.consents import Saved
from pro_app.core.refused import Refused, Why
from pro_app.core.sites import EVERYWHERE, Sites, only
from pro_app.store.engine.transaction import reading
from pro_app.store.patients.consents import withheld
from pro_app.store.tables import audit_event, consent, patient_version, signature
from tests import factories
from tests.cast import Cast
from tests.rooms.intake.desk import Desk, Row, event
from tests.rooms.intake.desk import form as form_row
from tests.rooms.intake.desk import patient as patient_row

TODAY = "2026-03-05"


@pytest.fixture(autouse=True)
def _record(desk: Desk) -> None:
    days = {"screened_on": "2025-01-02", "pro_consent_on": "2025-01-03"}
    known = days | {"randomised_on": "2025-01-10", "consent_version": "1.0"}
    desk.take("patients", patient_row(**known), patient_row("LISHUI-002", **known))
    desk.take("forms", form_row("V0", "2025-01-10"), form_row("V1", "2025-04-10"))


def version(name: str, on: str, number: str = "LISHUI-001") -> Row:
    return {"patient_id": number, "version": name, "on": on}


def firsts(app: Flask) -> list[tuple[str, str | None]]:
    query = select(patient_version.c.pro_consent_on, patient_version.c.consent_version).where(
        patient_version.c.superseded_at.is_(None)
    )
    with app.app_context(), reading() as connection:
        rows = connection.execute(query.order_by(patient_version.c.patient_id)).all()
    return [(row[0].isoformat(), row[1]) for row in rows]


def later(app: Flask) -> list[tuple[str, str]]:
    query = select(consent.c.version, consent.c.consented_on).order_by(consent.c.consented_on)
    with app.app_context(), reading() as connection:
        return [(row[0], row[1].isoformat()) for row in connection.execute(query)]


def test_a_later_version_moves_no_first_day_and_no_report(desk: Desk, app: Flask) -> None:
    before = desk.ledger_text("2025-06-30")
    rows = [version("2.0", "2026-01-15"), version("3.0", "2026-02-15")]
    assert desk.take("consents", *rows) == "consents: 2 added, 0 unchanged\n"
    assert desk.take("consents", *rows) == "consents: 0 added, 2 unchanged\n"
    assert firsts(app)[0] == ("2025-01-03", "1.0")
    assert later(app) == [("2.0", "2026-01-15"), ("3.0", "2026-02-15")]
    assert desk.ledger_text("2025-06-30") == before


def test_a_version_signed_before_the_first_takes_its_place(desk: Desk, app: Flask) -> None:
    desk.take("consents", version("0.9", "2025-01-02"))
    assert firsts(app)[0] == ("2025-01-02", "0.9")
    assert later(app) == [("1.0", "2025-01-03")]
    query = select(audit_event.c.changes).where(audit_event.c.action == "consent.added")
    with app.app_context(), reading() as connection:
        changes = connection.execute(query).scalars().all()
    assert changes == [
        {"consent_version": ["1.0", "0.9"], "pro_consent_on": ["2025-01-03", "2025-01-02"]}
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (version("1.0", "2025-02-01"), "on: '2025-02-01' – expected 2025-01-03"),
        (version("", "2025-02-01"), "version: '' – expected a value"),
        (version("2.0", "2026-03-06"), "expected a day not after today"),
        (version("2.0", "2025-02-30"), "on: '2025-02-30' – expected a day"),
        (version("2.0", "2025-02-01", "LISHUI-009"), "expected a patient who has been imported"),
        (version("x" * 41, "2025-02-01"), "expected at most 40 characters"),
    ],
)
def test_what_can_not_be_is_said_and_nothing_is_written(
    desk: Desk, app: Flask, row: Row, told: str
) -> None:
    assert told in desk.take_nothing("consents", version("2.0", "2025-06-01", "LISHUI-002"), row)
    assert later(app) == []


@pytest.mark.parametrize(
    ("sites", "name", "on", "why"),
    [
        (only("JIAXING"), "2.0", "2025-06-01", Why.UNKNOWN_PATIENT),
        (EVERYWHERE, "1.0", "2025-06-01", Why.CONSENT_OTHER_DAY),
        (EVERYWHERE, "2.0", "2026-03-06", Why.DAY_AHEAD),
    ],
)
def test_what_is_refused_when_looked_at_is_refused_when_saved(
    app: Flask, sites: Sites, name: str, on: str, why: Why
) -> None:
    with app.app_context():
        at = factories.at_desk(sites=sites)
        shown = consents.look("LISHUI-001", name, on, at=at)
        saved = consents.add("LISHUI-001", name, on, at=at)
    assert isinstance(shown, Refused)
    assert shown.why is why
    assert saved == shown
    assert later(app) == []


def test_a_patients_file_never_replaces_the_first_consent(desk: Desk) -> None:
    told = desk.take_nothing(
        "patients",
        patient_row(
            screened_on="2025-01-02", randomised_on="2025-01-10", pro_consent_on="2026-01-15"
        ),
    )
    assert "expected 2025-01-03, the day of the first consent on record" in told


def withdraw(desk: Desk) -> None:
    desk.take("events", event("withdrawal_consent", "2026-02-01"))


def test_no_row_leaves_after_a_withdrawal_whatever_day_is_asked(
    desk: Desk, app: Flask, cast: Cast
) -> None:
    counted = desk.compliance("2025-06-30")
    withdraw(desk)
    for options in ((), ("--known-at", "2026-03-04T00:00:00+08:00")):
        assert desk.ledger("2025-06-30", *options) == {}
    assert desk.compliance("2025-06-30") == counted
    nurse = cast.nurse_of_lishui()
    assert "LISHUI-001" not in nurse.get("/staff/ledger").text
    page = nurse.get("/staff/patients/LISHUI-001", headers={"Accept-Language": "en"}).text
    assert "Valid" not in page
    with app.app_context(), reading() as connection:
        assert list(withheld(connection).values()) == ["LISHUI-001"]


def test_a_decision_to_retain_lets_the_rows_leave_again(desk: Desk) -> None:
    before = desk.ledger("2025-06-30")
    withdraw(desk)
    source = ("--source", "letter of the ethics board, 3 March 2026")
    assert desk.do("consent", "decide", "LISHUI-001", "retain", *source) == "LISHUI-001 retain\n"
    assert desk.ledger("2025-06-30") == before
    assert "already decided" in desk.refused("consent", "decide", "LISHUI-001", "retain", *source)


def test_a_decision_bears_a_signature_where_somebody_signs_it(desk: Desk, app: Flask) -> None:
    withdraw(desk)
    desk.do("consent", "decide", "LISHUI-001", "retain", "--source", "a letter")
    signed = select(signature.c.kind, signature.c.subject)
    with app.app_context():
        with reading() as connection:
            assert connection.execute(signed).all() == []
        done = consents.decide(
            "LISHUI-001", "erase", "another letter", at=factories.at_desk(), signed=True
        )
        assert done == Saved("LISHUI-001")
        with reading() as connection:
            assert connection.execute(signed).all() == [("consent_decision", "LISHUI-001")]


def test_what_happened_after_the_withdrawal_is_in_no_ledger(desk: Desk) -> None:
    desk.take("events", event("death", "2026-02-20"))
    withdraw(desk)
    desk.do("consent", "decide", "LISHUI-001", "retain", "--source", "a letter")
    statuses = desk.statuses("2026-03-05")
    # As if nobody knew of the death: all that is told is that forms are no longer asked for.
    assert "NE_WITHDRAWN" in statuses.values()
    assert "NE_DEATH" not in statuses.values()


def test_what_is_erased_never_leaves_again(desk: Desk) -> None:
    withdraw(desk)
    desk.do("consent", "decide", "LISHUI-001", "erase", "--source", "a letter")
    desk.take("events", event("return_consent", "2026-02-20"))
    assert desk.ledger("2025-06-30") == {}
    told = desk.refused("consent", "decide", "LISHUI-001", "retain", "--source", "another letter")
    assert "never exported again" in told


def test_consent_given_anew_lets_the_rows_leave_again(desk: Desk) -> None:
    withdraw(desk)
    desk.take("events", event("return_consent", "2026-02-20"))
    assert desk.ledger("2025-06-30")["V1"]["status"] == "VALID"


def test_there_is_nothing_to_decide_without_a_withdrawal(desk: Desk) -> None:
    source = ("--source", "a letter")
    told = desk.refused("consent", "decide", "LISHUI-001", "retain", *source)
    assert "has not withdrawn consent" in told
    assert "there is no patient" in desk.refused("consent", "decide", "XX-1", "retain", *source)
    withdraw(desk)
    told = desk.refused("consent", "decide", "LISHUI-001", "retain", "--source", " ")
    assert "--source: expected what shows the decision" in told
