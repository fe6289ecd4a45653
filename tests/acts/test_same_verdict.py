"""What can't be is refused at every door: the page and the file say the same of random facts."""

import random
from datetime import date, timedelta

import pytest
from flask import Flask

from pro_app.acts import events, patients
from pro_app.acts.events import Given
from pro_app.core.facts import EventKind
from pro_app.core.refused import Refused
from pro_app.core.sites import EVERYWHERE
from pro_app.deployment import deployment
from pro_app.intake.service import Kind, NotImported, import_table
from pro_app.intake.table import Source, table_of
from pro_app.store.engine.transaction import transaction
from pro_app.store.patients.events import NewEvent, add_events
from tests import factories
from tests.rooms.intake.desk import Desk, Row, event, patient, text_of

FIRST = date(2025, 1, 1)


def some_day(chance: random.Random, *, ahead: int = 0) -> date:
    return FIRST + timedelta(days=chance.randrange(-30, 430 + ahead))


def by_file(kind: Kind, row: Row) -> bool:
    """Whether the file with this line is refused."""
    table = table_of(Source(text_of([row]).encode(), "utf-8"))
    done = import_table(kind, table, trial=True, at=factories.at_server())
    return isinstance(done, NotImported)


def somebody(number: str, chance: random.Random, *, days: bool) -> list[EventKind]:
    """A patient in the record, some with a death or a progression; the kinds of these."""
    screened, anchor = some_day(chance), some_day(chance)
    patient_id = factories.add_patient(
        number,
        screened_on=screened if days else None,
        pro_consent_on=None,
        randomised_on=anchor if days and chance.random() < 0.7 else None,
    )
    happened = []
    with transaction(factories.ACTOR, deployment().now()) as tx:
        for kind in (EventKind.DEATH, EventKind.PROGRESSION, EventKind.TRANSFER):
            if chance.random() < 0.4:
                on = max(screened, anchor) + timedelta(days=chance.randrange(0, 40))
                to_site = "JIAXING" if kind is EventKind.TRANSFER else None
                add_events(tx, [NewEvent(patient_id, kind, on, None, to_site)])
                happened.append(kind)
        tx.record("event.added", number)
    return happened


def test_an_event_is_refused_by_both_doors_or_by_none(in_app: Flask) -> None:
    chance = random.Random(9)
    verdicts = []
    for n in range(150):
        number = f"LISHUI-{n:03d}"
        somebody(number, chance, days=True)
        kind = chance.choice(list(EventKind))
        on = some_day(chance, ahead=30).isoformat()
        moves = kind is EventKind.TRANSFER
        to_site = chance.choice(["LISHUI", "JIAXING", "ZJCC", "NOWHERE", ""]) if moves else ""
        page = events.look(
            Given(kind=kind.value, on=on, to_site=to_site),
            number=number,
            at=factories.at_desk(sites=EVERYWHERE),
        )
        refused = isinstance(page, Refused)
        row = dict(event(kind.value, on, number)) | {"to_site": to_site}
        # The same event again is no mistake in a file.
        if not (refused and page.why == "KNOWN_ALREADY"):
            assert by_file(Kind.EVENTS, row) == refused, (number, row, page)
        verdicts.append(refused)
    assert 20 < sum(verdicts) < 130


def test_days_of_a_patient_are_refused_by_both_doors_or_by_none(in_app: Flask) -> None:
    chance = random.Random(4)
    verdicts = []
    for n in range(100):
        number = f"LISHUI-{n:03d}"
        somebody(number, chance, days=False)
        given = {
            name: some_day(chance, ahead=30).isoformat() if chance.random() < 0.8 else ""
            for name in ("screened_on", "randomised_on")
        }
        if not any(given.values()):
            continue
        page = patients.look(
            patients.Given(given | {"language": "zh", "able": "yes"}),
            number=number,
            at=factories.at_desk(sites=EVERYWHERE),
        )
        row = dict(patient(number, arm="", pro_consent_on="")) | given
        refused = isinstance(page, Refused)
        assert by_file(Kind.PATIENTS, row) == refused, (number, row, page)
        verdicts.append(refused)
    assert 20 < sum(verdicts) < 90


@pytest.mark.parametrize(
    ("kind", "on", "told"),
    [
        ("death", "2016-03-01", "on: '2016-03-01' – expected a day not before the screening on"),
        ("progression", "1925-06-01", "expected a day not before the screening on 2026-01-01"),
        ("death", "2026-01-04", "expected a day of death not before the randomisation on"),
    ],
)
def test_a_slip_of_the_year_is_refused_by_file(desk: Desk, kind: str, on: str, told: str) -> None:
    desk.take("patients", patient())
    assert told in desk.take_nothing("events", event(kind, on))


def test_a_randomisation_after_a_known_death_is_refused(desk: Desk) -> None:
    desk.take("patients", patient(randomised_on=""))
    desk.take("events", event("death", "2026-01-03"))
    told = desk.take_nothing("patients", patient())
    assert "randomised_on: '2026-01-05' – expected a day not after the death on 2026-01-03" in told


def test_a_screening_after_what_happened_is_refused(desk: Desk) -> None:
    desk.take("patients", patient(screened_on="", randomised_on=""))
    desk.take("events", event("progression", "2025-12-24"))
    told = desk.take_nothing("patients", patient())
    assert "screened_on: '2026-01-01' – expected a day not after 2025-12-24" in told


def test_the_known_death_on_two_lines_of_one_file(desk: Desk) -> None:
    desk.take("patients", patient())
    told = desk.take_nothing("events", event("death", "2026-02-01"), event("death", "2026-02-02"))
    assert "events.csv:3: on: '2026-02-02' – expected 2026-02-01, the day of death" in told
