import pytest
from flask import Flask

from tests import factories
from tests.rooms.papers.desk import NUMBER, RANDOMISED


@pytest.fixture
def world(app: Flask) -> Flask:
    """One patient at Lishui whose month-3 window is open."""
    with app.app_context():
        factories.add_patient(
            NUMBER, screened_on=RANDOMISED, pro_consent_on=RANDOMISED, randomised_on=RANDOMISED
        )
    return app
