"""All that is kept of a patient's forms, row by row, to be copied out of the system."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from pro_app.store.forms.corrections import Correction, corrections_of
from pro_app.store.forms.scans import Scan, scans_of
from pro_app.store.tables import (
    audit_event,
    event,
    form,
    form_decision,
    form_score,
    patient_version,
    pause,
    reason,
)
from pro_app.store.trail.trail import LINES, PATIENT_STEPS, Line, line_of

#: What a row is called by inside of the database is no part of a copy.
_OWN = frozenset({"id", "patient_id", "form_id"})


@dataclass(frozen=True, slots=True)
class FormRows:
    """A form as it was handed in, its scores of every revision, and what became of it."""

    form: dict[str, Any]
    scores: list[dict[str, Any]] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    trail: list[Line] = field(default_factory=list)


def forms_to_copy(
    connection: Connection, patient_id: int, number: str, submission_id: str | None = None
) -> list[FormRows]:
    """Every form of a patient in the order of arrival, or the one that is asked for."""
    query = select(form).where(form.c.patient_id == patient_id).order_by(form.c.id)
    if submission_id is not None:
        query = query.where(form.c.submission_id == submission_id)
    rows = connection.execute(query).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    scores = _by_form(connection, select(form_score).where(form_score.c.form_id.in_(ids)))
    decided = select(form_decision).where(form_decision.c.form_id.in_(ids))
    decisions = _by_form(connection, decided.order_by(form_decision.c.id))
    lines: dict[str | None, list[Line]] = defaultdict(list)
    for line in trail_to_copy(connection, number):
        lines[line.event.visit].append(line)
    return [
        FormRows(
            form=_said(row),
            scores=scores[row.id],
            corrections=corrections_of(connection, row.id),
            decisions=decisions[row.id],
            scans=scans_of(connection, row.id),
            trail=lines[row.visit],
        )
        for row in rows
    ]


def _by_form(connection: Connection, query: Select[Any]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.form_id].append(_said(row))
    return found


def _said(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in _OWN}


def facts_to_copy(connection: Connection, patient_id: int) -> dict[str, list[dict[str, Any]]]:
    """Table → every fact about the patient, superseded ones too; never the arm."""
    found = {}
    for table in (patient_version, event, pause, reason):
        query = select(table).where(table.c.patient_id == patient_id).order_by(table.c.id)
        found[table.name] = [_said(row) for row in connection.execute(query)]
    return found


def trail_to_copy(connection: Connection, number: str) -> list[Line]:
    """All that the trail has of a patient, in its order, without the steps of filling in forms."""
    query = LINES.where(
        audit_event.c.subject == number, audit_event.c.action.not_in(PATIENT_STEPS)
    ).order_by(audit_event.c.id)
    return [line_of(row) for row in connection.execute(query)]
