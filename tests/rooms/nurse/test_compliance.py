"""The compliance page: the core's numbers, never one rate alone, and who is in the gap."""

import re
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask

from pro_app.core.facts import EventKind
from pro_app.core.ledger import ledger
from pro_app.core.rates import RATES, Counts, pooled, rates
from pro_app.core.sites import EVERYWHERE, only
from pro_app.deployment import deployment
from pro_app.nurse import completeness, service
from pro_app.nurse.completeness import NESTED, Number
from pro_app.store.engine.transaction import reading
from pro_app.store.statuses.facts import Scope, read_facts
from tests import factories
from tests.cast import Cast

EN = {"Accept-Language": "en"}
TODAY = date(2026, 3, 5)


def _fill() -> None:
    for number in range(12):
        site = ("LISHUI", "JIAXING")[number % 2]
        arm = ("RADICAL", "RADICAL", "PALLIATIVE")[number % 3]
        patient_id = factories.add_patient(
            f"{site}-{number:03}",
            site,
            pro_consent_on=date(2024, 1, 1),
            randomised_on=date(2024, 1 + number % 6, 10),
            arm=arm,
        )
        for visit, on in (("V0", date(2024, 1, 9)), ("V2", date(2024, 10, 1))):
            if (number + len(visit) + on.month) % 3:
                factories.add_form(patient_id, visit, on)
        if number % 4 == 0:
            factories.add_event(patient_id, EventKind.DEATH, date(2025, 1, 20))
        if number % 5 == 0:
            kind = EventKind.WITHDRAWAL_QUESTIONNAIRES
            factories.add_event(patient_id, kind, date(2024, 12, 1))


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        _fill()
    return app


def _rates(**asked: Any) -> list[tuple[str | None, Any]]:
    sites = asked.pop("sites", EVERYWHERE)
    return service.compliance(**({"as_of": TODAY} | asked), at=factories.at_desk(sites=sites))


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("as_of", [date(2024, 6, 1), TODAY])
def test_the_rows_are_the_core_s_then_the_pooled_one(app: Flask, as_of: date) -> None:
    with app.app_context():
        with reading() as connection:
            people = read_facts(connection, Scope(EVERYWHERE))
        study = deployment().study
        entries = [e for p in people for e in ledger(p.facts, study, valid_from=30, as_of=as_of)]
        randomised = sum(p.facts.randomised_on <= as_of for p in people)
        expected = rates(entries, study, randomised=randomised)
        assert 0 < randomised <= len(people)
        assert _rates(as_of=as_of) == [(None, row) for row in (*expected, pooled(expected))]


@pytest.mark.parametrize("by", ["site", "arm"])
def test_the_groups_add_up_to_all(world: Flask, by: completeness.By) -> None:
    with world.app_context():
        whole = _rates()[-1][1]
        groups = [row for _, row in _rates(by=by) if row.visit == "pooled"]
    assert sum((row.counts for row in groups), Counts()) == whole.counts


def test_a_site_sees_its_own_group_alone(world: Flask) -> None:
    with world.app_context():
        assert {group for group, _ in _rates(by="site", sites=only("LISHUI"))} == {"LISHUI"}


def _gap(visit: str, whole: Number, part: Number | None, **limits: Any) -> completeness.Gap:
    at = factories.at_desk(sites=limits.pop("sites", EVERYWHERE))
    fixed = {"as_of": TODAY, "by": None, "group": None, "between": (visit, whole, part)}
    shown = completeness.overview(**(fixed | limits), at=at)
    assert shown.gap
    return shown.gap


def test_as_many_stand_in_a_gap_as_the_numbers_differ(world: Flask) -> None:
    with world.app_context():
        for _, row in _rates():
            for whole, part in pairwise(NESTED):
                found = _gap(row.visit, whole, part)
                assert found.total == len(found.entries)
                assert found.total == whole.of(row.counts) - part.of(row.counts)
            for number in Number:
                found = _gap(row.visit, number, None)
                assert found.total == len(found.entries) == number.of(row.counts)


def made_of(counts: Counts) -> list[tuple[int, int]]:
    """(part, whole) of each rate."""
    return [(getattr(counts, part), getattr(counts, whole)) for part, whole in RATES.values()]


def test_every_per_cent_has_its_n_and_its_neighbours(world: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get("/staff/compliance", headers=EN).text
    with world.app_context():
        rows = [row for _, row in _rates(sites=only("LISHUI"))]
    shown = re.findall(
        r'<td class="rate">\s*<strong>(\d+)%</strong> <span class="soft">([\d/]+)', page
    )
    wanted = [
        (f"{100 * part / whole:.0f}", f"{part}/{whole}")
        for row in rows
        for part, whole in made_of(row.counts)
        if whole
    ]
    assert shown == wanted


def test_a_number_opens_the_list_of_who_it_is(world: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    page = nurse.get("/staff/compliance?gap=V2.E-V", headers=EN).text
    with world.app_context():
        found = _gap("V2", Number.E, Number.V, sites=only("LISHUI")).entries
    listed = re.findall(r'href="/staff/patients/([\w-]+)#V2"', page)
    assert listed == [entry.patient_id for entry in found]
    assert listed
    assert "Reason to be given" in page


def test_only_the_statistician_may_tell_the_arms_apart(world: Flask, cast: Cast) -> None:
    for client in (cast.nurse_of_lishui(), cast.data_manager()):
        answer = client.get("/staff/compliance?by=arm", headers=EN)
        assert answer.status_code == 400
        assert "Radical" not in answer.text
    answer = cast.statistician().get("/staff/compliance?by=arm", headers=EN)
    assert answer.status_code == 200
    assert "Radical local treatment" in answer.text


def test_a_past_day_is_as_it_was(world: Flask, cast: Cast) -> None:
    with world.app_context():
        before = _rates(as_of=date(2024, 7, 1))
        factories.add_form(factories.patient_id_of("LISHUI-000"), "V5", date(2025, 7, 10))
        assert _rates(as_of=date(2024, 7, 1)) == before


@pytest.mark.parametrize(
    "query",
    ["gap=V2.V-E", "gap=V99.E-V", "gap=nonsense", "as_of=yesterday", "site=MARS", "by=moon"],
)
def test_an_address_that_makes_no_sense_is_answered_in_words(
    world: Flask, cast: Cast, query: str
) -> None:
    answer = cast.data_manager().get(f"/staff/compliance?{query}", headers=EN)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_nobody_randomised_yet_is_said_kindly(app: Flask, cast: Cast) -> None:
    page = cast.nurse_of_lishui().get("/staff/compliance", headers=EN).text
    assert "No randomised patient" in page
