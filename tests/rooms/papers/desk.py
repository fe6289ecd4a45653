"""What the tests of the room's pages need: forms typed in, and what is kept of them."""

from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.core.oddities import Oddity
from pro_app.core.sites import EVERYWHERE
from pro_app.deployment import deployment
from pro_app.security.secrets import new_submission_id
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.form_detail import HeldForm, find_form
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.tables import audit_event, form

NUMBER = "LISHUI-001"
#: V1 of a patient randomised on 1 December 2025 is open from 15 February to 15 March 2026.
RANDOMISED = date(2025, 12, 1)
IN_WINDOW = "2026-03-01"


def typed(app: Flask, **changes: str) -> dict[str, str]:
    """A paper form as it is typed in: 2 in every line unless told otherwise."""
    with app.app_context():
        items = dict.fromkeys(deployment().instrument.item_codes, "2")
    about = {
        "submission_id": new_submission_id(),
        "mode": "paper",
        "assistance": "ALONE",
        "language": "zh",
        "answered_on": IN_WINDOW,
        "why_not_self": "",
        "printed": "1",
    }
    return items | about | changes


def key_in(
    client: FlaskClient, app: Flask, visit: str = "V1", *, sure: bool = True, **changes: str
) -> Any:
    """The answer to a form that is typed in; `sure`: whatever is odd about it was looked at."""
    path = f"/staff/patients/{NUMBER}/visits/{visit}/key-in"
    fields: dict[str, Any] = dict(typed(app, **changes))
    return client.post(path, data=fields | ({"all_the_same": list(Oddity)} if sure else {}))


def held(app: Flask, form_id: int = 1) -> HeldForm:
    with app.app_context(), reading() as connection:
        found = find_form(connection, form_id, sites=EVERYWHERE)
    assert found is not None
    return found


def forms(app: Flask) -> list[Any]:
    with app.app_context(), reading() as connection:
        return list(connection.execute(select(form).order_by(form.c.id)))


def facts(app: Flask) -> list[tuple[str, str, int]]:
    with app.app_context(), reading() as connection:
        [known] = read_facts(connection, Scope(EVERYWHERE))
    return [(f.visit, f.answered_on.isoformat(), f.items_answered) for f in known.facts.forms]


def trail(app: Flask, action: str) -> list[Any]:
    with app.app_context(), reading() as connection:
        query = select(audit_event).where(audit_event.c.action == action).order_by(audit_event.c.id)
        return list(connection.execute(query))
