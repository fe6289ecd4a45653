"""Call every route there is: what the walks of this folder have in common."""

import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

NUMBER = "LISHUI-001"
VALUES = {
    "number": NUMBER,
    "visit": "V1",
    "page": 1,
    "language": "zh",
    "name": "lina",
    "task": 1,
    "deed": "lock",
    "form_id": 1,
    "correction": 1,
    "attempt": 1,
    "alert": 1,
    "event": 1,
    "pause": 1,
    "query": 1,
    "pack": 1,
    "scan": 1,
    "asked": 1,
    "link": 1,
    "passkey": 1,
    "token": "no-such-link",
    "version": "0",
    "path": "shared/tokens.css",
    "submission_id": str(uuid.UUID(int=1)),
}


def rules_of(app: Flask) -> list[tuple[Rule, str]]:
    found = []
    for rule in app.url_map.iter_rules():
        found += [(rule, method) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def ask(client: FlaskClient, app: Flask, rule: Rule, method: str, json: Any = None) -> int:
    with app.test_request_context():
        path = app.url_map.bind("localhost").build(
            rule.endpoint, {a: VALUES[a] for a in rule.arguments}, method
        )
    data = {} if method == "POST" and json is None else None
    with client.open(path, method=method, data=data, json=json) as answer:
        return answer.status_code
