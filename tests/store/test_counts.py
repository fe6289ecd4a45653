"""The numbers that the database counts are the core's, of whatever facts there are."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pro_app.core.ledger import ledger
from pro_app.core.rates import POOLED, rates, reasons
from pro_app.core.sites import EVERYWHERE, only
from pro_app.deployment import deployment
from pro_app.nurse.completeness import Number, apart
from pro_app.store.engine.transaction import transaction
from pro_app.store.statuses import counts
from pro_app.store.statuses.facts import Scope, read_facts
from tests import factories
from tests.factories import ACTOR
from tests.store.test_expected import TODAY, _live, _lives


@pytest.mark.parametrize("stop_events", [(), ("progression",)], ids=["no-stop", "stop"])
def test_the_database_counts_as_the_core_does(in_app: Flask, stop_events: tuple[str, ...]) -> None:
    study = replace(deployment().study, stop_events=stop_events)
    now = deployment().now()

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(st.lists(_lives, min_size=1, max_size=8), st.integers(0, 900))
    def agree(lives: list, ago: int) -> None:
        as_of = TODAY - timedelta(ago)
        with transaction(ACTOR, now) as tx:
            _live(tx, lives, study)
            people = read_facts(tx.connection, Scope(EVERYWHERE))
            of = {p.facts.patient_id: p.id for p in people}
            entries = [
                e for p in people for e in ledger(p.facts, study, valid_from=30, as_of=as_of)
            ]
            limits = {
                "sites": EVERYWHERE,
                "as_of": as_of,
                "valid_from": 30,
                "by": None,
                "without": (),
            }
            found = counts.counted(tx.connection, study, **limits)
            group = found.get(None, counts.Counted())
            assert group.rows(study) == rates(entries, study)
            assert group.reasons == reasons(entries)
            for whole, part in ((Number.N, Number.M), (Number.A, Number.E), (Number.E, Number.V)):
                pairs = counts.between(
                    tx.connection,
                    study,
                    group=None,
                    visit=None,
                    whole=whole,
                    part=part,
                    **limits,
                )
                who = apart(entries, study, visit=POOLED, whole=whole, part=part)
                assert pairs == [(of[e.patient_id], e.visit) for e in who]
            tx.abandon()

    agree()


def test_a_site_and_an_arm_are_counted_apart(in_app: Flask) -> None:
    study = deployment().study
    for number, site, arm in (("A", "LISHUI", "RADICAL"), ("B", "ZJCC", "PALLIATIVE")):
        factories.add_patient(f"{site}-{number}", site, randomised_on=date(2025, 6, 1), arm=arm)
    limits = {"as_of": TODAY, "valid_from": 30, "without": ()}
    with transaction(ACTOR, deployment().now()) as tx:
        by_site = counts.counted(tx.connection, study, sites=EVERYWHERE, by="site", **limits)
        by_arm = counts.counted(tx.connection, study, sites=only("ZJCC"), by="arm", **limits)
        tx.abandon()
    assert {site: found.visits["V0"] for site, found in by_site.items()} == {
        "LISHUI": (1, 1, 1, 1, 0),
        "ZJCC": (1, 1, 1, 1, 0),
    }
    assert set(by_arm) == {"PALLIATIVE"}
