"""All that stands in the records of patients, for one digest of each.

The arm is not among it, which nobody who signs may see; nor are scores, which follow
from the answers, nor the work of the site: calls, tasks, flags.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, select

from pro_app.core.versions import version_sha256
from pro_app.store.tables import (
    correction,
    correction_decision,
    event,
    form,
    form_decision,
    keying_decision,
    patient,
    patient_version,
    pause,
    reason,
    second_keying,
)

#: How a fact was written down is no part of what it says.
_NOT_SAID = frozenset({"id", "patient_id", "recorded_at", "recorded_by", "superseded_at"})
#: Came later: left out where they are empty, or what was signed before would read otherwise.
_LATER = frozenset({"randomised_time", "to_site"})
_OF_PATIENT = (patient_version, event, pause, reason, form)
_OF_FORM = (correction, form_decision, second_keying, keying_decision)


def versions_of(connection: Connection, patient_ids: Sequence[int]) -> dict[str, str]:
    """Trial number → the version of the patient's record as it stands now, in eleven queries."""
    numbers: dict[int, str] = {}
    found: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for start in range(0, len(patient_ids), 5000):
        part = patient_ids[start : start + 5000]
        people = select(patient.c.id, patient.c.number, patient.c.site)
        for row in connection.execute(people.where(patient.c.id.in_(part))):
            numbers[row.id] = row.number
            found[row.id] = {"patient": [{"number": row.number, "site": row.site}]}
        for table in (*_OF_PATIENT, *_OF_FORM, correction_decision):
            for row in connection.execute(_rows(table, part)):
                said = row._mapping.items()
                values = {k: v for k, v in said if not (v is None and k in _LATER)}
                found[values.pop("whose")].setdefault(table.name, []).append(values)
    return {numbers[each]: version_sha256(record) for each, record in found.items()}


def _rows(table: Table, patient_ids: Sequence[int]) -> Any:
    """The rows of one table that stand, each with whose it is."""
    said: list[Column[Any]] = [c for c in table.c if c.name not in _NOT_SAID]
    whose = table.c.patient_id if table in _OF_PATIENT else form.c.patient_id
    query = select(whose.label("whose"), *said)
    if table is correction_decision:
        query = query.join(correction, correction.c.id == table.c.correction_id)
        query = query.join(form, form.c.id == correction.c.form_id)
    elif table in _OF_FORM:
        query = query.join(form, form.c.id == table.c.form_id)
    if "superseded_at" in table.c:
        query = query.where(table.c.superseded_at.is_(None))
    return query.where(whose.in_(patient_ids))
