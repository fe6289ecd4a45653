"""Patients who are signed in, with the form in hand that is due today."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import event, func, insert, select, update

from bench.clients import request
from pro_app.core.schedule import add_months
from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.store.engine.database import db
from pro_app.store.engine.transaction import CLI, Tx, housekeeping, reading, transaction
from pro_app.store.patients.patients import PatientState, add_patients
from pro_app.store.tables import form, patient_link, sign_in


def waiting(app: Flask, count: int, site: str) -> list[bytes]:
    """The requests in which so many new patients hand in the form that is due."""
    parts = deployment()
    visit = parts.study.visits[1]
    randomised_on = add_months(parts.today(), -visit.month)
    asked_on = randomised_on - timedelta(7)
    state = PatientState("zh", asked_on, asked_on, randomised_on, True)
    numbers = [f"{site}-W{n:06d}" for n in range(count)]
    with transaction(CLI, parts.now()) as tx:
        ids = add_patients(tx, [(number, site, state, None) for number in numbers], parts.study)
        tokens = _sign_in(tx, [ids[number] for number in numbers])
        tx.record("patients.imported", "bench")
    return list(_requests(app, tokens, visit.code))


def _sign_in(tx: Tx, patient_ids: Sequence[int]) -> list[str]:
    """Give each a link and a session, and return the sessions' tokens."""
    tokens = [secrets.new_token() for _ in patient_ids]
    tx.execute(
        insert(patient_link),
        [
            {
                "patient_id": patient_id,
                "token_sha256": secrets.fingerprint(secrets.new_token()),
                "pin_hash": "none that fits",
                "created_at": tx.now,
                "created_by": tx.actor.name,
            }
            for patient_id in patient_ids
        ],
    )
    ids = {
        row[0]: row[1] for row in tx.execute(select(patient_link.c.patient_id, patient_link.c.id))
    }
    tx.execute(
        insert(sign_in),
        [
            {
                "token_sha256": secrets.fingerprint(token),
                "link_id": ids[patient_id],
                "started_at": tx.now,
                "seen_at": tx.now,
            }
            for token, patient_id in zip(tokens, patient_ids, strict=True)
        ],
    )
    return tokens


def seen_just_now() -> None:
    """Everybody who waits was seen now: whoever hands in a form has saved its draft at every
    step before, and it is then that a session is kept alive."""
    with housekeeping() as work:
        work.execute(update(sign_in).values(seen_at=deployment().now()))


def _requests(app: Flask, tokens: Sequence[str], visit: str) -> Iterator[bytes]:
    parts = deployment()
    chance = random.Random(len(tokens))
    with app.test_request_context():
        forgery_token = generate_csrf()
        shared = dict(session)
    seal = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    for token in tokens:
        cookie = seal.dumps(shared | {"patient": token})
        answers = {code: chance.randrange(5) for code in parts.instrument.item_codes}
        body = {
            "visit": visit,
            "answers": answers,
            "language": "zh",
            "started_at": parts.now().isoformat(),
            "device_at": parts.now().isoformat(),
            "device_offset_minutes": 480,
        }
        yield request(
            "PUT",
            f"/api/forms/{secrets.new_submission_id()}",
            body=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Cookie": f"{app.config['SESSION_COOKIE_NAME']}={cookie}",
                "X-CSRFToken": forgery_token,
            },
        )


def statements(app: Flask, asked: bytes) -> tuple[int, int]:
    """(statements, transactions) that one request takes, asked within this process."""
    head, _, body = asked.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split()
    headers = dict(line.split(": ", 1) for line in lines)
    seen: list[str] = []
    ended: list[int] = []

    def executed(_connection, _cursor, text, *_rest):  # type: ignore[no-untyped-def]
        if not text.startswith("BEGIN"):
            seen.append(text)

    def over(connection):  # type: ignore[no-untyped-def]
        if getattr(connection.connection.driver_connection, "autocommit", None) is not True:
            ended.append(1)

    engine = db.engine
    client = app.test_client(use_cookies=False)
    listeners = (("before_cursor_execute", executed), ("commit", over), ("rollback", over))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    answer = client.open(path, method=method, data=body, headers=headers)
    for name, listener in listeners:
        event.remove(engine, name, listener)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return len(seen), len(ended)


def forms_kept() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(form)).scalar_one()
