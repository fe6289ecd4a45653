"""Make an export in a line, and read it as its receiver would."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from pro_app.acts.person import operator
from pro_app.core.facts import Mode
from pro_app.core.review import Review
from pro_app.deployment import deployment
from pro_app.export.manifest import Manifest
from pro_app.export.service import make_export
from pro_app.security import secrets
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI, Actor, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.tables import form, form_score
from tests import factories
from tests.factories import ACTOR

#: V0 is due on 5 January 2026, the clock stands at 5 March.
TODAY = date(2026, 3, 5)
V0 = date(2026, 1, 4)
V1 = date(2026, 3, 30)


def export(
    folder: Path,
    as_of: date,
    *,
    known_at: datetime | None = None,
    with_arm: bool = False,
    with_timings: bool = False,
    review: Review | None = None,
    actor: Actor = CLI,
) -> Manifest:
    return make_export(
        folder=folder,
        as_of=as_of,
        known_at=known_at,
        with_arm=with_arm,
        with_timings=with_timings,
        review=review,
        at=occasion_of(deployment(), operator(actor)),
    )


def rows(folder: Path, file: str) -> list[dict[str, str]]:
    with (folder / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def content(folder: Path) -> dict[str, bytes]:
    """Each file's bytes."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def without_instant(folder: Path) -> dict[str, bytes]:
    """The same; of the manifest all but the instant at which the export was made."""
    files = content(folder)
    told = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps(told | {"known_at": None}).encode()
    return files


def values(found: list[dict[str, str]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in found]


def add_shown_form(patient_id: int, visit: str, sha256: str) -> None:
    new = NewForm(
        submission_id=secrets.new_submission_id(),
        patient_id=patient_id,
        visit=visit,
        standing=True,
        answered_on=V0,
        mode=Mode.PHONE_SELF,
        language="zh",
        answers=factories.all_answered(),
        wording_sha256=sha256,
    )
    with transaction(ACTOR, deployment().now()) as tx:
        keep_forms(tx, [new], deployment().instrument)
        tx.record("form.received", str(patient_id))


def insert_form(scores: dict[str, list[object]], version: str = "") -> str:
    """A form whose stored scores are not those of its answers."""
    parts = deployment()
    patient_id = factories.add_patient("LISHUI-013")
    row = {
        "submission_id": secrets.new_submission_id(),
        "patient_id": patient_id,
        "visit": "V0",
        "standing": True,
        "answered_on": V0,
        "mode": "paper",
        "language": "zh",
        "proxy": False,
        "instrument": parts.instrument.id,
        "instrument_sha256": parts.instrument.sha256,
        "answers": dict.fromkeys(parts.instrument.item_codes, 2),
        "item_languages": {},
        "items_answered": 37,
        "received_at": parts.now(),
        "received_from": "test",
    }
    with transaction(ACTOR, parts.now()) as tx:
        form_id = tx.execute(insert(form).returning(form.c.id), row).scalar_one()
        tx.execute(
            insert(form_score),
            {
                "form_id": form_id,
                "scoring_version": version or parts.instrument.scoring_version,
                "inputs_sha256": "0" * 64,
                "scores": scores,
                "scored_at": parts.now(),
            },
        )
        tx.record("form.received", "LISHUI-013")
    return str(row["submission_id"])


def right_scores() -> dict[str, list[object]]:
    instrument = deployment().instrument
    return {s.code: [2.0 * len(s.items), len(s.items), False] for s in instrument.scales}
