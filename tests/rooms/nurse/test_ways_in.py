"""What opens a patient's pages, and how a nurse shuts it."""

import re

import pytest
from flask import Flask

from pro_app.store.engine.transaction import reading
from pro_app.store.trail.trail import trail_of
from tests import factories
from tests.cast import Cast
from tests.conftest import HandClock

EN = {"Accept-Language": "en"}
PATIENT = "/staff/patients/LISHUI-001"


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        factories.add_patient()
    return app


def revoke_paths(page: str) -> list[str]:
    return re.findall(rf'action="({PATIENT}/links/\d+/revoke)"', page)


def test_a_revoked_card_ends_at_once_and_whoever_is_signed_in_by_it(
    world: Flask, cast: Cast
) -> None:
    patient, nurse = cast.patient(), cast.nurse_of_lishui()
    assert patient.get("/my/home").status_code == 200
    page = nurse.get(PATIENT, headers=EN).text
    assert "signed in" in page
    [path] = revoke_paths(page)
    assert nurse.post(path).status_code == 302
    assert patient.get("/my/home").status_code == 302
    after = nurse.get(PATIENT, headers=EN).text
    assert revoke_paths(after) == []
    assert "The patient has no card yet." in after
    with world.app_context(), reading() as connection:
        last = trail_of(connection, "LISHUI-001", limit=1)[0]
    assert (last.action, last.actor) == ("link.revoked", "staff:lina")
    assert last.changes == {"kind": ["card", None]}
    again = nurse.post(path, follow_redirects=True, headers=EN)
    assert "It was revoked already." in again.text


def test_a_tablet_left_open_is_revoked_and_the_card_stays_good(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    patient = cast.patient()
    tablet = cast.nurse_of_lishui()
    tablet.post(f"{PATIENT}/tablet")
    assert tablet.get("/my/home").status_code == 200
    other = cast.investigator_of_lishui()
    page = other.get(PATIENT, headers=EN).text
    assert "Hospital tablet" in page
    newest = max(revoke_paths(page), key=lambda path: int(path.split("/")[-2]))
    other.post(newest)
    assert tablet.get("/my/home").status_code == 302
    assert patient.get("/my/home").status_code == 200


def test_a_sitting_that_has_run_out_is_no_way_in_any_more(
    world: Flask, cast: Cast, clock: HandClock
) -> None:
    cast.nurse_of_lishui().post(f"{PATIENT}/tablet")
    clock.advance(minutes=6)
    assert revoke_paths(cast.investigator_of_lishui().get(PATIENT).text) == []


def test_another_site_revokes_nothing(world: Flask, cast: Cast) -> None:
    patient = cast.patient()
    [path] = revoke_paths(cast.nurse_of_lishui().get(PATIENT).text)
    assert cast.nurse_of_jiaxing().post(path).status_code == 404
    assert cast.monitor().post(path).status_code == 403
    assert patient.get("/my/home").status_code == 200
    with world.app_context():
        factories.add_patient("LISHUI-002")
    foreign = path.replace("LISHUI-001", "LISHUI-002")
    cast.investigator_of_lishui().post(foreign)
    assert patient.get("/my/home").status_code == 200
