"""What a patient does at the phone, and what the tests look up of it afterwards."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from pro_app.acts.filled import Filled
from pro_app.acts.forms import Outcome, Taken
from pro_app.acts.occasion import Occasion
from pro_app.core.ledger import Entry, ledger
from pro_app.deployment import deployment
from pro_app.patient import questionnaire
from pro_app.patient.drafting import NothingThere
from pro_app.patient.service import receive_form
from pro_app.security import secrets
from pro_app.store.engine.transaction import Actor, reading
from pro_app.store.forms.receiving import facts_of
from pro_app.store.tables import audit_event, draft, form, form_score

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


def section(number: int) -> tuple[str, ...]:
    return deployment().instrument.sections[number - 1].items


def section_of(app: Flask, number: int) -> tuple[str, ...]:
    """The same from outside of the application's context."""
    with app.app_context():
        return section(number)


def pages(app: Flask) -> list[tuple[str, ...]]:
    """The items of each page, as the study lays its forms out."""
    with app.app_context():
        parts = deployment()
        sheets = questionnaire.pages(parts.instrument, parts.study.form_layout)
    return [sheet.codes for sheet in sheets]


def page_of(app: Flask, code: str) -> int:
    """The number of the page that an item stands on."""
    return next(number for number, codes in enumerate(pages(app), 1) if code in codes)


def begin(client: FlaskClient, visit: str) -> None:
    client.post(f"/my/form/{visit}")


def answer(client: FlaskClient, visit: str, codes: Iterable[str], value: int = 2) -> None:
    """Send in the pages of these items, each with its answers."""
    wanted = set(codes)
    for page, there in enumerate(pages(client.application), 1):
        if wanted & set(there):
            sheet = fields(wanted & set(there), value)
            assert client.post(f"/my/form/{visit}/{page}", data=sheet).status_code == 302


def fill_in(client: FlaskClient, visit: str, *, last: int | None = None) -> None:
    """Begin a form and answer its pages up to the last one asked for."""
    begin(client, visit)
    for page, codes in enumerate(pages(client.application)[:last], 1):
        sent = client.post(f"/my/form/{visit}/{page}", data=fields(codes))
        assert sent.status_code == 302


def number_of(client: FlaskClient, visit: str) -> str:
    """The submission id that the last question of a form carries."""
    text = client.get(f"/my/form/{visit}/send").text
    [submission_id] = re.findall(r'name="submission_id" value="([^"]+)"', text)
    return submission_id


def submit(client: FlaskClient, visit: str, assistance: str = "ALONE") -> TestResponse:
    """Answer the last question, which sends the form."""
    said = {"submission_id": number_of(client, visit), "assistance": assistance}
    return client.post(f"/my/form/{visit}/send", data=said)


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
