"""A patient of Lishui whose month-3 window is open: 22 March to 19 April 2026."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.security.setup import limiter
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock
from tests.rooms.patient.steps import NUMBER


@pytest.fixture
def april(clock: HandClock) -> HandClock:
    """Wednesday 1 April 2026, 08:00 in Shanghai."""
    clock.set("2026-04-01T08:00+08:00")
    return clock


@pytest.fixture
def patient_id(app: Flask, april: HandClock) -> int:
    limiter.reset()
    with app.app_context():
        return factories.add_patient(NUMBER)


@pytest.fixture
def browser(patient_id: int, cast: Cast) -> FlaskClient:
    """The patient's browser, signed in and speaking English."""
    client = cast.patient(NUMBER)
    with client.session_transaction() as session:
        session["language"] = "en"
    return client
