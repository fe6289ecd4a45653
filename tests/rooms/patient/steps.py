"""What a patient does at her phone, and what the tests look up of it afterwards."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from pro_app.core.ledger import Entry, ledger
from pro_app.deployment import deployment
from pro_app.patient.drafting import NothingThere
from pro_app.patient.occasion import Occasion
from pro_app.patient.service import Filled, Outcome, Taken, receive_form
from pro_app.security import secrets
from pro_app.store.receiving import facts_of
from pro_app.store.tables import audit_event, draft, form, form_score
from pro_app.store.transaction import Actor, reading

NUMBER = "LISHUI-001"
ACTOR = Actor(f"patient:{NUMBER}", "patient", "LISHUI")


def occasion(**changes: Any) -> Occasion:
    parts = deployment()
    now = parts.clock()
    values = {
        "study": parts.study,
        "instrument": parts.instrument,
        "production": False,
        "now": now,
        "today": parts.day_of(now),
        "day_of": parts.day_of,
    }
    return Occasion(**(values | changes))


def fields(codes: Iterable[str], value: int = 2) -> dict[str, str]:
    """A page's fields with every one of these items answered."""
    return {f"item:{code}": str(value) for code in codes}


def section(page: int) -> tuple[str, ...]:
    return deployment().instrument.sections[page - 1].items


def section_of(app: Flask, page: int) -> tuple[str, ...]:
    """The same from outside of the application's context."""
    with app.app_context():
        return section(page)


def fill_in(client: FlaskClient, visit: str, *, last: int = 5) -> None:
    """Begin a form and answer its pages up to the last one asked for."""
    client.post(f"/my/form/{visit}")
    with client.application.app_context():
        sheets = [fields(section(page)) for page in range(1, last + 1)]
    for page, sheet in enumerate(sheets, 1):
        assert client.post(f"/my/form/{visit}/{page}", data=sheet).status_code == 302


def submit(client: FlaskClient, visit: str) -> TestResponse:
    """Send the form from its review page."""
    text = client.get(f"/my/form/{visit}/review").text
    [submission_id] = re.findall(r'name="submission_id" value="([^"]+)"', text)
    return client.post(f"/my/form/{visit}/review", data={"submission_id": submission_id})


def message(visit: str = "V1", **changes: Any) -> dict[str, Any]:
    """A whole form as a phone sends it."""
    answers = dict.fromkeys(deployment().instrument.item_codes, 2)
    return {"visit": visit, "answers": answers, "language": "zh"} | changes


def filled(visit: str = "V1", **changes: Any) -> Filled:
    """The same as it comes to the service."""
    values = message(visit) | {"submission_id": secrets.new_submission_id()} | changes
    return Filled(**values)


def taken(outcome: Outcome | NothingThere) -> Taken:
    assert isinstance(outcome, Taken), outcome
    return outcome


def receive(patient_id: int, form: Filled, **changes: Any) -> Outcome:
    return receive_form(ACTOR, patient_id, form, at=occasion(**changes))


def put(client: FlaskClient, body: Mapping[str, Any], submission_id: str = "") -> TestResponse:
    submission_id = submission_id or secrets.new_submission_id()
    return client.put(f"/api/forms/{submission_id}", json=body)


def forms() -> list[Any]:
    with reading() as connection:
        return list(connection.execute(select(form).order_by(form.c.id)))


def scores() -> list[Any]:
    with reading() as connection:
        return list(connection.execute(select(form_score)))


def drafts() -> list[Any]:
    with reading() as connection:
        return list(connection.execute(select(draft)))


def trail(prefix: str = "") -> list[Any]:
    """The trail's events whose action begins so."""
    with reading() as connection:
        rows = connection.execute(select(audit_event).order_by(audit_event.c.id))
        return [row for row in rows if row.action.startswith(prefix)]


def entry(patient_id: int, visit: str, as_of: date) -> Entry:
    """What the ledger says of a visit."""
    parts = deployment()
    with reading() as connection:
        facts = facts_of(connection, patient_id)
    entries = ledger(facts, parts.study, valid_from=parts.instrument.valid_from, as_of=as_of)
    return next(each for each in entries if each.visit == visit)
