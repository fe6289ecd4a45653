"""Whose rows may not leave, as the tables tell it."""

from datetime import date

import pytest
from sqlalchemy import select

from pro_app.core.corrections import AskedBy, Evidence
from pro_app.core.facts import EventKind
from pro_app.core.leaving import Held, Ruling, Why
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.corrections import decide_correction, write_correction
from pro_app.store.patients.leaving import held_back, held_forms
from pro_app.store.tables import event
from tests import factories
from tests.conftest import HandClock

pytestmark = pytest.mark.usefixtures("in_app")

ON = date(2026, 3, 1)


def found(**asked: object) -> dict[str, Held]:
    with reading() as connection:
        return held_back(connection, **asked)  # type: ignore[arg-type]


def test_only_those_are_named_who_withdrew_their_consent() -> None:
    anna, bea = factories.add_patient("LISHUI-001"), factories.add_patient("LISHUI-002")
    factories.add_event(anna, EventKind.WITHDRAWAL_CONSENT, ON)
    factories.add_event(bea, EventKind.WITHDRAWAL_QUESTIONNAIRES, ON)
    assert found() == {"LISHUI-001": Held(Why.UNDECIDED, ON, None)}
    assert found(patient_ids=[bea]) == {}
    assert found(patient_ids=[anna, bea]) == found()


def test_a_decision_stands_from_when_it_was_recorded(clock: HandClock) -> None:
    anna = factories.add_patient("LISHUI-001")
    factories.add_event(anna, EventKind.WITHDRAWAL_CONSENT, ON)
    before = clock()
    clock.advance(days=1)
    factories.decide_on_data(anna, Ruling.RETAIN)
    assert found() == {"LISHUI-001": Held(Why.RETAINED, ON, ON)}
    assert found(known_at=before) == {"LISHUI-001": Held(Why.UNDECIDED, ON, None)}
    clock.advance(days=1)
    factories.decide_on_data(anna, Ruling.ERASE)
    assert found()["LISHUI-001"].why is Why.ERASED


def test_a_return_ends_it(clock: HandClock) -> None:
    anna = factories.add_patient("LISHUI-001")
    factories.add_event(anna, EventKind.WITHDRAWAL_CONSENT, ON)
    clock.advance(days=1)
    factories.add_event(anna, EventKind.RETURN_CONSENT, date(2026, 3, 5))
    assert found() == {}


def test_a_withdrawal_that_was_declared_wrong_holds_nothing_back(clock: HandClock) -> None:
    anna = factories.add_patient("LISHUI-001")
    factories.add_event(anna, EventKind.WITHDRAWAL_CONSENT, ON)
    before = clock()
    clock.advance(days=1)
    with reading() as connection:
        event_id = connection.execute(select(event.c.id)).scalar_one()
    factories.declare_void("event", anna, event_id=event_id)
    assert found() == {}
    assert list(found(known_at=before)) == ["LISHUI-001"]


def held_forms_of(*form_ids: int) -> frozenset[int]:
    with reading() as connection:
        return held_forms(connection, form_ids or None)


def test_a_form_is_held_back_by_the_day_that_stands(clock: HandClock) -> None:
    anna, bea = factories.add_patient("LISHUI-001"), factories.add_patient("LISHUI-002")
    factories.add_form(anna, "V0", date(2026, 1, 4))
    factories.add_form(anna, "V1", date(2026, 3, 4))
    factories.add_form(bea, "V1", date(2026, 3, 4))
    before, after, other = 1, 2, 3
    assert held_forms_of() == frozenset()
    factories.add_event(anna, EventKind.WITHDRAWAL_CONSENT, ON)
    assert held_forms_of() == {before, after}
    assert held_forms_of(before, other) == {before, after}
    clock.advance(hours=1)
    factories.decide_on_data(anna, Ruling.RETAIN)
    assert held_forms_of() == {after}
    with transaction(factories.ACTOR, deployment().now()) as tx:
        told = {"asked_by": AskedBy.SITE, "source": Evidence.PAPER_FORM, "why": "misread"}
        changes = {"answered_on": ["2026-03-04", "2026-02-28"]}
        correction = write_correction(tx, after, **told, changes=changes)
        decide_correction(tx, correction, signed=True, why=None)
        tx.record("correction.signed", "LISHUI-001")
    assert held_forms_of() == frozenset()
    assert held_forms_of(other) == frozenset()
