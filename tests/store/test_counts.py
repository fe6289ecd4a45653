"""The numbers that the database counts are the core's, of whatever facts there are."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pro_app.core.ledger import Entry, ledger, randomised_visits
from pro_app.core.rates import POOLED, Counts, rates, reasons
from pro_app.core.sites import EVERYWHERE, Sites, only
from pro_app.core.study import Study
from pro_app.deployment import deployment
from pro_app.nurse.gaps import NESTED, Number, apart
from pro_app.store.engine.transaction import Tx, transaction
from pro_app.store.statuses import counts
from pro_app.store.statuses.facts import Known
from pro_app.store.statuses.left import ids_left_to_core
from pro_app.store.statuses.tallies import Tally, tallied
from tests import factories
from tests.factories import ACTOR
from tests.store.test_rule import ALL_SITES, TODAY, Life, live, lives


@pytest.mark.parametrize("stop_events", [(), ("progression",)], ids=["no-stop", "stop"])
def test_the_database_counts_as_the_core_does(in_app: Flask, stop_events: tuple[str, ...]) -> None:
    study = replace(deployment().study, stop_events=stop_events)
    instrument, now = deployment().instrument, deployment().now()

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(
        st.lists(lives(), min_size=1, max_size=8),
        st.integers(0, 900),
        st.sampled_from([EVERYWHERE, only("LISHUI"), only("JIAXING", "ZJCC")]),
    )
    def agree(made: list[Life], ago: int, sites: Sites) -> None:
        as_of = TODAY - timedelta(ago)
        with transaction(ACTOR, now) as tx:
            people = live(tx, made, study)
            seen = [None, *(site for site in ALL_SITES if site in sites)]
            limits = {"sites": sites, "as_of": as_of}
            whole = tallied(tx.connection, study, instrument, by=None, **limits)
            apart_by = tallied(tx.connection, study, instrument, by="site", **limits)
            known = tallied(tx.connection, study, instrument, by="site", known_at=now, **limits)
            for site in seen:
                here = sites if site is None else only(site)
                entries, randomised = _core(people, study, as_of, here)
                found = (whole if site is None else apart_by).of(site)
                assert found.rows == rates(entries, study, randomised=randomised)
                assert found.reasons == reasons(entries)
                if site is not None:
                    assert known.of(site).rows == found.rows
                    assert known.of(site).reasons == found.reasons
            _who(tx, people, study, as_of, sites)
            tx.abandon()

    agree()


def _core(
    people: list[Known], study: Study, as_of: date, sites: Sites
) -> tuple[list[Entry], Counter[str]]:
    entries = [e for p in people for e in ledger(p.facts, study, valid_from=30, as_of=as_of)]
    return (
        [entry for entry in entries if entry.site in sites],
        Counter(visit for _, visit in _randomised(people, study, as_of, sites)),
    )


def _randomised(
    people: list[Known], study: Study, as_of: date, sites: Sites
) -> list[tuple[str, str]]:
    """(patient, visit) of each visit at these sites of those who were randomised."""
    return [
        (p.facts.patient_id, visit)
        for p in people
        for visit, site in randomised_visits(p.facts, study, as_of)
        if site in sites
    ]


def _who(tx: Tx, people: list[Known], study: Study, as_of: date, sites: Sites) -> None:
    """Between two numbers stand those whom the core finds there."""
    left = ids_left_to_core(tx.connection, as_of)
    of = {p.facts.patient_id: p.id for p in people}
    many = [p for p in people if p.id not in left]
    entries, _ = _core(many, study, as_of, sites)
    tally = Tally((), Counter(), tuple(entries), tuple(_randomised(many, study, as_of, sites)))
    single = [(number, None) for number in Number]
    for whole, part in (*pairwise(NESTED), *single):
        pairs = counts.between(
            tx.connection, study, sites=sites, as_of=as_of, valid_from=30, by=None, group=None,
            visit=None, whole=whole.lower(), part=part and part.lower(),
        )  # fmt: skip
        who = apart(tally, visit=POOLED, whole=whole, part=part)
        assert pairs == [(of[number], visit) for number, visit in who]


def test_a_site_and_an_arm_are_counted_apart(in_app: Flask) -> None:
    study = deployment().study
    for number, site, arm in (("A", "LISHUI", "RADICAL"), ("B", "ZJCC", "PALLIATIVE")):
        factories.add_patient(f"{site}-{number}", site, randomised_on=date(2025, 6, 1), arm=arm)
    limits = {"as_of": TODAY, "valid_from": 30}
    with transaction(ACTOR, deployment().now()) as tx:
        by_site = counts.counted(tx.connection, study, sites=EVERYWHERE, by="site", **limits)
        by_arm = counts.counted(tx.connection, study, sites=only("ZJCC"), by="arm", **limits)
        tx.abandon()
    assert {site: found.visits["V0"] for site, found in by_site.items()} == {
        "LISHUI": Counts(randomised=1, n=1, m=1, a=1, e=1),
        "ZJCC": Counts(randomised=1, n=1, m=1, a=1, e=1),
    }
    assert set(by_arm) == {"PALLIATIVE"}
