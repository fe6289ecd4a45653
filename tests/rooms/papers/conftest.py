import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.cast import Cast
from tests.rooms.papers.desk import NUMBER, RANDOMISED


class EnglishCast(Cast):
    """The same people, whose browsers ask for English."""

    def _client(self) -> FlaskClient:
        client = super()._client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client


@pytest.fixture
def cast(app: Flask) -> Cast:
    return EnglishCast(app)


@pytest.fixture
def world(app: Flask) -> Flask:
    """One patient at Lishui whose month-3 window is open."""
    with app.app_context():
        factories.add_patient(
            NUMBER, screened_on=RANDOMISED, pro_consent_on=RANDOMISED, randomised_on=RANDOMISED
        )
    return app
