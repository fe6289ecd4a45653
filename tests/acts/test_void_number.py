"""A number that was declared wrong stands in no list."""

from datetime import date

from flask import Flask

from pro_app.acts.person import operator
from pro_app.acts.void_deeds import Wanted
from pro_app.acts.voids import Voided, declare
from pro_app.core.sites import EVERYWHERE
from pro_app.core.voids import What
from pro_app.deployment import deployment
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI, reading
from pro_app.store.forms.decisions import waiting
from pro_app.store.forms.form_detail import find_form
from tests import factories


def test_nothing_waits_of_a_number_that_was_declared_wrong(in_app: Flask) -> None:
    patient_id = factories.add_patient(screened_on=date(2026, 1, 1))
    factories.add_form(patient_id, "V0", date(2026, 1, 5))
    factories.add_form(patient_id, "V0", date(2026, 1, 5), standing=False)
    with reading() as connection:
        assert [each.number for each in waiting(connection, EVERYWHERE)] == ["LISHUI-001"]
        assert find_form(connection, 1, sites=EVERYWHERE)
    at = occasion_of(deployment(), operator(CLI))
    done = declare(Wanted(What.PATIENT, "LISHUI-001", "entered twice"), at=at)
    assert isinstance(done, Voided)
    with reading() as connection:
        assert waiting(connection, EVERYWHERE) == []
        assert find_form(connection, 1, sites=EVERYWHERE) is None
