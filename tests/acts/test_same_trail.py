"""The trail tells the same of an event by whichever door it came, and its free words never."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from pro_app.acts import events
from pro_app.acts.events import Deed, Given, Saved, Shown
from pro_app.core.sites import EVERYWHERE
from pro_app.store.engine.transaction import reading
from pro_app.store.patients.events import events_of
from pro_app.store.tables import audit_event
from tests import factories
from tests.rooms.intake.desk import Desk, event

ON = "2026-02-01"


def by_page(given: Given) -> None:
    at = factories.at_desk(sites=EVERYWHERE)
    shown = events.look(given, number="LISHUI-001", at=at)
    assert isinstance(shown, Shown)
    as_shown = shown.preview.fingerprint
    saved = events.save(given, as_shown=as_shown, number="LISHUI-001", at=at)
    assert isinstance(saved, Saved)


def told(number: str) -> list[dict[str, Any]]:
    """What the trail says of a patient's events, in its order."""
    query = (
        select(audit_event.c.changes)
        .where(audit_event.c.subject == number, audit_event.c.action.startswith("event."))
        .order_by(audit_event.c.id)
    )
    with reading() as connection:
        return list(connection.execute(query).scalars())


def test_a_transfer_is_told_alike_by_page_and_by_file(in_app: Flask, desk: Desk) -> None:
    for number in ("LISHUI-001", "LISHUI-002"):
        factories.add_patient(number)
    by_page(Given(kind="transfer", on=ON, to_site="JIAXING"))
    desk.take("events", dict(event("transfer", ON, "LISHUI-002")) | {"to_site": "JIAXING"})
    assert told("LISHUI-001") == [
        {"event": [None, "transfer"], "on": [None, ON], "to_site": [None, "JIAXING"]}
    ]
    assert told("LISHUI-002") == told("LISHUI-001")


def test_a_note_that_comes_later_is_told_alike_by_page_and_by_file(
    in_app: Flask, desk: Desk
) -> None:
    patient_id = factories.add_patient("LISHUI-001")
    factories.add_patient("LISHUI-002")
    by_page(Given(kind="surgery", on=ON))
    with reading() as connection:
        [known] = events_of(connection, [patient_id])[patient_id]
    by_page(Given(Deed.CORRECT, known.id, "surgery", ON, "left arm", "it was missing"))
    desk.take("events", event("surgery", ON, "LISHUI-002"))
    desk.take("events", event("surgery", ON, "LISHUI-002", note="left arm"))
    assert told("LISHUI-002") == told("LISHUI-001")
    assert "left arm" not in str(told("LISHUI-001"))
