"""The compliance page: the core's numbers, never one rate alone, and who is in the gap."""

import re
from dataclasses import replace
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
from pro_app.nurse.gaps import NESTED, Between, Gap, Number
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.patients.patients import change_state, find_patient
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


def _gap(visit: str, whole: Number, part: Number | None, **limits: Any) -> Gap:
    at = factories.at_desk(sites=limits.pop("sites", EVERYWHERE))
    fixed = {"as_of": TODAY, "by": None, "group": None, "behind": Between(visit, whole, part)}
    shown = completeness.overview(**(fixed | limits), at=at)
    assert shown.gap
    return shown.gap


def test_as_many_stand_in_a_gap_as_the_numbers_differ(world: Flask) -> None:
    with world.app_context():
        for _, row in _rates():
            for whole, part in pairwise(NESTED):
                found = _gap(row.visit, whole, part)
                assert found.total == len(found.lines)
                assert found.total == whole.of(row.counts) - part.of(row.counts)
            for number in Number:
                found = _gap(row.visit, number, None)
                assert found.total == len(found.lines) == number.of(row.counts)


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
        found = _gap("V2", Number.E, Number.V, sites=only("LISHUI")).lines
    listed = re.findall(r'href="/staff/patients/([\w-]+)#V2"', page)
    assert listed == [line.number for line in found]
    assert listed
    assert "Reason to be given" in page


NEVER_CONSENTED = "LISHUI-100"


def _never_consented() -> None:
    factories.add_patient(NEVER_CONSENTED, pro_consent_on=None, randomised_on=date(2024, 2, 1))


@pytest.mark.parametrize("known_at", ["", "2026-03-05T08:00"])
def test_all_who_were_randomised_are_listed_with_and_without_consent(
    world: Flask, cast: Cast, known_at: str
) -> None:
    with world.app_context():
        _never_consented()
    nurse = cast.nurse_of_lishui()
    query = f"/staff/compliance?known_at={known_at}&gap=V2."
    page = nurse.get(query + "randomised", headers=EN).text
    listed = re.findall(r'href="/staff/patients/([\w-]+)#V2"', page)
    assert listed == sorted([f"LISHUI-{n:03}" for n in range(0, 12, 2)] + [NEVER_CONSENTED])
    assert "no consent to questionnaires by this day" in page
    page = nurse.get(query + "randomised-N", headers=EN).text
    assert re.findall(r'href="/staff/patients/([\w-]+)#V2"', page) == [NEVER_CONSENTED]
    assert "In randomised, not in N" in page


def test_every_number_of_the_table_leads_to_its_patients(world: Flask, cast: Cast) -> None:
    with world.app_context():
        factories.add_form(factories.patient_id_of("LISHUI-000"), "V3", date(2024, 10, 10))
    nurse = cast.nurse_of_lishui()
    page = nurse.get("/staff/compliance", headers=EN).text
    links = re.findall(r'href="(/staff/compliance\?gap=V3[^"#]+)#gap">.*?</span>(\d+)</a>', page)
    assert {link.partition("V3.")[2] for link, _ in links} >= {*map(str, NESTED)}
    for link, n in links:
        answer = nurse.get(link.replace("&amp;", "&"), headers=EN).text
        assert f'<span class="count">{n}</span>' in answer


def _no_longer_able(number: str) -> None:
    """What was recorded of one who was able is corrected to no."""
    with transaction(factories.ACTOR, deployment().now()) as tx:
        patient = find_patient(tx.connection, number, sites=EVERYWHERE)
        assert patient is not None
        change_state(tx, patient, replace(patient.state, able=False), deployment().study)
        tx.record("patient.corrected", number)


@pytest.mark.parametrize("known_at", ["", "2026-03-05T08:00"])
def test_who_was_taken_out_of_n_afterwards_is_listed(
    world: Flask, cast: Cast, known_at: str
) -> None:
    with world.app_context():
        _no_longer_able("LISHUI-002")
        _no_longer_able("JIAXING-003")
    nurse = cast.nurse_of_lishui()
    page = nurse.get(f"/staff/compliance?known_at={known_at}", headers=EN).text
    assert re.search(r'gap=taken_out#gap">1</a>', page)
    page = nurse.get(f"/staff/compliance?known_at={known_at}&gap=taken_out", headers=EN).text
    assert re.findall(r'href="/staff/patients/([\w-]+)">', page) == ["LISHUI-002"]
    by_site = f"/staff/compliance?known_at={known_at}&by=site&group=JIAXING&gap=taken_out"
    page = cast.data_manager().get(by_site, headers=EN).text
    assert re.findall(r'href="/staff/patients/([\w-]+)">', page) == ["JIAXING-003"]
    assert "JIAXING-003" not in nurse.get(by_site, headers=EN).text


@pytest.mark.parametrize("known_at", ["", "2026-03-05T08:00"])
@pytest.mark.parametrize("behind", ["V2.randomised", "V2.N", "taken_out"])
def test_who_withdrew_consent_to_further_use_is_counted_and_not_listed(
    world: Flask, cast: Cast, behind: str, known_at: str
) -> None:
    with world.app_context():
        _no_longer_able("LISHUI-002" if behind == "taken_out" else "LISHUI-004")
        patient_id = factories.patient_id_of("LISHUI-002")
        factories.add_event(patient_id, EventKind.WITHDRAWAL_CONSENT, date(2026, 1, 20))
    nurse = cast.nurse_of_lishui()
    query = f"/staff/compliance?known_at={known_at}&gap={behind}"
    page = nurse.get(query, headers=EN).text
    assert "LISHUI-002" not in page
    assert "Withdrew consent to further use of data, and not listed: 1" in page


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
