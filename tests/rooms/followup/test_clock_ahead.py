"""A host whose clock ran ahead and was put right: nothing that was written then holds a job up.

Each test does something two hours or 400 days ahead, goes back, and lets another process,
as after a restart, do the same.
"""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from pro_app.audit import daily
from pro_app.audit import service as audit
from pro_app.audit.service import Sealed
from pro_app.core.instants import SLACK, is_ahead
from pro_app.followup import alerts, service
from pro_app.followup.completion import Changed
from pro_app.store.engine import leases
from pro_app.store.engine.transaction import CLI, WORKER, housekeeping, reading, transaction
from pro_app.store.statuses.flags import Counts
from pro_app.store.tables import alert as alerts_table
from pro_app.store.tables import missing_flag
from tests import factories
from tests.conftest import HandClock
from tests.rooms.followup import test_completion as completion
from tests.rooms.nurse import test_alerts as alerting

RANDOMISED = date(2025, 11, 1)  # month 3 closed on 15 February
AHEAD = pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=400)], ids=str)

world = completion.world
with_rule, raised = alerting.with_rule, alerting.raised


@AHEAD
def test_what_lies_further_ahead_than_it_can_is_over(ahead: timedelta, clock: HandClock) -> None:
    now, longest = clock(), timedelta(minutes=15)
    assert is_ahead(now + ahead, now)
    assert is_ahead(now + ahead + longest, now, at_most=longest)
    for near in (-ahead, timedelta(0), SLACK):
        assert not is_ahead(now + near, now)
        assert not is_ahead(now + near + longest, now, at_most=longest)


@AHEAD
def test_a_lease_from_ahead_is_free(in_app: Flask, ahead: timedelta, clock: HandClock) -> None:
    lasting, now = timedelta(minutes=5), clock()
    with housekeeping() as work:
        assert leases.take(work, "job", "one", now + ahead, lasting)
        assert leases.take(work, "job", "two", now, lasting)
        assert not leases.take(work, "job", "three", now, lasting)
        # A neighbour's clock may be a little behind: this one is held all the same.
        assert not leases.take(work, "job", "three", now - SLACK / 2, lasting)


def _tick(holder: str, now: datetime) -> Counts | None:
    return service.tick(holder=holder, at=factories.at_server(WORKER, now=now))


def _open_flags() -> set[str]:
    with reading() as connection:
        query = select(missing_flag.c.visit).where(missing_flag.c.closed_at.is_(None))
        return set(connection.execute(query).scalars())


@AHEAD
def test_flags_follow_the_facts_again(in_app: Flask, ahead: timedelta, clock: HandClock) -> None:
    factories.add_patient(randomised_on=RANDOMISED)
    right = clock()
    assert _tick("one", right + ahead) is not None
    assert _tick("two", right) is not None
    # What only the day ahead had missed is missed no more.
    assert _open_flags() == {"V0", "V1"}


@AHEAD
def test_a_site_is_told_of_its_rates_again(
    world: Flask, ahead: timedelta, clock: HandClock
) -> None:
    completion.set_floor(world, None)
    clock.instant += ahead
    assert completion.look(world) == Changed()
    completion.set_floor(world, 0.6)
    clock.instant -= ahead
    assert completion.look(world) == Changed(opened=1)


@AHEAD
def test_an_alert_from_ahead_is_shown_in_time(
    raised: Flask, ahead: timedelta, clock: HandClock
) -> None:
    with raised.app_context():
        with transaction(CLI, clock()) as tx:
            tx.execute(update(alerts_table).values(opened_at=clock() + ahead))
            tx.record("alert.taken", "test")
        # Two hours more are no harm; 400 days more would be.
        found = alerting.look()
        clock.advance(hours=26)
        assert {found, alerting.look()} == {alerts.Counts(escalated=1), alerts.Counts()}
        assert found.escalated == (ahead > timedelta(days=1))


@AHEAD
def test_events_are_sealed_by_the_next_process(
    in_app: Flask, ahead: timedelta, clock: HandClock
) -> None:
    def sealed(holder: str, now: datetime) -> Sealed:
        with transaction(CLI, now) as tx:
            tx.record("help.asked", "LISHUI-001")
        return audit.seal(holder=holder, now=now)

    assert sealed("one", clock() + ahead) == Sealed(1)
    assert sealed("two", clock()) == Sealed(1)
    assert audit.check().finding is None


@AHEAD
def test_trail_and_data_are_verified_again(
    in_app: Flask, ahead: timedelta, clock: HandClock
) -> None:
    def verified(holder: str, now: datetime) -> bool:
        at = factories.at_server(WORKER, now=now)
        return daily.verify_due(holder=holder, at=at) is not None

    assert verified("one", clock() + ahead)
    # Two hours ahead it was today, all the same.
    assert verified("two", clock()) == (ahead > timedelta(days=1))
    assert not verified("three", clock())
    assert verified("four", clock() + timedelta(days=1))
