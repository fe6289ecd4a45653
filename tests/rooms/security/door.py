"""What the tests of the patient's door stand on: the card, and how one signs in with it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import select

from pro_app.deployment import deployment
from pro_app.security import cards, patients
from pro_app.security.cards import NewLink
from pro_app.security.patients import Entering, SignedIn
from pro_app.store.engine.transaction import CLI, reading
from pro_app.store.people.sign_ins import SignedInPatient
from pro_app.store.tables import audit_event
from tests import factories
from tests.cast import PIN
from tests.conftest import HandClock

PEPPER = "a key for tests that is long enough"
NUMBER = "LISHUI-001"


def new_card() -> NewLink:
    patient_id = factories.patient_id_of(NUMBER)
    now = deployment().now()
    return cards.new_link(patient_id, NUMBER, pepper=PEPPER, actor=CLI, now=now)


def first_card() -> NewLink:
    factories.add_patient(NUMBER)
    return new_card()


def link() -> str:
    """The token of a link whose PIN has been chosen."""
    card = first_card()
    now = deployment().now()
    entered = patients.sign_in_patient(card.token, PIN, card.code, pepper=PEPPER, now=now)
    assert isinstance(entered, SignedIn)
    return card.token


def enter(token: str, pin: str, clock: HandClock, code: str = "") -> Entering:
    return patients.sign_in_patient(token, pin, code, pepper=PEPPER, now=clock())


def signed_in(entered: Entering, clock: HandClock) -> SignedInPatient | None:
    assert isinstance(entered, SignedIn), entered
    return patients.signed_in_patient(entered.token, now=clock())


def actions() -> list[str]:
    with reading() as connection:
        return list(
            connection.execute(select(audit_event.c.action).order_by(audit_event.c.id)).scalars()
        )


def at_once(app: Flask, *calls: Callable[[], Entering | NewLink]) -> list[Entering | NewLink]:
    """What came of calls that were made at the same moment, each on a connection of its own."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], Entering | NewLink]) -> Entering | NewLink:
        with app.app_context():
            ready.wait()
            return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
