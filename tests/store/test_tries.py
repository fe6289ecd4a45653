"""Wrong tries are counted apart, one after the other, and those of before are not forgotten."""

from datetime import UTC, datetime

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.people import tries
from pro_app.store.people.tries import Counter, Place, find_counter
from tests.house.source import ROOT
from tests.rooms.security.door import at_once
from tests.store import test_parted_decisions as migrating

empty = migrating.empty
AT = datetime(2026, 3, 1, tzinfo=UTC)
NAME, ACCOUNT = Place(name_key="abc"), Place(staff_id=1)


def test_a_link_that_was_guessed_at_before_goes_on_waiting(empty: Flask) -> None:
    counted = ScriptDirectory(str(ROOT / "migrations")).get_revision("0013")
    assert counted is not None
    upgrade(revision=str(counted.down_revision))
    insert, at = migrating._insert, "2026-03-01 00:00:00+00:00"
    sites = {"site": "LISHUI", "first_site": "LISHUI"}
    insert("patient", id=1, number="P-1", created_at=at, **sites)
    for link, wrong in (
        (1, {"wrong_pins": 7, "last_wrong_at": at}),
        (2, {"wrong_codes": 3}),
        (3, {}),
    ):
        made = {"token_sha256": f"t-{link}", "created_at": at, "created_by": "x"}
        insert("patient_link", id=link, patient_id=1, **made, **wrong)
    upgrade()
    with reading() as connection:
        found = [find_counter(connection, Place(link_id=link)) for link in (1, 2, 3)]
    assert found == [
        Counter(Place(link_id=1), "", 7, 7, AT),
        Counter(Place(link_id=2), "", 3, 3, None),
        None,
    ]


@pytest.mark.usefixtures("in_app")
def test_wrong_tries_at_once_are_all_counted_also_the_first_ones(app: Flask) -> None:
    def wrong() -> None:
        with transaction(CLI, AT) as tx:
            tries.count_wrong(tx, tries.lock_counter(tx, NAME))
            tx.record("staff.sign_in_refused", "staff:unknown")

    at_once(app, *[wrong] * 6)  # type: ignore[list-item]
    with reading() as connection:
        assert find_counter(connection, NAME) == Counter(NAME, "", 6, 6, AT)


@pytest.mark.usefixtures("in_app")
def test_a_right_try_ends_the_row_and_a_new_secret_all_of_it() -> None:
    with transaction(CLI, AT) as tx:
        for _ in range(3):
            counter = tries.count_wrong(tx, tries.lock_counter(tx, NAME))
        tries.forget_row(tx, counter)
        assert find_counter(tx.connection, NAME) == Counter(NAME, "", 0, 3, None)
        tries.count_wrong(tx, counter)
        tries.begin_anew(tx, NAME, ACCOUNT)
        assert find_counter(tx.connection, NAME) == Counter(NAME)
        tx.record("staff.password_set", "staff:lina")
