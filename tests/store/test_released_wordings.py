"""Wordings from before releases were asked for go on serving, and the trail stays true."""

import json
from datetime import date

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from pro_app.store.engine.transaction import reading
from pro_app.store.engine.witness import content, told_columns
from pro_app.store.forms.wordings import licensed, packs
from tests.house.source import ROOT
from tests.store import test_parted_decisions as migrating

empty = migrating.empty


def test_a_wording_that_served_before_goes_on_serving(empty: Flask) -> None:
    released = ScriptDirectory(str(ROOT / "migrations")).get_revision("0016")
    assert released is not None
    upgrade(revision=str(released.down_revision))
    migrating._insert(
        "wording_pack",
        id=1,
        instrument="i",
        language="zh",
        sha256="a" * 64,
        texts="{}",
        licence="L",
        valid_until="2027-01-01",
        imported_by="cli",
        imported_at="2026-03-01 00:00:00+00:00",
    )
    upgrade()

    with reading() as connection:
        shown = licensed(connection, "i", "zh", today=date(2026, 3, 5))
        [pack] = packs(connection, "i")
    assert shown == pack.wording
    assert (pack.serves, pack.released_at) == (True, None)
    assert json.dumps(dict(pack.back_translations)) == "{}"


def test_the_digest_of_such_a_wording_is_what_it_was() -> None:
    before = {"id": 1, "sha256": "a" * 64, "needs_release": False, "back_translations": None}
    row = [before.get(column.name) for column in told_columns("wording_pack")]

    assert content("wording_pack", row) == {"id": 1, "sha256": "a" * 64}
