from datetime import date

import pytest
from flask import Flask

from tests import factories
from tests.cast import Cast
from tests.rooms.papers.conftest import EnglishCast


@pytest.fixture
def cast(app: Flask) -> Cast:
    return EnglishCast(app)


@pytest.fixture
def world(app: Flask) -> Flask:
    """Two patients of Lishui with forms 1 and 2 of one and 3 of the other; one of Jiaxing."""
    with app.app_context():
        patient_id = factories.add_patient("LISHUI-001", randomised_on=date(2025, 12, 1))
        factories.add_form(patient_id, "V0", date(2025, 12, 1))
        factories.add_form(patient_id, "V1", date(2026, 3, 1))
        other = factories.add_patient("LISHUI-002", randomised_on=date(2025, 12, 1))
        factories.add_form(other, "V0", date(2025, 12, 1))
        factories.add_patient("JIAXING-001", "JIAXING")
    return app
